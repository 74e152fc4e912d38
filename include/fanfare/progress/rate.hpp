/// Rate: how fast a value grows. The recent past counts more, so it follows a change of pace within
/// seconds and does not flicker with every sample. No clock: who samples says when.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>

#include <chrono>
#include <optional>

namespace fanfare {

/// EMA(change of the value) / EMA(change of time): what both gained between two samples enters their sums,
/// and counts exp(-age / time_constant) of itself later. So a steady growth is met exactly, however
/// irregular the samples, and nothing has to be known about the time before the first.
/// A plain value. Thread: distinct objects on any threads.
class Rate {
 public:
  /// @param time_constant  after this time a sample counts 37 %. Longer is calmer, shorter is quicker
  explicit Rate(std::chrono::nanoseconds time_constant = std::chrono::seconds(5)) noexcept;

  /// Takes a sample. A value below the last one starts anew from there: work was thrown away, and how fast
  /// it once went says nothing. Not finite: ignored. Time that goes back counts as none.
  void sample(SteadyTime at, double value) noexcept;

  /// Units per second, 0 or more. None before two samples of different times.
  std::optional<double> per_second() const noexcept;
  /// Seconds until the value will have grown by `rest`: 0 when there is no rest, none when that is
  /// unknown or at this rate would never be.
  std::optional<double> seconds_for(double rest) const noexcept;

 private:
  double time_constant_;
  double units_ = 0, seconds_ = 0;
  double value_ = 0;
  SteadyTime at_{};
  bool started_ = false;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/rate.ipp>
#endif
