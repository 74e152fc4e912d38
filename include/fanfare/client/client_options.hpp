/// What a Client can be told, and the words in which it answers.
#pragma once

#include <fanfare/client/tls_options.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/loop.hpp>
#include <fanfare/wire/http_field.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace fanfare {

enum class ClientTransport : std::uint8_t { sse, websocket, long_poll };

/// Where a client stands.
enum class Link : std::uint8_t {
  connecting,  ///< asking for a connection
  connected,   ///< events come
  waiting,     ///< the connection was lost, or none came about; it tries again by itself. The error says why
  ended,       ///< the topics have ended and everything was delivered. Nothing follows
  gave_up,     ///< trying again would not help; the error says why. Nothing follows
};

/// Something went wrong that does not stop the stream.
struct Problem {
  std::error_code error = {};  ///< invalid_json, wrong_type, out_of_range, too_long, handler_failed, ...
  std::string detail = {};     ///< one sentence for people: what was wrong, and where
  Event event = {};            ///< the event that could not be handled; empty if it is not about one
};

/// How long to wait before the next try: a random time between 0 and min(cap, base * 2^n) after n failures
/// in a row ("full jitter"), so that clients that were cut off together do not come back together. When the
/// server named a time (Retry-After, `retry:`, `retry_ms`), that comes first, one hour at most.
struct BackoffOptions {
  std::chrono::milliseconds base = std::chrono::seconds(1);  ///< 1 ms to 1 h
  std::chrono::milliseconds cap = std::chrono::seconds(30);  ///< base to 24 h
  /// A connection that stayed for this long ends the row of failures.
  std::chrono::milliseconds stable = std::chrono::seconds(10);
};

/// Client's constructor throws std::invalid_argument for values out of range, with the option and the value.
struct ClientOptions {
  /// To watch, as `?topic=`, instead of those in the URL's query; none: what the URL names.
  std::vector<std::string> topics = {};
  /// The position to go on from: what `save` was given, or Client::position() said. Empty: the state as it is
  /// now.
  std::string since = {};
  /// Only events of these types; empty: all. Snapshots, resets and last events come in any case.
  std::vector<std::string> types = {};
  /// Updates per second at most; 0: no limit.
  double max_rate = 0;
  /// Further fields of each request, as {"Authorization", "Bearer ..."}. A redirect to another origin does
  /// not get them.
  std::vector<HttpField> fields = {};

  /// The most wanted first; one that does not work here (a proxy that holds streams back, a server without
  /// it) gives way to the next; a server that is too busy (429, 503) is waited for. None: all; WebSocket first if
  /// the URL begins with ws: or wss:, else SSE first.
  std::vector<ClientTransport> transports = {};
  BackoffOptions backoff = {};
  /// Give up when there was no connection for this long, while trying. 0: never.
  std::chrono::milliseconds give_up_after{0};
  /// For a connection and the head of its answer; then it counts as failed. 1 ms to 1 h.
  std::chrono::milliseconds open_timeout = std::chrono::seconds(15);
  /// How often the server shows a sign of life, until it is learnt. A connection without one for 2.5 times as
  /// long is taken for dead. 0: never; else 1 ms to 24 h.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);

  /// Given the position after the events up to it were handled, to be kept and given as `since` by the
  /// program's next run; empty: begin anew, the position is no longer valid. Keep it together with what the
  /// handlers made of the events. On the client's loop, or where async_next is called; comes with each event,
  /// so it must be quick.
  std::function<void(const std::string& position)> save = {};

  /// Where handlers run: a thread of the client's own, or what `fanfare::on(io)` names.
  Loop loop = {};
  TlsOptions tls = {};
  /// In [0, 1), each call another; for the jitter. Empty: a generator seeded by the system. Called on the
  /// loop.
  std::function<double()> random = {};
  const Clock* clock = nullptr;  ///< null: the system's. Must outlast the client

  // Limits on what a server can make the client hold.
  /// One event, line or message; a longer one closes the connection, and the third time at the same position the
  /// client gives up, with an error that names this option and its value (Condition::limit_exceeded). 1 KiB to 1 GiB.
  /// While it is read as JSON it takes about 14 times its size.
  std::size_t max_event_bytes = 8 << 20;
  std::size_t max_answer_bytes = 32 << 20;  ///< one answer to a long-poll; the same of a larger one. 1 KiB to 1 GiB
  /// Events that wait for async_next; at this many, or 8 * max_event_bytes of them, nothing more is read, so the
  /// server has to wait. 1 to 1,000,000.
  std::size_t max_queued_events = 1024;
};

}  // namespace fanfare
