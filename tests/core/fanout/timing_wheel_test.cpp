#include <fanfare/core/fanout/timing_wheel.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using fanfare::SteadyTime;
using fanfare::detail::TimingWheel;
using fanfare::detail::WheelEntry;

namespace {

const SteadyTime start{1h};

struct Timer final : WheelEntry {
  std::function<void()> action;
  int fired = 0;
  void on_deadline() override {
    ++fired;
    if (action) action();
  }
};

}  // namespace

TEST_CASE("timing wheel: fires at most one tick late and never early", "[core][fanout][timing_wheel]") {
  for (const auto delay : {0ns, 1ns, 7999999ns, 8000000ns, 8000001ns, 1000000000ns, 40000000000ns, 3600000000000ns}) {
    CAPTURE(delay.count());
    TimingWheel wheel(start);
    Timer timer;
    wheel.set(timer, start + delay);
    if (delay > 0ns) wheel.advance(start + delay - 1ns);
    CHECK(timer.fired == 0);
    CHECK(timer.waiting());
    wheel.advance(start + delay + TimingWheel::tick);
    CHECK(timer.fired == 1);
    CHECK_FALSE(timer.waiting());
    wheel.advance(start + delay + 2h);
    CHECK(timer.fired == 1);
  }
}

TEST_CASE("timing wheel: a deadline can be moved and dropped", "[core][fanout][timing_wheel]") {
  TimingWheel wheel(start);
  Timer moved, dropped;
  wheel.set(moved, start + 1s);
  wheel.set(moved, start + 50s);
  wheel.set(dropped, start + 1s);
  dropped.unlink();
  dropped.unlink();
  {
    Timer gone;
    wheel.set(gone, start + 1s);
  }
  wheel.advance(start + 40s);
  CHECK(moved.fired + dropped.fired == 0);
  wheel.set(moved, start + 41s);
  wheel.advance(start + 42s);
  CHECK(moved.fired == 1);
}

TEST_CASE("timing wheel: says when to look again", "[core][fanout][timing_wheel]") {
  TimingWheel wheel(start);
  CHECK(wheel.next(start, 1h) == 1h);
  Timer timer;
  wheel.set(timer, start + 1s);
  const auto wait = wheel.next(start, 1h);
  CHECK(wait >= 1s);
  CHECK(wait <= 1s + 2 * TimingWheel::tick);
  CHECK(wheel.next(start, 100ms) == 100ms);
  wheel.advance(start + wait);
  CHECK(timer.fired == 1);
  CHECK(wheel.next(start + wait, 1h) == 1h);
  wheel.set(timer, start);
  CHECK(wheel.next(start + wait, 1h) <= TimingWheel::tick);
  wheel.advance(start + wait + TimingWheel::tick);
  CHECK(timer.fired == 2);
}

TEST_CASE("timing wheel: a handler may set, drop and destroy whatever it likes", "[core][fanout][timing_wheel]") {
  TimingWheel wheel(start);
  Timer again, beside;
  auto killer = std::make_unique<Timer>();
  auto victim = std::make_unique<Timer>();
  again.action = [&] { wheel.set(again, start); };  // in the past: at the next advance, not in this one
  killer->action = [&] {
    victim.reset();
    beside.unlink();
    killer.reset();
  };
  wheel.set(*killer, start + 1s);
  wheel.set(*victim, start + 1s);
  wheel.set(beside, start + 1s);
  wheel.set(again, start + 1s);
  wheel.advance(start + 2s);
  CHECK_FALSE(killer);
  CHECK(beside.fired == 0);
  CHECK(again.fired >= 1);
  const int before = again.fired;
  wheel.advance(start + 2s + TimingWheel::tick);
  CHECK(again.fired == before + 1);
}

TEST_CASE("timing wheel: entries may outlive it", "[core][fanout][timing_wheel]") {
  Timer timer;
  {
    TimingWheel wheel(start);
    wheel.set(timer, start + 1s);
  }
  CHECK_FALSE(timer.waiting());
}

TEST_CASE("timing wheel: thousands of random deadlines fire in time, across rounds", "[core][fanout][timing_wheel]") {
  std::minstd_rand random(1);
  TimingWheel wheel(start);
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 2000; ++i) timers.push_back(std::make_unique<Timer>());
  SteadyTime now = start;
  std::uint64_t fired = 0, wrong = 0;
  for (int step = 0; step < 3000; ++step) {
    auto& timer = *timers[random() % timers.size()];
    if (random() % 4 == 0) timer.unlink();
    else wheel.set(timer, now + std::chrono::microseconds(random() % 100'000'000));
    std::vector<int> before;
    for (const auto& each : timers) before.push_back(each->fired);
    std::vector<char> due, waiting;
    const auto to = now + std::chrono::microseconds(random() % (step % 50 == 0 ? 60'000'000 : 30'000));
    for (const auto& each : timers) {
      due.push_back(each->waiting() && each->deadline() + TimingWheel::tick <= to);
      waiting.push_back(each->waiting() && each->deadline() > to);
    }
    const auto promised = wheel.next(now, 1h);
    const bool quiet = to + TimingWheel::tick < now + promised;
    wheel.advance(to);
    now = to;
    for (std::size_t i = 0; i < timers.size(); ++i) {
      const int times = timers[i]->fired - before[i];
      if (due[i]) wrong += times != 1;
      if (waiting[i]) wrong += times != 0 || !timers[i]->waiting();
      if (quiet) wrong += times != 0;
      fired += static_cast<std::uint64_t>(times);
    }
  }
  CHECK(wrong == 0);
  CHECK(fired > 500);
}

TEST_CASE("timing wheel: a handler that throws takes nobody else's deadline away", "[core][fanout][timing_wheel]") {
  TimingWheel wheel(start);
  Timer broken, other;
  broken.action = [] { throw std::runtime_error("no"); };
  wheel.set(broken, start + 1s);
  wheel.set(other, start + 1s);
  CHECK_THROWS_AS(wheel.advance(start + 2s), std::runtime_error);
  CHECK(other.fired == 0);
  wheel.advance(start + 3s);
  CHECK(other.fired == 1);
  CHECK(broken.fired == 1);
}
