/// Network: the seam between what a client decides (ClientCore, which has no sockets and no clock) and what
/// carries it out: Asio in a program, a script in a test. One HTTP exchange or WebSocket connection at a
/// time.
#pragma once

#include <fanfare/client/tls_options.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/http_response_parser.hpp>
#include <fanfare/wire/url.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare {
class Loop;
}

namespace fanfare::detail {

/// A GET request. It has no body.
struct NetworkRequest {
  wire::Url url = {};  ///< http, https, ws or wss; for ws and wss the fields ask for the upgrade
  /// All but Host. Connection is here only in a request for an upgrade; else the network adds what it does.
  std::vector<HttpField> fields = {};
  /// For looking the name up, connecting to one of its addresses, and the handshake of TLS, all together.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
};

/// What an exchange reports. All on the network's loop; none from within Network::open, none after the
/// Exchange is destroyed, which may happen within any of these calls.
class NetworkEvents {
 public:
  virtual ~NetworkEvents() = default;
  /// Once. With 101 the bytes that follow are raw, else they are the body's, without framing. 1xx are passed
  /// over.
  virtual void on_head(const wire::HttpResponseHead& head) = 0;
  /// Not empty; at most about 64 KiB at once.
  virtual void on_bytes(std::string_view bytes) = 0;
  /// Once, and nothing follows. No error: the body ended as it should; after 101: the peer has closed.
  virtual void on_end(std::error_code why) = 0;
};

/// Destroying it closes the connection at once, with nothing more to report. No call of it reports within
/// itself.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// After 101 only. What does not fit into the socket is kept, up to a bound; beyond it on_end(too_long)
  /// follows.
  virtual void send(std::string_view bytes) = 0;
  /// true: stop reading, so that the peer has to wait. What was read already may still come.
  virtual void pause(bool paused) = 0;
};

/// Thread: that of its loop, but for `post`. Lifetime: outlives its exchanges.
class Network {
 public:
  /// On the loop's thread, or when nobody runs the loop. No callback follows; what was posted and has not run
  /// is dropped.
  virtual ~Network() = default;

  virtual std::unique_ptr<Exchange> open(NetworkRequest request, NetworkEvents& events) = 0;

  /// Runs it on the loop, never within this call. Thread: any.
  virtual void post(std::function<void()> what) = 0;

  /// The one timer; asking again replaces what was asked before. SteadyTime::max(): none. Calls what
  /// `on_timer` gave.
  virtual void wake_at(SteadyTime when) = 0;
  /// Once, before anything else.
  virtual void on_timer(std::function<void()> callback) = 0;

  /// Runs a loop of the network's own until `stop`; at once when that came first. On a loop of the host's:
  /// returns at once.
  virtual void run() = 0;
  /// Thread: any.
  virtual void stop() = 0;
};

/// The one over Asio, on the loop that `loop` names or on one of its own.
/// Throws std::system_error: the authorities' file cannot be read.
std::unique_ptr<Network> make_asio_network(Loop loop, const TlsOptions& tls);

}  // namespace fanfare::detail
