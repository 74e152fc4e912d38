#pragma once

#include <fanfare/progress/rate.hpp>

#include <cmath>

namespace fanfare {

FANFARE_DECL Rate::Rate(std::chrono::nanoseconds time_constant) noexcept
    : time_constant_(std::chrono::duration<double>(time_constant).count()) {}

FANFARE_DECL void Rate::sample(SteadyTime at, double value) noexcept {
  if (!std::isfinite(value)) return;
  if (started_ && value >= value_) {
    const double passed = at > at_ ? std::chrono::duration<double>(at - at_).count() : 0;
    const double kept = time_constant_ > 0 ? std::exp(-passed / time_constant_) : 0;
    units_ = units_ * kept + (value - value_);
    seconds_ = seconds_ * kept + passed;
  } else {
    units_ = seconds_ = 0;
  }
  started_ = true;
  value_ = value;
  at_ = at;
}

FANFARE_DECL std::optional<double> Rate::per_second() const noexcept {
  if (!(seconds_ > 0)) return std::nullopt;
  const double rate = units_ / seconds_;
  return std::isfinite(rate) ? std::optional(rate) : std::nullopt;
}

FANFARE_DECL std::optional<double> Rate::seconds_for(double rest) const noexcept {
  const auto rate = per_second();
  if (!rate || !std::isfinite(rest)) return std::nullopt;
  if (rest <= 0) return 0;
  const double seconds = rest / *rate;
  return std::isfinite(seconds) ? std::optional(seconds) : std::nullopt;
}

}  // namespace fanfare
