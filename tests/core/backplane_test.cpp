#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/loopback_backplane.hpp"
#include "support/vocabulary.hpp"

#include <memory>
#include <string>
#include <vector>

using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Error;
using fanfare::Position;
using fanfare::Receipt;
using fanfare::Topic;

namespace {

struct Process {
  explicit Process(const std::shared_ptr<LoopbackHub>& hub)
      : plane(std::make_shared<LoopbackBackplane>(hub)), broker({.backplane = plane}) {}
  void settle() {
    plane->number();
    plane->feed_all();
  }
  std::shared_ptr<LoopbackBackplane> plane;
  Broker broker;
};

struct OneProcess : Process {
  OneProcess() : Process(std::make_shared<LoopbackHub>()) {}
};

}  // namespace

TEST_CASE("backplane: publish is accepted at once and committed by the feed", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a", Tally{});
  auto reader = process.broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  std::vector<Receipt> heard;
  const auto accepted = topic.publish(Note{5}, {.on_commit = [&](const Receipt& receipt) { heard.push_back(receipt); }});
  REQUIRE(accepted);
  CHECK(accepted.position.n == 0);
  CHECK(accepted.seq == 0);
  CHECK(heard.empty());
  CHECK(reader.take().empty());
  CHECK(topic.state().notes == 0);

  process.settle();
  REQUIRE(heard.size() == 1);
  CHECK_FALSE(heard[0].error);
  CHECK(heard[0].position == Position{0xFA17, 1});
  CHECK(heard[0].seq == 1);
  CHECK(topic.state().sum == 5);
  const auto events = reader.take();
  CHECK(line(events) == "note/1");
  CHECK(events[0].position() == heard[0].position);
}

TEST_CASE("backplane: what is refused here never leaves the process", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  CHECK(topic.publish(plain("a\nb")).error == Error::invalid_name);
  CHECK(topic.publish(plain("x", "{")).error == Error::invalid_payload);
  CHECK(process.plane->waiting.empty());
}

TEST_CASE("backplane: an event keeps all that it was published with", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  auto reader = process.broker.subscribe({.topics = {"a"}, .audience = {"x", "y"}});
  REQUIRE(topic.publish(Meter{"k", 3}, {.audience = {"y", "x", "y"}}));
  process.settle();
  const auto event = reader.take().at(0);
  CHECK(event.type() == "meter");
  CHECK(event.key() == "k");
  CHECK(event.delivery() == fanfare::Delivery::conflated);
  CHECK(event.audience().size() == 2);
}

TEST_CASE("backplane: both processes hold the same log and the same state", "[core][backplane]") {
  const auto hub = std::make_shared<LoopbackHub>();
  Process one(hub), two(hub);
  const auto here = one.broker.topic("a", Tally{}), there = two.broker.topic("a", Tally{});
  auto reader = two.broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  for (int i = 0; i < 10; ++i) {
    REQUIRE((i % 3 ? here : there).publish(Note{i}));
    if (i % 4 == 0) one.plane->number(), two.plane->number();
  }
  one.plane->number(), two.plane->number();
  one.plane->feed_all(), two.plane->feed_all();
  CHECK(here.state() == there.state());
  CHECK(here.state().sum == 45);
  const auto events = reader.take();
  REQUIRE(events.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(events[i].seq() == i + 1);
    CHECK(events[i].position().n == i + 1);
  }
  // A client goes from one node to the other.
  auto moved = one.broker.subscribe({.topics = {"a"}, .since = events[6].position().str()});
  CHECK(line(moved.take()) == "note/8 note/9 note/10");
}

TEST_CASE("backplane: topics of other processes leave holes in the numbers", "[core][backplane]") {
  const auto hub = std::make_shared<LoopbackHub>();
  Process one(hub), two(hub);
  const auto mine = one.broker.topic("mine"), other = two.broker.topic("other");
  auto reader = one.broker.subscribe({.topics = {"mine"}});
  REQUIRE(mine.publish(plain("x")));
  one.settle();
  for (int i = 0; i < 5; ++i) REQUIRE(other.publish(plain("y")));
  two.settle();
  REQUIRE(mine.publish(plain("x")));
  one.settle();
  CHECK(numbers(reader.take()) == std::vector<std::uint64_t>{1, 7});
  CHECK(reader.position().n == 7);
}

TEST_CASE("backplane: a feed out of order commits nothing twice and nothing late", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a", Tally{});
  auto reader = process.broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  std::vector<std::error_code> heard;
  for (int i = 1; i <= 4; ++i) {
    REQUIRE(topic.publish(Note{i}, {.on_commit = [&](const Receipt& receipt) { heard.push_back(receipt.error); }}));
  }
  process.plane->number();
  for (const std::size_t index : {0u, 0u, 2u, 1u, 2u, 3u}) process.plane->feed(index);
  CHECK(line(reader.take()) == "note/1 note/3 note/4");
  CHECK(topic.state().sum == 8);
  REQUIRE(heard.size() == 4);
  CHECK(heard[2] == Error::backplane_lost);
  CHECK((!heard[0] && !heard[1] && !heard[3]));
}

TEST_CASE("backplane: a seq is found, or not, over a hole in the feed", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  for (int i = 1; i <= 9; ++i) REQUIRE(topic.publish(Note{i}));
  process.plane->number();
  for (const std::size_t index : {0u, 1u, 5u, 8u}) process.plane->feed(index);
  const auto& log = *topic.log();
  CHECK(log.number_of_seq(2) == 2);
  CHECK(log.number_of_seq(4) == 2);  // what comes next is the sixth
  CHECK(log.number_of_seq(6) == 6);
  CHECK(log.number_of_seq(9) == 9);
  CHECK_FALSE(log.number_of_seq(10));
}

TEST_CASE("backplane: what is lost is reported, and is not in the log", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a", Tally{});
  std::vector<std::error_code> heard;
  REQUIRE(topic.publish(Note{1}, {.on_commit = [&](const Receipt& receipt) { heard.push_back(receipt.error); }}));
  process.plane->lose(Error::backplane_lost);
  process.plane->uplink()->lost(12345, Error::backplane_lost);  // nobody's
  REQUIRE(topic.publish(Note{2}));
  process.settle();
  CHECK(heard == std::vector<std::error_code>{Error::backplane_lost});
  CHECK(topic.state().sum == 2);
}

TEST_CASE("backplane: the end is the feed's last event, whoever else tried", "[core][backplane][end]") {
  const auto hub = std::make_shared<LoopbackHub>();
  Process one(hub), two(hub);
  const auto here = one.broker.topic("a", Tally{}), there = two.broker.topic("a", Tally{});
  auto reader = two.broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  REQUIRE(here.finish(Done{}));
  std::error_code late;
  REQUIRE(there.publish(Note{1}, {.on_commit = [&](const Receipt& receipt) { late = receipt.error; }}));
  one.settle();
  two.settle();
  CHECK(late == Error::topic_finished);
  CHECK(line(reader.take()) == "done/1");
  CHECK(reader.ended());
  CHECK(here.publish(Note{2}).error == Error::topic_finished);
  CHECK(there.publish(Note{2}).error == Error::topic_finished);
  CHECK(here.finish(Done{}));  // ending twice the same way is no error here either
  CHECK(here.fail(Done{}).error == Error::topic_finished);
  CHECK(one.plane->waiting.empty());
}

TEST_CASE("backplane: a bounded number may wait", "[core][backplane][limits]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  int lost = 0;
  for (int i = 0; i < 70'000; ++i) lost += topic.publish(Spark{i}).error == Error::backplane_lost;
  CHECK(lost == 70'000 - 65'536);
  process.settle();
  CHECK(topic.publish(Spark{1}));
}

TEST_CASE("backplane: close gives up what waits, and says so", "[core][backplane][close]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  std::vector<std::error_code> heard;
  REQUIRE(topic.publish(Note{1}, {.on_commit = [&](const Receipt& receipt) { heard.push_back(receipt.error); }}));
  process.broker.close();
  CHECK(process.plane->uplink() == nullptr);
  CHECK(heard == std::vector<std::error_code>{Error::shut_down});
}

TEST_CASE("backplane: revocations go out and come in", "[core][backplane][revoke]") {
  OneProcess process;
  const auto topic = process.broker.topic("a");
  auto mine = process.broker.subscribe({.topics = {"a"}, .audience = {"x"}});
  auto other = process.broker.subscribe({.topics = {"a"}, .audience = {"y"}});
  process.broker.revoke("x");
  CHECK(process.plane->revoked == std::vector<std::string>{"x"});
  CHECK(mine.error() == Error::revoked);
  process.plane->uplink()->revoked("y");
  CHECK(other.error() == Error::revoked);
  CHECK(process.plane->revoked.size() == 1);
}

TEST_CASE("backplane: commands that come in reach the publisher", "[core][backplane][command]") {
  OneProcess process;
  std::string seen;
  const auto topic = process.broker.topic("a", {.on_command = [&](const fanfare::Command& command) { seen = command.name; }});
  process.plane->uplink()->command({"a", "pause", {}});
  CHECK(seen == "pause");
}

TEST_CASE("backplane: conflation, history and snapshots work on the committed log", "[core][backplane]") {
  OneProcess process;
  const auto topic = process.broker.topic("a", Tally{}, {.max_history_events = 3});
  auto reader = process.broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "snapshot");
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  process.settle();
  CHECK(line(reader.take()) == "meter/10");
  for (int i = 0; i < 4; ++i) REQUIRE(topic.publish(Note{i}));
  process.settle();
  CHECK(line(reader.take()) == "reset snapshot/14");
}
