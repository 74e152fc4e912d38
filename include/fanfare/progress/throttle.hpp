/// Throttle: decides which of many values are worth publishing. For a vocabulary of one's own, with one
/// throttle per group of bars; the tasks of a Job have theirs built in.
/// It has no timer: what it holds back is gone unless a later value passes, so say which is the last.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace fanfare {

struct ThrottleOptions {
  /// How far a value must be from the last one that passed, either way; in the value's unit, so percentage
  /// points if that is what is passed. 0: any.
  double min_step = 0;
  /// How much time must be between two that pass. 0: none.
  std::chrono::milliseconds min_interval{0};
  /// Keys remembered. More: the one that did not pass for the longest time is forgotten, so that its
  /// next value passes.
  std::size_t max_keys = 10'000;
  /// Null: the system's. The host's must outlast the throttle.
  const Clock* clock = nullptr;
};

///     fanfare::Throttle throttle({.min_step = 2});
///     if (throttle.pass(id, percent, percent >= 100)) board.publish(ProgressUpdate{id, percent});
///
/// Thread: any.
class Throttle {
 public:
  explicit Throttle(ThrottleOptions options = {});
  Throttle(Throttle&&) noexcept;
  Throttle& operator=(Throttle&&) noexcept;
  ~Throttle();

  /// Whether the value is to be published: the key's first, one that is far and late enough, or the last.
  /// @param key   whose value it is; a number is the same key as its decimal text
  /// @param last  always passes, and its key is forgotten
  /// Complexity: O(1).
  bool pass(std::string_view key, double value, bool last = false);
  template <std::integral K>
  bool pass(K key, double value, bool last = false) {
    if constexpr (std::signed_integral<K>) return pass_number(static_cast<std::int64_t>(key), value, last);
    else return pass_number(static_cast<std::uint64_t>(key), value, last);
  }

  /// How many keys are remembered.
  std::size_t keys() const noexcept;

 private:
  bool pass_number(std::int64_t key, double value, bool last);
  bool pass_number(std::uint64_t key, double value, bool last);

  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/throttle.ipp>
#endif
