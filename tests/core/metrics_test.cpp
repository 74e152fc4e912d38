#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>

using namespace vocabulary;
using fanfare::Broker;

TEST_CASE("metrics: a broker begins with nothing", "[core][metrics]") {
  const auto metrics = Broker().metrics();
  CHECK(metrics.events_published + metrics.events_evicted + metrics.events_superseded + metrics.lossy_skipped +
            metrics.resets + metrics.snapshots_serialised + metrics.images_encoded + metrics.shard_wakes +
            metrics.cohort_deliveries + metrics.members_fell_short + metrics.topics + metrics.history_bytes ==
        0);
}

TEST_CASE("metrics: what happened is counted once", "[core][metrics]") {
  Broker broker({.limits = {.lossy_backlog_events = 3}});
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 10});
  auto reader = broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  for (int i = 0; i < 8; ++i) REQUIRE(topic.publish(Spark{i}));
  (void)reader.take();
  for (int i = 0; i < 4; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  CHECK_FALSE(broker.subscribe({.topics = {"a"}, .since = "nonsense"}).ended());
  CHECK_FALSE(fanfare::Topic(topic).publish(plain("note", "\"wrong\"")));
  const auto metrics = broker.metrics();
  CHECK(metrics.topics == 1);
  CHECK(metrics.events_published == 12);
  CHECK(metrics.events_evicted == 2);
  CHECK(metrics.events_superseded == 3);
  CHECK(metrics.lossy_skipped == 4);
  CHECK(metrics.resets == 1);
  CHECK(metrics.snapshots_serialised == 2);
  CHECK(metrics.history_bytes > 10 * 2);
}

TEST_CASE("metrics: history bytes follow every event in and out", "[core][metrics]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  {
    const auto topic = broker.topic("a", {.max_history_events = 50});
    std::uint64_t settled = 0;
    for (int i = 0; i < 500; ++i) {
      REQUIRE(topic.publish(plain("x", '"' + std::string(100, 'x') + '"')));
      if (i == 100) settled = broker.metrics().history_bytes;
      if (i > 100) REQUIRE(broker.metrics().history_bytes == settled);
    }
    REQUIRE(topic.finish());
  }
  clock.advance(std::chrono::hours(1));
  CHECK(broker.metrics().history_bytes == 0);
}
