#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Delivery;
using fanfare::Done;
using fanfare::Error;
using fanfare::Subscription;

TEST_CASE("subscription: an empty handle has ended", "[core][subscription]") {
  Subscription none;
  CHECK(none.ended());
  CHECK_FALSE(none.error());
  CHECK(none.take().empty());
  CHECK(none.wait(1h).empty());
  none.add("a");
  none.remove("a");
  CHECK(none.position().n == 0);
}

TEST_CASE("subscription: moves, and what it was assigned over ends", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto first = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{1}));
  Subscription second = std::move(first);
  CHECK(line(second.take()) == "note/1");
  CHECK(first.take().empty());  // NOLINT(bugprone-use-after-move): it is an empty handle
  second = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{2}));
  CHECK(line(second.take()) == "note/2");
  auto& self = second;
  second = std::move(self);
  REQUIRE(topic.publish(Note{3}));
  CHECK(line(second.take()) == "note/3");
}

TEST_CASE("subscription: its position is where everything was taken", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(reader.position().n == 0);  // the snapshot was not taken
  CHECK(reader.take().size() == 1);
  auto at = reader.position();
  const auto next = topic.publish(Note{2}).position;
  CHECK(reader.position() == at);
  (void)reader.take();
  CHECK(reader.position() == next);
  const auto elsewhere = broker.topic("b").publish(plain("x")).position;
  CHECK(reader.take().empty());
  CHECK(reader.position() == elsewhere);  // nothing below it is owed
}

TEST_CASE("subscription: a reader that was away gets the newest per key, and the critical ones", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  for (int i = 0; i < 100; ++i) {
    REQUIRE(topic.publish(Meter{i % 2 ? "odd" : "even", i}));
    if (i % 50 == 10) REQUIRE(topic.publish(Note{i}));
  }
  CHECK(line(reader.take()) == "note/12 note/63 meter/101 meter/102");
  CHECK(broker.metrics().events_superseded == 98);
}

TEST_CASE("subscription: keys of other types and audiences do not replace each other", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}, .audience = {"x"}});
  const auto publish = [&](const char* type, const char* key, std::vector<std::string> audience = {}) {
    REQUIRE(topic.publish(plain(type, "1", Delivery::conflated, key), {.audience = std::move(audience)}));
  };
  publish("p", "a");
  publish("q", "a");
  publish("p", "b");
  publish("p", "a", {"x"});
  publish("p", "a");
  CHECK(line(reader.take()) == "q/2 p/3 p/4 p/5");
}

TEST_CASE("subscription: the last event is never skipped", "[core][subscription][end]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 2000});
  auto reader = broker.subscribe({.topics = {"a"}, .types = {"nothing"}});
  for (int i = 0; i < 1100; ++i) REQUIRE(topic.publish(Spark{i}));
  REQUIRE(topic.finish(plain("p", "1", Delivery::lossy, "k")));
  CHECK(line(reader.take()) == "p/1101");
  CHECK(reader.ended());
  CHECK(broker.metrics().lossy_skipped == 0);
}

TEST_CASE("subscription: a conflated end is delivered once", "[core][subscription][end]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Meter{"x", 1}));
  REQUIRE(topic.finish(Meter{"x", 2}));
  CHECK(topic.finish(Meter{"x", 3}));
  CHECK(line(reader.take()) == "meter/2");
  CHECK(reader.take().empty());
  CHECK(reader.ended());
}

TEST_CASE("subscription: who lags gets lossy events as a count", "[core][subscription][lossy]") {
  Broker broker({.limits = {.lossy_backlog_events = 10}});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Spark{i}));
  CHECK(reader.take().size() == 10);
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Spark{i}));
  REQUIRE(topic.publish(Note{1}));
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Spark{i}));
  const auto events = reader.take();
  CHECK(line(events) == "skipped note/16 spark/17 spark/18 spark/19 spark/20 spark/21 spark/22 spark/23 spark/24 spark/25 spark/26");
  CHECK(json_of(events, "skipped") == R"({"count":5})");
  CHECK(events[0].position().n == 0);
  CHECK(events[0].control());
  CHECK(broker.metrics().lossy_skipped == 5);
}

TEST_CASE("subscription: counts of skipped events add up, wherever critical ones stand between", "[core][subscription][lossy]") {
  Broker broker({.limits = {.lossy_backlog_events = 0}});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  for (int i = 0; i < 30; ++i) {
    REQUIRE(topic.publish(Spark{i}));
    if (i % 10 == 9) REQUIRE(topic.publish(Note{i}));
  }
  const auto events = reader.take();
  CHECK(line(events) == "skipped note/11 skipped note/22 skipped note/33");
  CHECK(json_of(events, "skipped") == R"({"count":10}{"count":10}{"count":10})");
}

TEST_CASE("subscription: only the types that it asked for, and what concerns everybody", "[core][subscription][types]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 8});
  auto reader = broker.subscribe({.topics = {"a"}, .types = {"meter", "spark"}});
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Meter{"x", 1}));
  REQUIRE(topic.publish(Note{2}));
  REQUIRE(topic.publish(Spark{1}));
  CHECK(line(reader.take()) == "snapshot meter/2 spark/4");
  for (int i = 0; i < 20; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(line(reader.take()) == "reset snapshot/24");
  REQUIRE(topic.finish(Done{}));
  CHECK(line(reader.take()) == "done/25");
}

TEST_CASE("subscription: an audience reaches those who carry all of its tags", "[core][subscription][audience]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto start = topic.publish(plain("start")).position.str();
  const auto reader = [&](std::vector<std::string> tags) {
    return broker.subscribe({.topics = {"a"}, .since = start, .audience = std::move(tags)});
  };
  REQUIRE(topic.publish(plain("all")));
  REQUIRE(topic.publish(plain("x"), {.audience = {"x"}}));
  REQUIRE(topic.publish(plain("yx"), {.audience = {"y", "x"}}));
  REQUIRE(topic.publish(plain("xx"), {.audience = {"x", "x"}}));
  CHECK(line(reader({}).take()) == "all/2");
  CHECK(line(reader({"y"}).take()) == "all/2");
  CHECK(line(reader({"x"}).take()) == "all/2 x/3 xx/5");
  CHECK(line(reader({"x", "z", "y"}).take()) == "all/2 x/3 yx/4 xx/5");
  CHECK(line(reader({"X"}).take()) == "all/2");
}

TEST_CASE("subscription: fallen below the floor, it is reset", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 4});
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "snapshot");
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Note{1}));
  const auto events = reader.take();
  CHECK(line(events) == "reset snapshot/5");
  CHECK(json_of(events, "reset") == R"({"reason":"fell_behind"})");
  CHECK(events[1].as<Tally>()->notes == 5);
  REQUIRE(topic.publish(Note{1}));
  CHECK(line(reader.take()) == "note/6");
}

TEST_CASE("subscription: fallen below the floor of a finished topic, it gets the end once", "[core][subscription][end]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 2});
  auto reader = broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.finish(Done{}));
  CHECK(line(reader.take()) == "reset snapshot/5 done/6");
  CHECK(reader.ended());
}

TEST_CASE("subscription: an idle one never ages out", "[core][subscription]") {
  Broker broker;
  const auto idle = broker.topic("idle", Tally{});
  const auto busy = broker.topic("busy", {.max_history_events = 4});
  const auto at = idle.publish(Note{1}).position;
  for (int i = 0; i < 1000; ++i) REQUIRE(busy.publish(Note{i}));
  auto reader = broker.subscribe({.topics = {"idle"}, .since = at.str()});
  CHECK(reader.take().empty());
  REQUIRE(idle.publish(Note{2}));
  CHECK(line(reader.take()) == "note/2");
}

TEST_CASE("subscription: a read of many events is whole and in order", "[core][subscription]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 10'000});
  auto reader = broker.subscribe({.topics = {"a"}});
  const std::string text = '"' + std::string(300, 'x') + '"';
  for (int i = 0; i < 5000; ++i) REQUIRE(topic.publish(plain("x", text)));
  const auto events = reader.take();
  REQUIRE(events.size() == 5000);
  for (std::size_t i = 0; i < events.size(); ++i) REQUIRE(events[i].seq() == i + 1);
}

TEST_CASE("subscription: unknown and expired topics say so", "[core][subscription]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  auto unknown = broker.subscribe({.topics = {"never"}});
  CHECK(unknown.ended());
  CHECK(unknown.error() == Error::unknown_topic);
  CHECK(unknown.take().empty());
  CHECK(unknown.wait(1h).empty());
  REQUIRE(broker.topic("once").finish());
  clock.advance(31min);
  CHECK(broker.subscribe({.topics = {"once"}}).error() == Error::topic_expired);
  CHECK(broker.subscribe({.topics = {"never", "once"}}).error() == Error::topic_expired);
}
