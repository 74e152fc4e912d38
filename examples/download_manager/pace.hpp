/// Pace: how much may be taken now to stay below a rate. A bucket that fills with time and may be overdrawn.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

class Pace {
 public:
  /// How soon it is worth to ask again after "nothing".
  static constexpr std::chrono::milliseconds pause{20};

  /// @param rate  bytes per second; 0: no limit
  void set_rate(std::uint64_t rate) noexcept {
    refill();
    rate_ = static_cast<double>(rate);
  }
  bool limited() const noexcept { return rate_ > 0; }

  /// How many bytes may be taken now, at most that many.
  std::uint64_t allowed(std::uint64_t wanted) noexcept {
    if (!limited()) return wanted;
    refill();
    return credit_ < 1 ? 0 : std::min(wanted, static_cast<std::uint64_t>(credit_));
  }
  /// Who takes more than is allowed waits longer for the next.
  void take(std::uint64_t bytes) noexcept {
    if (limited()) credit_ -= static_cast<double>(bytes);
  }

 private:
  using Clock = std::chrono::steady_clock;

  void refill() noexcept {
    constexpr double full_s = 0.1;  // more is not saved up, so that no burst makes up for a pause
    const auto now = Clock::now();
    const std::chrono::duration<double> elapsed = now - refilled_;
    refilled_ = now;
    credit_ = std::min(credit_ + elapsed.count() * rate_, 1 + rate_ * full_s);
  }

  double rate_ = 0, credit_ = 0;
  Clock::time_point refilled_ = Clock::now();
};
