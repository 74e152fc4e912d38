/// What a stretch of code costs this thread: allocations, mutex locks, and what is still allocated.
/// The counting replacements of operator new and pthread_mutex_lock are in core/costs_test.cpp.
#pragma once

#include <cstdint>

namespace costs {

struct Counts {
  std::uint64_t allocations = 0;  ///< calls of operator new
  std::int64_t held = 0;          ///< allocations that were not given back, whichever thread made them
  std::uint64_t locks = 0;        ///< mutexes locked; 0 where they cannot be counted
  friend Counts operator-(const Counts& a, const Counts& b) noexcept {
    return {a.allocations - b.allocations, a.held - b.held, a.locks - b.locks};
  }
  Counts& operator+=(const Counts& other) noexcept {
    allocations += other.allocations, held += other.held, locks += other.locks;
    return *this;
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Of the calling thread, since it began.
Counts so_far() noexcept;
/// Whether locks are counted: not under a sanitizer that replaces pthread_mutex_lock itself.
bool counts_locks() noexcept;

}  // namespace costs
