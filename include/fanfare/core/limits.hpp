/// The bounds of a broker: every queue, buffer and table has one, with its unit and reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace fanfare {

struct Limits {
  /// One event's JSON. Larger: publish returns payload_too_large.
  std::size_t max_payload_bytes = 1 << 20;
  /// Topics that are open or not yet expired. More: opening one fails with too_many_topics.
  std::size_t max_topics = 100'000;
  /// All histories together, wire images included. Beyond it the fullest topics met first forget
  /// their oldest events; whoever needed those gets `reset` and a snapshot.
  std::size_t max_total_history_bytes = 256u << 20;
  /// Topics of one subscription.
  std::size_t max_topics_per_subscription = 1024;
  /// A subscriber more than this many events behind gets lossy events only as a count.
  std::size_t lossy_backlog_events = 1024;
  /// Names of expired topics that still answer "it is over" instead of "never heard of it".
  std::size_t max_tombstones = 65'536;
  std::chrono::seconds keep_tombstones = std::chrono::hours(24);
  /// A snapshot is serialised anew when it is older than both of these allow.
  std::size_t snapshot_max_events = 64;
  std::chrono::milliseconds snapshot_max_age{100};
};

}  // namespace fanfare
