#include <fanfare/progress/throttle.hpp>

#include "support/catch.hpp"

#include <limits>
#include <string>

using fanfare::ManualClock;
using fanfare::Throttle;
using namespace std::chrono_literals;

TEST_CASE("throttle: passes when the value moved by the step, and the first and last always",
          "[progress][throttle]") {
  Throttle throttle({.min_step = 2});
  int passed = 0;
  for (int i = 0; i <= 1000; ++i) passed += throttle.pass(7, i / 10.0, i == 1000) ? 1 : 0;
  CHECK(passed == 51);  // 0, 2, 4 ... 98, 100
  CHECK(throttle.keys() == 0);
}

TEST_CASE("throttle: a step downwards counts as well", "[progress][throttle]") {
  Throttle throttle({.min_step = 2});
  CHECK(throttle.pass("a", 50));
  CHECK_FALSE(throttle.pass("a", 48.5));
  CHECK(throttle.pass("a", 48));
  CHECK_FALSE(throttle.pass("a", 49.9));
  CHECK(throttle.pass("a", 50));
}

TEST_CASE("throttle: without a step or an interval everything passes", "[progress][throttle]") {
  Throttle throttle;
  for (int i = 0; i < 5; ++i) CHECK(throttle.pass(1, 3));
}

TEST_CASE("throttle: the interval is kept as well as the step", "[progress][throttle]") {
  ManualClock clock;
  Throttle throttle({.min_step = 1, .min_interval = 100ms, .clock = &clock});
  CHECK(throttle.pass(1, 0));
  CHECK_FALSE(throttle.pass(1, 50));
  clock.advance(99ms);
  CHECK_FALSE(throttle.pass(1, 60));
  clock.advance(1ms);
  CHECK_FALSE(throttle.pass(1, 0.5));
  CHECK(throttle.pass(1, 60));
  CHECK_FALSE(throttle.pass(1, 70));
  CHECK(throttle.pass(1, 100, true));  // the last waits for nothing
}

TEST_CASE("throttle: each key has its own steps", "[progress][throttle]") {
  Throttle throttle({.min_step = 10});
  CHECK(throttle.pass(1, 0));
  CHECK(throttle.pass(2, 5));
  CHECK(throttle.pass("three", 9));
  CHECK_FALSE(throttle.pass(1, 9));
  CHECK(throttle.pass(2, 15));
  CHECK(throttle.keys() == 3);
}

TEST_CASE("throttle: keys are numbers of any width, or text", "[progress][throttle]") {
  Throttle throttle({.min_step = 10});
  CHECK(throttle.pass(-1, 0));
  CHECK(throttle.pass(std::numeric_limits<std::uint64_t>::max(), 0));
  CHECK_FALSE(throttle.pass("18446744073709551615", 1));
  CHECK_FALSE(throttle.pass(std::string("-1"), 1));
  CHECK_FALSE(throttle.pass(short{-1}, 1));
}

TEST_CASE("throttle: a key is forgotten after its last value", "[progress][throttle]") {
  Throttle throttle({.min_step = 50});
  CHECK(throttle.pass("a", 10));
  CHECK(throttle.pass("a", 100, true));
  CHECK(throttle.keys() == 0);
  CHECK(throttle.pass("a", 90));  // a new bar of the same name
  CHECK(throttle.pass("b", 100, true));
  CHECK(throttle.keys() == 1);
}

TEST_CASE("throttle: with too many keys the one that was quiet for the longest is forgotten",
          "[progress][throttle]") {
  Throttle throttle({.min_step = 10, .max_keys = 2});
  CHECK(throttle.pass("a", 0));
  CHECK(throttle.pass("b", 0));
  CHECK(throttle.pass("a", 10));
  CHECK(throttle.pass("c", 0));
  CHECK(throttle.keys() == 2);
  CHECK_FALSE(throttle.pass("a", 11));
  CHECK(throttle.pass("b", 1));  // it was the one
  CHECK(throttle.keys() == 2);
}

TEST_CASE("throttle: not a number does not pass, nor spoil what follows", "[progress][throttle]") {
  Throttle throttle({.min_step = 1});
  CHECK_FALSE(throttle.pass("a", std::numeric_limits<double>::quiet_NaN()));
  CHECK(throttle.pass("a", 1));
  CHECK_FALSE(throttle.pass("a", std::numeric_limits<double>::quiet_NaN()));
  CHECK(throttle.pass("a", 2));
  CHECK(throttle.pass("a", std::numeric_limits<double>::quiet_NaN(), true));
}
