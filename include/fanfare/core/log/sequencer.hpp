/// Sequencer: the one broker-wide order. Every commit takes the next number here, in a section so short
/// that topics hardly meet in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace fanfare::detail {

class Sequencer {
 public:
  explicit Sequencer(std::uint64_t random_epoch) noexcept : epoch_(random_epoch) {}

  /// Calls `append(n)` with the next number and then lets readers see it. `append` must not throw.
  template <class Append>
  std::uint64_t commit(Append&& append) noexcept {
    const std::lock_guard lock(mutex_);
    const std::uint64_t n = committed_.load(std::memory_order_relaxed) + 1;
    append(n);
    committed_.store(n, std::memory_order_release);
    return n;
  }
  /// The same for a number that a backplane's ordered feed gave; other processes' topics leave holes.
  /// REQUIRES: n > committed(), and one feed.
  template <class Append>
  void commit_at(std::uint64_t n, Append&& append) noexcept {
    const std::lock_guard lock(mutex_);
    append(n);
    committed_.store(n, std::memory_order_release);
  }

  /// Everything up to this number is in its topic's history. Take it first, read nothing above it.
  std::uint64_t committed() const noexcept { return committed_.load(std::memory_order_acquire); }

  /// The log's incarnation: random, or what a backplane says before its first event.
  std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_relaxed); }
  void set_epoch(std::uint64_t epoch) noexcept { epoch_.store(epoch, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> epoch_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> committed_{0};
};

}  // namespace fanfare::detail
