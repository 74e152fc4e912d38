/// Time as the library sees it: handed in, never read behind your back.
/// The default is the system's; a test hands in a ManualClock and moves it itself.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/wall_time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace fanfare {

/// A point on the monotonic clock: for intervals, timeouts and ages.
using SteadyTime = std::chrono::steady_clock::time_point;

/// Source of time. Thread: any, all at once. Lifetime: must outlast the Broker that was given it.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual SteadyTime now() const noexcept = 0;
  virtual WallTime wall() const noexcept = 0;

  /// Whether time passes only when somebody says so. Then `on_advance` is called after each step, and
  /// whoever waits for a point in time is served there instead of by a thread that sleeps.
  virtual bool manual() const noexcept { return false; }

  /// Registers a callback for the steps of a manual clock; ignored by a real one.
  /// The callback is dropped when `alive` has expired.
  virtual void on_advance(std::weak_ptr<void> alive, std::function<void()> callback) const {
    (void)alive, (void)callback;
  }

  /// The system's clocks. Never destroyed.
  static const Clock& system() noexcept;
};

/// A clock that stands still until `advance`. Starts at one hour on the monotonic scale and at
/// 2024-01-01T00:00:00Z on the wall, so that printed times repeat.
/// Thread: any. `advance` runs what became due in the caller's thread before it returns.
class ManualClock final : public Clock {
 public:
  ManualClock();
  FANFARE_DECL ~ManualClock() override;
  ManualClock(const ManualClock&) = delete;
  ManualClock& operator=(const ManualClock&) = delete;

  FANFARE_DECL SteadyTime now() const noexcept override;
  FANFARE_DECL WallTime wall() const noexcept override;
  bool manual() const noexcept override { return true; }
  FANFARE_DECL void on_advance(std::weak_ptr<void> alive, std::function<void()> callback) const override;

  /// Moves both scales forward. Calls no one while it holds a lock.
  void advance(std::chrono::nanoseconds step);

 private:
  struct Watchers;
  std::unique_ptr<Watchers> watchers_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/clock.ipp>
#endif
