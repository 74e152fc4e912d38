#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <limits>
#include <string>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::ManualClock;

TEST_CASE("pacing: reads wait, and conflation does the rest", "[core][fanout][pacing]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}, .max_rate = 4});
  REQUIRE(topic.publish(Meter{"x", 1}));
  CHECK(line(reader.take()) == "snapshot meter/1");
  for (int i = 2; i < 10; ++i) {
    REQUIRE(topic.publish(Meter{"x", i}));
    CHECK(reader.take().empty());
  }
  clock.advance(249ms);
  CHECK(reader.take().empty());
  clock.advance(1ms);
  CHECK(line(reader.take()) == "meter/9");
  CHECK(reader.take().empty());
  CHECK_FALSE(reader.ended());
}

TEST_CASE("pacing: a critical event flushes, in order, what was due before it", "[core][fanout][pacing]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}, .max_rate = 1});
  REQUIRE(topic.publish(Spark{1}));
  CHECK(line(reader.take()) == "spark/1");
  REQUIRE(topic.publish(Meter{"x", 1}));
  REQUIRE(topic.publish(Spark{2}));
  REQUIRE(topic.publish(Meter{"y", 1}));
  CHECK(reader.take().empty());
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Meter{"z", 1}));
  CHECK(line(reader.take()) == "meter/2 spark/3 meter/4 note/5 meter/6");
  REQUIRE(topic.publish(Meter{"x", 2}));
  CHECK(reader.take().empty());
  clock.advance(1s);
  CHECK(line(reader.take()) == "meter/7");
}

TEST_CASE("pacing: a critical event that is not for this reader hurries nothing", "[core][fanout][pacing]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}, .types = {"meter"}, .max_rate = 1});
  REQUIRE(topic.publish(Meter{"x", 1}));
  CHECK(line(reader.take()) == "meter/1");
  REQUIRE(topic.publish(Meter{"x", 2}));
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(plain("meter", "{}"), {.audience = {"somebody"}}));
  CHECK(reader.take().empty());
  clock.advance(1s);
  CHECK(line(reader.take()) == "meter/2");
}

TEST_CASE("pacing: the end and a reset do not wait", "[core][fanout][pacing]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 4});
  auto reader = broker.subscribe({.topics = {"a"}, .max_rate = 1});
  REQUIRE(topic.publish(Meter{"a", 1}));
  CHECK(line(reader.take()) == "snapshot meter/1");
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Meter{std::to_string(i), 1}));
  CHECK(line(reader.take()) == "reset snapshot/11");
  REQUIRE(topic.publish(Meter{"x", 1}));
  REQUIRE(topic.finish(fanfare::Done{}));
  CHECK(line(reader.take()) == "meter/12 done/13");
  CHECK(reader.ended());
}

TEST_CASE("pacing: odd rates are unlimited, and none is slower than one a minute", "[core][fanout][pacing]") {
  using fanfare::detail::Pacing;
  for (const double rate : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300}) {
    CAPTURE(rate);
    CHECK(Pacing(rate).unlimited());
  }
  const fanfare::SteadyTime now{1h};
  for (const double rate : {1e-300, 0.001, 1.0 / 60}) {
    Pacing pacing(rate);
    pacing.did_read(now);
    CHECK(pacing.due() > now + 59s);
    CHECK(pacing.due() < now + 61s);
  }
}
