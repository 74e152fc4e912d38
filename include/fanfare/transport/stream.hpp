/// Stream: one client's bytes: a transport joined to its subscription, without I/O. What a host with its
/// own server or loop pumps to its own sockets.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/admission.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/core/transport.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/websocket.hpp>

#include <functional>
#include <memory>
#include <string_view>

namespace fanfare {
namespace detail {
class PullStream;
}

/// Thread: one at a time; one on a Shard: that shard's. Lifetime: may outlive its Broker and Shard.
class Stream {
 public:
  /// To block on: a thread per watcher.
  Stream(Broker& broker, TransportFactory transport, Request request, Admission admission);
  /// For loops. `on_ready` is called from Shard::poll when `take` may have something, beats included; it
  /// may take, write, or destroy the Stream, which it gets as an argument because objects move. What it throws ends
  /// the Stream, is said in the broker's log, and reaches who called Shard::poll.
  Stream(Shard& shard, TransportFactory transport, Request request, Admission admission,
         std::function<void(Stream&)> on_ready);
  /// For the library: as the first.
  Stream(std::shared_ptr<detail::BrokerCore> broker, TransportFactory transport, Request request, Admission admission);
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  /// The answer's head; anything but 200 (and 101) is the whole answer, body included. Null: not known yet, as of
  /// a long-poll that waits.
  const Response* head() const noexcept;
  /// The same, but waits. Not for a loop's thread.
  const Response& wait_head();

  /// The next bytes: the head if the transport writes it (http1), events, heartbeats, the end. Empty:
  /// nothing now. The view lasts until the next call.
  /// What the transport's format throws for an event, or a topic's state, ends the stream just before it, without a goodbye,
  /// with a line in the broker's log; one that gathers its answer answers 500.
  std::string_view take();
  /// The same, but waits; empty only when the stream is over. Not for a loop's thread.
  std::string_view wait();
  /// Bytes that came from the client.
  void receive(std::string_view bytes);
  /// Everything was taken and nothing will follow.
  bool ended() const noexcept;

 private:
  friend class detail::PullStream;
  explicit Stream(std::shared_ptr<detail::PullStream> stream) noexcept;
  std::shared_ptr<detail::PullStream> stream_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/transport/impl/transport.ipp>
#endif
