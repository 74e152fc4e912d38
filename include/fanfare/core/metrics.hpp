/// Counters of a broker. They only grow, but for the gauges, which say so.
#pragma once

#include <atomic>
#include <cstdint>

namespace fanfare {

/// A copy of the counters, taken by Broker::metrics(). Not one consistent instant: each is read alone.
struct Metrics {
  std::uint64_t events_published = 0;     ///< committed by publish, finish or fail
  std::uint64_t events_evicted = 0;       ///< pushed out of a history by its bounds
  std::uint64_t events_superseded = 0;    ///< marked because a newer one of the same key came
  std::uint64_t lossy_skipped = 0;        ///< not delivered to somebody who lagged, and told so
  std::uint64_t resets = 0;               ///< positions that could not be resumed
  std::uint64_t snapshots_serialised = 0;
  std::uint64_t images_encoded = 0;       ///< events turned into bytes; at most once per event and format
  std::uint64_t shard_wakes = 0;          ///< calls of a shard's wake hook
  std::uint64_t cohort_deliveries = 0;    ///< writes of a cohort's span to one of its members
  std::uint64_t members_fell_short = 0;   ///< members that left their cohort because a write came up short
  std::uint64_t topics = 0;               ///< gauge: open or finished, not yet expired
  std::uint64_t history_bytes = 0;        ///< gauge: all histories, wire images included
};

namespace detail {

/// The live counters behind Metrics. Thread: any.
struct Counters {
  std::atomic<std::uint64_t> events_published{0}, events_evicted{0}, events_superseded{0}, lossy_skipped{0},
      resets{0}, snapshots_serialised{0}, images_encoded{0}, shard_wakes{0}, cohort_deliveries{0},
      members_fell_short{0};

  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t count = 1) noexcept {
    counter.fetch_add(count, std::memory_order_relaxed);
  }
};

}  // namespace detail
}  // namespace fanfare
