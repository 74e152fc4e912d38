/// Pacing: at most R updates a second for those who asked for it. Reads wait; conflation does the rest.
#pragma once

#include <fanfare/core/clock.hpp>
#include <fanfare/core/fanout/replay.hpp>

#include <algorithm>
#include <chrono>

namespace fanfare::detail {

class Pacing {
 public:
  /// @param max_rate  updates per second; 0: unlimited. Rates below one a minute count as one a minute.
  explicit Pacing(double max_rate) noexcept {
    if (max_rate > 0) {
      constexpr double slowest = 1.0 / 60;
      interval_ = std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::duration<double>(1 / std::max(max_rate, slowest)));
    }
  }

  bool unlimited() const noexcept { return interval_.count() == 0; }
  SteadyTime due() const noexcept { return due_; }

  /// Whether to read now: nothing holds it up, or a critical event must not wait, which then also
  /// flushes, in order, what was due before it.
  bool may_read(SteadyTime now, const Replay& replay, std::uint64_t limit) const {
    return unlimited() || now >= due_ || replay.critical_waits(limit);
  }
  void did_read(SteadyTime now) noexcept { due_ = now + interval_; }
  /// As if the same client had just read; nothing is held up beyond `latest`.
  void go_on(SteadyTime now, SteadyTime latest) noexcept { due_ = std::min<SteadyTime>(now + interval_, latest); }

 private:
  std::chrono::nanoseconds interval_{0};
  SteadyTime due_{};
};

}  // namespace fanfare::detail
