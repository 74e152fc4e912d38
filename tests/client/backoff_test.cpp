#include <fanfare/client/backoff.hpp>
#include <fanfare/client/client.hpp>

#include "support/catch.hpp"
#include "support/seeds.hpp"

#include <chrono>
#include <limits>
#include <vector>

using namespace std::chrono_literals;
using fanfare::detail::Backoff;

namespace {

std::vector<std::int64_t> delays(Backoff& backoff, int count) {
  std::vector<std::int64_t> all;
  for (int i = 0; i < count; ++i) all.push_back(backoff.next().count());
  return all;
}

}  // namespace

TEST_CASE("backoff: the limit doubles from the base up to the cap", "[client][backoff]") {
  Backoff backoff({}, [] { return 1.0; });
  CHECK(delays(backoff, 8) == std::vector<std::int64_t>{1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000});
  backoff.reset();
  CHECK(backoff.next() == 1000ms);
}

TEST_CASE("backoff: a cap that is no power of the base is kept", "[client][backoff]") {
  Backoff backoff({.base = 300ms, .cap = 1000ms}, [] { return 1.0; });
  CHECK(delays(backoff, 4) == std::vector<std::int64_t>{300, 600, 1000, 1000});
}

TEST_CASE("backoff: the delay is that share of the limit that the random source says", "[client][backoff]") {
  std::vector<double> shares{0, 0.25, 0.5, 0.999};
  std::size_t next = 0;
  Backoff backoff({}, [&] { return shares[next++]; });
  CHECK(delays(backoff, 4) == std::vector<std::int64_t>{0, 500, 2000, 7992});
}

TEST_CASE("backoff: with a fixed seed the delays are full jitter, drawn anew", "[client][backoff]") {
  const auto source = [](std::uint64_t seed) {
    return [random = Random(seed)]() mutable { return static_cast<double>(random.below(1'000'000)) / 1e6; };
  };
  auto drawn = source(17);
  Backoff backoff({}, source(17));
  for (const double limit : {1000., 2000., 4000., 8000., 16000., 30000., 30000.}) {
    CHECK(backoff.next().count() == static_cast<std::int64_t>(limit * drawn()));
  }
}

TEST_CASE("backoff: what the server asked for comes before the jitter", "[client][backoff]") {
  Backoff backoff({}, [] { return 0.5; });
  CHECK(backoff.next(7s) == 7500ms);
  CHECK(backoff.next(0ms) == 1000ms);
  CHECK(backoff.next(48h) == 1h + 2000ms);
  CHECK(backoff.next(-5s) == 4000ms);
}

TEST_CASE("backoff: a random source out of its range does no harm", "[client][backoff]") {
  double share = 2.0;
  Backoff backoff({}, [&] { return share; });
  CHECK(backoff.next() == 1000ms);
  share = -1;
  CHECK(backoff.next() == 0ms);
  share = std::numeric_limits<double>::quiet_NaN();
  CHECK(backoff.next() == 0ms);
}

TEST_CASE("backoff: the system's random source is spread over its range", "[client][backoff]") {
  auto random = fanfare::detail::system_random();
  int low = 0;
  for (int i = 0; i < 1000; ++i) {
    const double drawn = random();
    REQUIRE(drawn >= 0);
    REQUIRE(drawn < 1);
    low += drawn < 0.5;
  }
  CHECK(low > 350);
  CHECK(low < 650);
}
