#include <fanfare/core/clock.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <memory>

using namespace std::chrono_literals;
using fanfare::Clock;
using fanfare::ManualClock;

TEST_CASE("clock: a manual one stands still until it is moved", "[core][clock]") {
  ManualClock clock;
  const auto start = clock.now();
  const auto wall = clock.wall();
  CHECK(fanfare::to_unix_milliseconds(wall) == 1704067200000);
  CHECK(clock.now() == start);
  clock.advance(1500ms);
  CHECK(clock.now() - start == 1500ms);
  CHECK(clock.wall() - wall == 1500ms);
  CHECK(clock.manual());
  CHECK_FALSE(Clock::system().manual());
}

TEST_CASE("clock: each step tells who asked, after the step and while they live", "[core][clock]") {
  ManualClock clock;
  auto alive = std::make_shared<int>(0);
  const auto start = clock.now();
  std::chrono::nanoseconds seen{0};
  clock.on_advance(alive, [&] { seen = clock.now() - start; });
  clock.advance(3s);
  CHECK(seen == 3s);
  alive.reset();
  clock.advance(1s);
  CHECK(seen == 3s);
}

TEST_CASE("clock: a callback may register another and move the clock", "[core][clock]") {
  ManualClock clock;
  const auto alive = std::make_shared<int>(0);
  int calls = 0;
  clock.on_advance(alive, [&] {
    if (++calls == 1) {
      clock.on_advance(alive, [&] { calls += 10; });
      clock.advance(1s);
    }
  });
  clock.advance(1s);
  CHECK(calls == 12);
}

TEST_CASE("clock: the system one moves on", "[core][clock]") {
  const auto& clock = Clock::system();
  const auto before = clock.now();
  CHECK(clock.now() >= before);
  CHECK(fanfare::to_unix_milliseconds(clock.wall()) > 1704067200000);
}

TEST_CASE("clock: wall times before 1970 round towards the past", "[core][clock]") {
  CHECK(fanfare::to_unix_milliseconds(fanfare::WallTime(-1ns)) == -1);
  CHECK(fanfare::to_unix_milliseconds(fanfare::from_unix_milliseconds(-17)) == -17);
}
