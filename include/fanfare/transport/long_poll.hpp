/// Long-poll: one question, one answer: the events since a position as JSON, or the state. For scripts, for
/// whatever has no streams, and behind proxies that hold streams back.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/transport.hpp>

#include <chrono>
#include <cstddef>

namespace fanfare {

struct LongPollOptions {
  /// How long a request that names a position waits for the first event: 0 to 1 h. `?wait=SECONDS` asks for less;
  /// 0 answers at once. Below what proxies in between cut at (often 30 s).
  std::chrono::milliseconds wait = std::chrono::seconds(25);
  /// Events of one answer, besides the snapshots that it begins with; at least 1. About 1 MiB of JSON ends it, too:
  /// the id says where to go on.
  std::size_t max_events = 1000;
  /// The answer is the state's JSON and nothing else: at once, whatever position the client names.
  bool state_only = false;
};

/// Serves GET requests that accept application/json with
/// `{"events":[{"topic","id","seq","type","data"},...],"id":"<position>"}`, where `id` is the next `?since=`.
/// - With a position (`?since=`, `?last_event_id=`, Last-Event-ID): the events after it, or the first that comes
///   within `wait`, or none; 204 when the topics have ended and everything was delivered.
/// - Without: the snapshots as they are now and what belongs to them, at once, with an ETag; If-None-Match is
///   answered 304 (RFC 9110 sec. 13.1.2).
/// `state_only` answers the state of a topic, or of several as an object from name to state; 404 without one.
/// A pace (`?max_rate=`) also holds from one answer to the next, though never longer than the wait.
/// Throws std::invalid_argument: a wait out of its range, max_events 0.
TransportFactory long_poll(LongPollOptions options = {});

}  // namespace fanfare
