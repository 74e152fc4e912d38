/// Pump: a broker's one helper thread: it fires timers (expiry, questions, throttles) and wakes blocking
/// waits. It starts when first needed; with a manual clock timers fire in ManualClock::advance instead.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace fanfare::detail {

/// Thread: any.
class Pump {
 public:
  /// @param thrown  called while what an action or a turn has thrown is handled; it must not throw
  Pump(const Clock& clock, std::function<void()> thrown);
  ~Pump();
  Pump(const Pump&) = delete;
  Pump& operator=(const Pump&) = delete;

  /// Calls `action` once at or after `due`, no lock held. Dropped without a call by `stop`. Throws, as `wake` does, what the
  /// thread's creation throws; the next call tries it again.
  void at(SteadyTime due, std::function<void()> action);
  /// Calls `turn` on the thread whenever `wake` was called; set before the first wake.
  void serve(std::function<void()> turn);
  void wake();
  /// Ends the thread, unless it is the caller, and drops all timers. Nothing is called afterwards.
  void stop();

 private:
  struct State;
  static void run(const std::shared_ptr<State>& state);
  static void fire_due(State& state);
  static void call(State& state, const std::function<void()>& action) noexcept;

  std::shared_ptr<State> state_;
};

}  // namespace fanfare::detail
