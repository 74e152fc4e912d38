#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::ManualClock;
using fanfare::Topic;

TEST_CASE("history: bounded by the number of events", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 5});
  auto all = broker.subscribe({.topics = {"a"}});
  std::uint64_t first = 0;
  for (int i = 1; i <= 5; ++i) {
    const auto receipt = topic.publish(Note{i});
    if (i == 1) first = receipt.position.n;
  }
  CHECK(topic.log()->bounds().floor < first);
  CHECK(broker.metrics().events_evicted == 0);
  REQUIRE(topic.publish(Note{6}));
  CHECK(topic.log()->bounds().floor == first);
  CHECK(broker.metrics().events_evicted == 1);
  CHECK(topic.log()->bounds().last_seq == 6);
}

TEST_CASE("history: bounded by bytes, but the newest event is kept", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_bytes = 10'000});
  std::string kilobyte(1000, 'x');
  for (int i = 0; i < 100; ++i) {
    REQUIRE(topic.publish(plain("x", '"' + kilobyte + '"')));
    CHECK(broker.metrics().history_bytes <= 10'000);
  }
  CHECK(broker.metrics().history_bytes > 5'000);
  REQUIRE(topic.publish(plain("x", '"' + std::string(50'000, 'x') + '"')));
  CHECK(broker.metrics().history_bytes > 50'000);
  auto reader = broker.subscribe({.topics = {"a"}, .rewind = 100});
  CHECK(line(reader.take()) == "x/101");
  REQUIRE(topic.publish(plain("x")));
  CHECK(broker.metrics().history_bytes < 10'000);
}

TEST_CASE("history: a bound of zero keeps one event", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 0, .max_history_bytes = 0});
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{1}));
  CHECK(line(reader.take()) == "note/1");
  REQUIRE(topic.publish(Note{2}));
  CHECK(line(reader.take()) == "note/2");
}

TEST_CASE("history: its bytes are given back when the topic goes", "[core][log][topic_log]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  {
    const auto topic = broker.topic("a", Tally{});
    for (int i = 0; i < 100; ++i) REQUIRE(topic.publish(Note{i}, {.audience = {std::string(40, 'a')}}));
    CHECK(broker.metrics().history_bytes > 4'000);
    REQUIRE(topic.finish(fanfare::Done{}));
  }
  clock.advance(30min);
  CHECK(broker.metrics().history_bytes == 0);
  CHECK(broker.metrics().topics == 0);
}

TEST_CASE("floor: starts where the topic was created", "[core][log][topic_log]") {
  Broker broker;
  const auto other = broker.topic("other");
  const auto receipt = other.publish(plain("x"));
  const auto topic = broker.topic("a");
  CHECK(topic.log()->bounds().floor >= receipt.position.n);
  CHECK(topic.log()->bounds().last_seq == 0);
}

TEST_CASE("floor: what a newer event replaced raises none", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 10});
  const auto start = topic.publish(Note{1}).position;
  for (int i = 0; i < 1000; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  CHECK(topic.log()->bounds().floor == start.n);  // the note has gone, the meters are owed to nobody
  auto reader = broker.subscribe({.topics = {"a"}, .since = start.str()});
  CHECK(line(reader.take()) == "meter/1001");

  REQUIRE(topic.publish(Meter{"y", 1}));
  for (int i = 0; i < 9; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(line(reader.take()).starts_with("meter/1002 note/1003"));
  CHECK(topic.log()->bounds().floor == start.n + 1000);  // the newest x has gone, which was never replaced
}

TEST_CASE("seq: is found in the history, or just below it", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 4});
  const auto& log = *topic.log();
  CHECK(log.number_of_seq(0) == log.bounds().floor);
  CHECK_FALSE(log.number_of_seq(1));
  const auto other = broker.topic("b");
  std::vector<std::uint64_t> n{log.bounds().floor};
  for (int i = 1; i <= 10; ++i) {
    n.push_back(topic.publish(Note{i}).position.n);
    REQUIRE(other.publish(plain("x")));
  }
  for (std::uint64_t seq = 0; seq < 6; ++seq) CHECK_FALSE(log.number_of_seq(seq));
  for (std::uint64_t seq = 6; seq <= 10; ++seq) CHECK(log.number_of_seq(seq) == n[seq]);
  CHECK_FALSE(log.number_of_seq(11));
}

TEST_CASE("seq: may be one that was replaced and has gone", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 3});
  const auto start = topic.publish(Note{1}).position.n;
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  CHECK(topic.log()->number_of_seq(1) == start);
  CHECK(topic.log()->number_of_seq(5) == start);  // nothing that is owed lies between
  CHECK(topic.log()->number_of_seq(11) == start + 10);
  CHECK_FALSE(topic.log()->number_of_seq(0));
}

TEST_CASE("snapshot: serialised anew after 64 events", "[core][log][snapshot]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{});
  const auto fresh = [&] { return line(broker.subscribe({.topics = {"a"}}).take()); };
  CHECK(fresh() == "snapshot");
  CHECK(fresh() == "snapshot");
  CHECK(broker.metrics().snapshots_serialised == 1);
  for (int i = 1; i <= 64; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  CHECK(fresh() == "snapshot meter/64");
  CHECK(broker.metrics().snapshots_serialised == 1);
  REQUIRE(topic.publish(Meter{"x", 65}));
  CHECK(fresh() == "snapshot/65");
  CHECK(broker.metrics().snapshots_serialised == 2);
}

TEST_CASE("snapshot: serialised anew after 100 ms, unless nothing happened", "[core][log][snapshot]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{});
  const auto fresh = [&] { return line(broker.subscribe({.topics = {"a"}}).take()); };
  REQUIRE(topic.publish(Note{1}));
  CHECK(fresh() == "snapshot/1");
  REQUIRE(topic.publish(Note{2}));
  clock.advance(100ms);
  CHECK(fresh() == "snapshot/1 note/2");
  clock.advance(1ms);
  CHECK(fresh() == "snapshot/2");
  CHECK(broker.metrics().snapshots_serialised == 2);
  clock.advance(24h);
  CHECK(fresh() == "snapshot/2");
  CHECK(broker.metrics().snapshots_serialised == 2);
}

TEST_CASE("snapshot: never below the floor", "[core][log][snapshot]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 3});
  const auto fresh = [&] { return line(broker.subscribe({.topics = {"a"}}).take()); };
  CHECK(fresh() == "snapshot");
  for (int i = 1; i <= 3; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(fresh() == "snapshot note/1 note/2 note/3");
  REQUIRE(topic.publish(Note{4}));
  CHECK(fresh() == "snapshot/4");
}

TEST_CASE("snapshot: ten thousand that come at once cost one, whatever is published meanwhile", "[core][log][snapshot]") {
  ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{});
  for (int i = 0; i < 10'000; ++i) {
    (void)broker.subscribe({.topics = {"a"}}).take();
    if (i % 200 == 0) REQUIRE(topic.publish(Note{i}));
  }
  CHECK(broker.metrics().snapshots_serialised == 1);
}

TEST_CASE("snapshot: of a finished topic it stands before the end, and has its effect", "[core][log][snapshot]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  (void)broker.subscribe({.topics = {"a"}}).take();  // one is cached
  const auto done = topic.finish(fanfare::Done{.status = "over"});
  auto reader = broker.subscribe({.topics = {"a"}});
  const auto events = reader.take();
  CHECK(line(events) == "snapshot/1 done/2");
  CHECK(events[0].as<Tally>()->end == "over");
  CHECK(events[0].position().n == done.position.n - 1);
  CHECK(reader.ended());
}

TEST_CASE("snapshot: events with an audience are owed, though the state does not hold them", "[core][log][snapshot]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Note{2}, {.audience = {"x"}}));
  auto reader = broker.subscribe({.topics = {"a"}, .audience = {"x"}});
  const auto events = reader.take();
  CHECK(line(events) == "snapshot/2");  // a newcomer gets the state; what was addressed before is past
  CHECK(events[0].as<Tally>()->notes == 1);
}

TEST_CASE("commit: fills the ring through many rounds without losing order", "[core][log][topic_log]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 7});
  auto reader = broker.subscribe({.topics = {"a"}});
  int expected = 0;
  for (int i = 0; i < 5000; ++i) {
    REQUIRE(topic.publish(Note{i}));
    if (i % 5 != 0) continue;
    for (const auto& event : reader.take()) {
      REQUIRE(event.type() == "note");
      CHECK(event.as<Note>()->value == expected++);
    }
  }
}
