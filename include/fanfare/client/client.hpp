/// Client: follows the topics of a fanfare server, or any event stream: connects, comes back after every
/// break where it left off, and calls a handler for each event.
///
///     fanfare::Client client("http://localhost:8080/events", {.topics = {"board"}});
///     client.on<Board>("snapshot", [&](const Board& b) { board = b; });
///     client.on<ProgressUpdate>([&](const ProgressUpdate& e) { board.apply(e); });
///     if (auto error = client.run()) report(error.message());
///
/// Or one event after the other, in a coroutine: fanfare::async_next in <fanfare/asio.hpp>.
#pragma once

#include <fanfare/client/client_options.hpp>
#include <fanfare/client/handlers.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/topic.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace fanfare {
namespace detail {
class ClientShell;
}

/// What it promises: with a fanfare server, each critical event of a topic is handled once, in order,
/// whatever happens to the connections in between; or a `reset` is, followed by a `snapshot` that holds the
/// whole state. After a `reset` forget what you knew. Positions of other servers are taken as they are;
/// whether those miss nothing is up to them.
///
/// Of an event its topic, type, payload, position and number are what the server says; `time` is when it
/// arrived, and key, audience and `last` are not on the wire.
///
/// Handlers run on the client's loop, one at a time, and must not block it for long: the server has to wait
/// meanwhile, and takes a client that takes nothing for dead. What a handler throws is told to `on_problem`,
/// and the stream goes on.
///
/// Thread: `start`, `run`, `stop`, `send`, `position`: any. `on...`: before `start` and `run`.
/// Lifetime: what handlers capture must last until ~Client has returned.
class Client {
 public:
  /// Connects to nothing yet.
  /// @param url  http, https, ws or wss. The transport decides about http or ws, the URL about TLS
  /// Throws std::invalid_argument: a URL that is none, https without FANFARE_WITH_TLS, an option out of its
  /// range; and std::system_error: tls.ca_file cannot be read.
  explicit Client(std::string url, ClientOptions options = {});
  /// Its end is stop(), and waiting for the handler that runs. Not from a handler. On a loop of the host's:
  /// on its thread, or when it does not run any more.
  /// While the host's name is looked up it waits for the system, too (on a loop of the host's the io_context's
  /// destructor does), for getaddrinfo cannot be cancelled: with glibc's defaults at most 10 s for each name server and
  /// search domain (resolv.conf: timeout 5 s, attempts 2). Addresses are not looked up.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Handles events of T's type. `handle` takes (const T&), or (const T&, const Event&). Several for a type
  /// are called in turn. An event whose payload is no T is told to `on_problem`.
  template <DescribedEvent T, class F>
  void on(F handle) {
    on<T>(std::string(event_name<T>()), std::move(handle));
  }
  /// The same for events of this type: "snapshot", "reset", or one that has no struct of its own.
  template <Described T, class F>
  void on(std::string type, F handle) {
    add(std::move(type), detail::typed_handler<T>(std::move(handle)));
  }
  /// Handles the events that no other handler is for; among them the library's own (Event::control):
  /// snapshot, reset, synced, gone, skipped.
  void on_other(std::function<void(const Event&)> handle);
  /// Told whenever the link changes.
  void on_link(std::function<void(Link, std::error_code)> handle);
  /// Told what went wrong without stopping the stream: a payload that does not fit, a handler that threw, a
  /// command that was refused.
  void on_problem(std::function<void(const Problem&)> handle);

  /// Begins, in a thread of its own or on the host's loop. The second time nothing happens.
  /// Throws std::system_error when there is no thread to be had; the client is as before then.
  void start();
  /// Begins, unless it has, and returns when it is over: no error: the topics have ended; operation_canceled:
  /// stop(); else why it gave up (unauthorized, forbidden, unknown_topic, topic_expired, ...). Not from a
  /// handler. On a loop of the host's: another thread must run it.
  std::error_code run();
  /// Closes the connection; no handler is called any more, but for one that runs. Returns at once. There is
  /// no start after it.
  void stop();

  /// Says something to a topic's publisher, over WebSocket.
  /// @return  not_connected; operation_not_supported, the transport in use has no way back; invalid_json;
  ///          too_long, 1 MiB waits to be sent. No error: it was sent, and a refusal comes to `on_problem`
  std::error_code send(Command command);

  /// Up to where events were handled; empty before the first. What `save` was given last.
  std::string position() const;
  /// Where the client stands now.
  Link link() const;
  /// What carries the events now, or did last.
  ClientTransport transport() const;

  /// For fanfare::async_next (fanfare/asio.hpp): the next event, for clients without handlers of events.
  /// `done` is called once, within this call or later on the client's loop; when it is over with
  /// topic_finished, operation_canceled, or why it gave up; with operation_in_progress while another one
  /// waits.
  void next(std::function<void(std::error_code, Event)> done);

 private:
  void add(std::string type, detail::EventHandler handler);
  const std::shared_ptr<detail::ClientShell> shell_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/client/impl/client_bodies.ipp>
#endif
