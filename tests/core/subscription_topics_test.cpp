#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Error;

namespace {
using Numbers = std::vector<std::uint64_t>;
}

TEST_CASE("topics: all snapshots, what lies between them and now, synced, then ids", "[core][subscription][topics]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  REQUIRE(a.publish(Note{1}));
  (void)broker.subscribe({.topics = {"a"}}).take();  // the snapshot of a is cached, and will be older
  REQUIRE(b.publish(Note{1}));
  REQUIRE(a.publish(Note{2}));
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  CHECK(reader.position().n == 0);
  const auto synced_at = broker.topic("c").publish(plain("x")).position.n - 2;  // its birth and its event
  const auto next = b.publish(Note{3}).position;
  const auto events = reader.take();
  CHECK(line(events) == "snapshot/1 snapshot/1 note/2 synced note/2");
  CHECK(numbers(events) == Numbers{0, 0, 0, synced_at, next.n});
  CHECK(json_of(events, "synced") == R"({"topics":2})");
  CHECK(reader.position() == next);
}

TEST_CASE("topics: ids are held back over as many reads as it takes", "[core][subscription][topics]") {
  fanfare::ManualClock clock;  // a snapshot is made anew after a while
  Broker broker({.clock = &clock});
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  REQUIRE(a.publish(Note{0}));
  (void)broker.subscribe({.topics = {"a"}}).take();  // cached
  for (int i = 0; i < 60; ++i) REQUIRE(a.publish(Note{i}));
  for (int i = 0; i < 3000; ++i) REQUIRE(b.publish(Note{i}));
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  const auto events = reader.take();
  std::size_t bare = 0;
  for (const auto& event : events) bare += event.position().n == 0;
  CHECK(events.size() == 2 + 60 + 1);
  CHECK(bare == 2 + 60);
  CHECK(events.back().type() == "synced");
}

TEST_CASE("topics: one position resumes all of them, in the order of publishing", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{}), c = broker.topic("c", Tally{});
  const auto at = a.publish(Note{1}).position;
  Numbers expected;
  for (int i = 0; i < 500; ++i) {
    (void)(i % 7 == 3 ? c : i % 2 ? a : b).publish(Note{i});
    if (i % 7 != 3) expected.push_back(at.n + 1 + static_cast<std::uint64_t>(i));
  }
  auto reader = broker.subscribe({.topics = {"b", "a"}, .since = at.str()});
  CHECK(numbers(reader.take()) == expected);
}

TEST_CASE("topics: all are resumed or none", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  const auto b = broker.topic("b", Tally{}, {.max_history_events = 2});
  const auto at = a.publish(Note{1}).position;
  REQUIRE(a.publish(Note{2}));
  for (int i = 0; i < 3; ++i) REQUIRE(b.publish(Note{i}));
  auto reader = broker.subscribe({.topics = {"a", "b"}, .since = at.str()});
  const auto events = reader.take();
  CHECK(line(events) == "reset snapshot/2 snapshot/3 synced");
  CHECK(json_of(events, "reset") == R"({"reason":"below_floor"})");
  CHECK(events[0].topic().empty());
}

TEST_CASE("topics: one that falls below its floor resets all", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  const auto b = broker.topic("b", Tally{}, {.max_history_events = 2});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  CHECK(line(reader.take()) == "snapshot snapshot synced");
  for (int i = 0; i < 3; ++i) REQUIRE(b.publish(Note{i}));
  const auto last = a.publish(Note{1}).position;
  const auto events = reader.take();
  CHECK(line(events) == "reset snapshot snapshot/3 note/1 synced");
  CHECK(numbers(events) == Numbers{0, 0, 0, 0, last.n});
}

TEST_CASE("topics: with and without a state they begin together", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  const auto b = broker.topic("b");
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(plain("x")));
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  REQUIRE(b.publish(plain("x")));
  CHECK(line(reader.take()) == "snapshot/1 synced x/2");
  auto rewound = broker.subscribe({.topics = {"a", "b"}, .rewind = 1});
  CHECK(line(rewound.take()) == "snapshot/1 x/2 synced");
}

TEST_CASE("topics: a name that is asked for twice counts once", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "a"}});
  REQUIRE(a.publish(Note{1}));
  CHECK(line(reader.take()) == "snapshot note/1");
}

TEST_CASE("topics: an unknown one among others is gone", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "n\"o\n", "b"}});
  const auto events = reader.take();
  CHECK(line(events) == "gone snapshot snapshot synced");
  CHECK(json_of(events, "gone") == R"({"topic":"n\"o\n"})");
  CHECK(events[0].position().n == 0);
  CHECK_FALSE(reader.error());
}

TEST_CASE("topics: the subscription ends when all of them have", "[core][subscription][topics][end]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  (void)reader.take();
  const auto first = a.finish(Done{}).position;
  CHECK(line(reader.take()) == "done/1");
  CHECK_FALSE(reader.ended());
  REQUIRE(b.publish(Note{1}));
  const auto second = b.finish(Done{}).position;
  CHECK_FALSE(reader.ended());
  CHECK(line(reader.take()) == "note/1 done/2");
  CHECK(reader.ended());
  CHECK_FALSE(reader.error());

  CHECK_FALSE(broker.subscribe({.topics = {"a", "b"}, .since = first.str()}).ended());
  CHECK(broker.subscribe({.topics = {"a", "b"}, .since = second.str()}).ended());
}

TEST_CASE("topics: a fresh one on ended topics gets snapshots and ends, each once", "[core][subscription][topics][end]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  REQUIRE(a.publish(Note{1}));
  REQUIRE(a.finish(Done{}));
  REQUIRE(b.finish(Done{}));
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  CHECK_FALSE(reader.ended());
  CHECK(line(reader.take()) == "snapshot/1 snapshot done/2 done/1 synced");
  CHECK(reader.ended());
  CHECK(reader.take().empty());
}

TEST_CASE("topics: one that is added starts with its snapshot, without ids until synced", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  REQUIRE(b.publish(Note{1}));
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "snapshot");
  REQUIRE(a.publish(Note{1}));
  reader.add("b");
  CHECK(reader.position().n == 0);
  const auto now = b.publish(Note{2}).position;
  auto events = reader.take();
  CHECK(line(events) == "snapshot/1 note/1 synced note/2");
  CHECK(numbers(events) == Numbers{0, 0, now.n - 1, now.n});
  CHECK(reader.position() == now);

  reader.add("b");
  reader.add("a");
  CHECK(reader.take().empty());
  CHECK(reader.position() == now);
}

TEST_CASE("topics: one that is added before anything was taken holds back the first id, too", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  reader.add("b");
  const auto events = reader.take();
  CHECK(line(events) == "snapshot snapshot synced");
  CHECK(numbers(events) == Numbers{0, 0, reader.position().n});
}

TEST_CASE("topics: one that is added can resume by itself", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  const auto at = b.publish(Note{1}).position;
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(Note{2}));
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "snapshot/1");
  REQUIRE(a.publish(Note{2}));
  reader.add("b", at.str());
  CHECK(line(reader.take()) == "note/2 note/2 synced");

  const auto c = broker.topic("c", Tally{});
  reader.add("c", at.str());
  const auto events = reader.take();
  CHECK(line(events) == "reset snapshot synced");
  CHECK(json_of(events, "reset") == R"({"reason":"below_floor"})");
  CHECK(events[0].topic() == "c");  // the others need no new start
  CHECK(events[0].position().n == 0);
}

TEST_CASE("topics: who was promised synced gets it, even if a reset comes between", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}, {.max_history_events = 3});
  auto reader = broker.subscribe({});
  (void)reader.take();
  reader.add("a");
  for (int i = 0; i < 5; ++i) REQUIRE(a.publish(Note{i}));
  const auto events = reader.take();
  CHECK(line(events) == "snapshot reset snapshot/5 synced");
  CHECK(numbers(events) == Numbers{0, 0, 0, reader.position().n});
}

TEST_CASE("topics: an unknown one that is added is gone", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  reader.add("no");
  CHECK(line(reader.take()) == "gone");
  CHECK_FALSE(reader.ended());
}

TEST_CASE("topics: one that was removed is silent, and may come back fresh", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  (void)reader.take();
  reader.remove("a");
  reader.remove("never");
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(Note{1}));
  CHECK(line(reader.take()) == "note/1");
  reader.add("a");
  CHECK(line(reader.take()) == "snapshot note/1 synced");
  REQUIRE(a.publish(Note{2}));
  CHECK(line(reader.take()) == "note/2");
}

TEST_CASE("topics: removing one before its opening was read repeats nothing", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  const auto early = b.publish(Note{1}).position;
  auto reader = broker.subscribe({.topics = {"a"}});
  for (int i = 0; i < 5; ++i) REQUIRE(a.publish(Note{i}));
  CHECK(line(reader.take()) == "snapshot note/1 note/2 note/3 note/4 note/5");
  REQUIRE(b.publish(Note{2}));
  reader.add("b", early.str());
  reader.remove("b");
  REQUIRE(a.publish(Note{6}));
  CHECK(line(reader.take()) == "synced note/6");
}

TEST_CASE("topics: when the last open one is removed the rest has ended", "[core][subscription][topics][end]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  REQUIRE(a.finish(Done{}));
  (void)reader.take();
  CHECK_FALSE(reader.ended());
  reader.remove("b");
  CHECK(reader.ended());
  CHECK_FALSE(reader.error());
}

TEST_CASE("topics: an end that was not taken is still owed after another was removed", "[core][subscription][topics][end]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  (void)reader.take();
  REQUIRE(a.finish(Done{}));
  reader.remove("b");
  CHECK_FALSE(reader.ended());
  CHECK(line(reader.take()) == "done/1");
  CHECK(reader.ended());
}

TEST_CASE("topics: a subscription may begin with none", "[core][subscription][topics]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{});
  auto reader = broker.subscribe({});
  CHECK(line(reader.take()) == "synced");
  CHECK_FALSE(reader.ended());
  reader.add("a");
  CHECK(line(reader.take()) == "snapshot synced");
  REQUIRE(a.publish(Note{1}));
  CHECK(line(reader.take()) == "note/1");
  reader.remove("a");
  REQUIRE(a.publish(Note{2}));
  CHECK(reader.take().empty());
  CHECK_FALSE(reader.ended());
}

TEST_CASE("topics: none may be added beyond the limit", "[core][subscription][topics][limits]") {
  Broker broker({.limits = {.max_topics_per_subscription = 2}});
  const auto a = broker.topic("a"), b = broker.topic("b"), c = broker.topic("c");
  auto refused = broker.subscribe({.topics = {"a", "b", "c"}});
  CHECK(refused.ended());
  CHECK(refused.error() == Error::too_many_subscriptions);
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  (void)reader.take();
  reader.add("c");
  reader.add("b");
  CHECK(line(reader.take()) == "gone");
  REQUIRE(c.publish(plain("x")));
  REQUIRE(b.publish(plain("y")));
  CHECK(line(reader.take()) == "y/1");
}

TEST_CASE("topics: a burst over many of them is merged by number", "[core][subscription][topics]") {
  Broker broker;
  std::vector<fanfare::Topic> topics;
  std::vector<std::string> names;
  for (int i = 0; i < 50; ++i) {
    names.push_back("t" + std::to_string(i));
    topics.push_back(broker.topic(names.back()));
  }
  auto reader = broker.subscribe({.topics = names});
  (void)reader.take();
  Numbers expected;
  for (std::size_t i = 0; i < 20'000; ++i) expected.push_back(topics[i * i % 50].publish(plain("x")).position.n);
  CHECK(numbers(reader.take()) == expected);
}
