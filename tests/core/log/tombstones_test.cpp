#include <fanfare/core/log/tombstones.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using fanfare::Limits;
using fanfare::SteadyTime;
using fanfare::detail::Tombstones;

namespace {
const SteadyTime start{1h};
}

TEST_CASE("tombstones: a name is remembered for its time", "[core][log][tombstones]") {
  Tombstones stones;
  Limits limits;
  limits.keep_tombstones = 10s;
  stones.add("a", start, limits);
  CHECK(stones.contains("a", start));
  CHECK_FALSE(stones.contains("b", start));
  CHECK(stones.contains("a", start + 9999ms));
  CHECK_FALSE(stones.contains("a", start + 10s));
}

TEST_CASE("tombstones: the oldest makes room", "[core][log][tombstones]") {
  Tombstones stones;
  Limits limits;
  limits.max_tombstones = 3;
  for (int i = 0; i < 5; ++i) stones.add(std::to_string(i), start + i * 1s, limits);
  CHECK(stones.size() == 3);
  CHECK_FALSE(stones.contains("1", start + 5s));
  for (const char* name : {"2", "3", "4"}) CHECK(stones.contains(name, start + 5s));
}

TEST_CASE("tombstones: those whose time is over make room before the others", "[core][log][tombstones]") {
  Tombstones stones;
  Limits limits;
  limits.keep_tombstones = 10s;
  for (int i = 0; i < 100; ++i) stones.add(std::to_string(i), start + i * 1s, limits);
  CHECK(stones.size() == 10);
}

TEST_CASE("tombstones: a name that expires again counts from then", "[core][log][tombstones]") {
  Tombstones stones;
  Limits limits;
  limits.keep_tombstones = 10s;
  stones.add("a", start, limits);
  stones.add("a", start + 5s, limits);
  stones.add("b", start + 11s, limits);  // drops the first entry of a
  CHECK(stones.contains("a", start + 14s));
  CHECK_FALSE(stones.contains("a", start + 15s));
}

TEST_CASE("tombstones: none are kept when none are wanted", "[core][log][tombstones]") {
  Tombstones stones;
  Limits limits;
  limits.max_tombstones = 0;
  stones.add("a", start, limits);
  CHECK(stones.size() == 0);
  CHECK_FALSE(stones.contains("a", start));
}
