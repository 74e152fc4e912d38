#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Event;
using fanfare::Position;
using fanfare::detail::Replay;
using fanfare::detail::ResumeFrom;

namespace {

/// A replay as the server makes one, with what it gave on attaching and everything up to now.
struct Attached {
  Attached(const Broker& broker, std::vector<std::string> topics, const ResumeFrom& from)
      : core(*broker.core()),
        replay(Replay::attach(core.context(), core.resolve(topics, {}, {}, 0).selection, from, events)) {
    read();
  }
  void read() {
    while (replay.read(core.context(), core.context().sequencer->committed(), false, {}, events)) {}
  }
  const fanfare::detail::BrokerCore& core;
  std::vector<Event> events;
  Replay replay;
};

std::string resumed(const Broker& broker, std::string since, std::string topic = "a") {
  auto reader = broker.core() ? const_cast<Broker&>(broker).subscribe({.topics = {std::move(topic)}, .since = std::move(since)})
                              : fanfare::Subscription();
  return line(reader.take());
}

std::string reason(const Broker& broker, std::string since) {
  auto reader = const_cast<Broker&>(broker).subscribe({.topics = {"a"}, .since = std::move(since)});
  return json_of(reader.take(), "reset");
}

}  // namespace

TEST_CASE("attach: without a position come the snapshot, then only newer events", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{2}));
  const auto events = reader.take();
  CHECK(line(events) == "snapshot/1 note/2");
  CHECK(events[0].as<Tally>()->sum == 1);
  CHECK(events[0].control());
  CHECK(events[0].position().n + 1 == events[1].position().n);
  CHECK(reader.take().empty());
}

TEST_CASE("attach: a valid position gets what it misses and no snapshot", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  const auto first = topic.publish(Note{1}).position;
  REQUIRE(topic.publish(Note{2}));
  REQUIRE(topic.publish(Note{3}));
  CHECK(resumed(broker, first.str()) == "note/2 note/3");
  CHECK(resumed(broker, position_text(first, 1)) == "note/3");
  CHECK(resumed(broker, position_text(first, 2)).empty());
}

TEST_CASE("attach: a position of the same broker need not be one of the topic", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  const auto other = broker.topic("b");
  REQUIRE(topic.publish(Note{1}));
  const auto elsewhere = other.publish(plain("x")).position;
  REQUIRE(topic.publish(Note{2}));
  CHECK(resumed(broker, elsewhere.str()) == "note/2");
}

TEST_CASE("attach: what cannot be resumed is reset, and told why", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 2});
  const auto first = topic.publish(Note{1}).position;
  for (int i = 2; i <= 4; ++i) REQUIRE(topic.publish(Note{i}));

  CHECK(resumed(broker, "nonsense") == "reset snapshot/4");
  CHECK(reason(broker, "nonsense") == R"({"reason":"malformed"})");
  CHECK(reason(broker, first.str() + "\n") == R"({"reason":"malformed"})");
  CHECK(reason(broker, std::string(100'000, '7')) == R"({"reason":"malformed"})");
  CHECK(reason(broker, "3") == R"({"reason":"malformed"})");  // a seq, where none is allowed
  CHECK(reason(broker, Position{first.epoch + 1, first.n}.str()) == R"({"reason":"foreign_epoch"})");
  CHECK(reason(broker, position_text(first, 4)) == R"({"reason":"ahead"})");
  CHECK(reason(broker, Position{first.epoch, std::numeric_limits<std::uint64_t>::max()}.str()) == R"({"reason":"ahead"})");
  CHECK(reason(broker, first.str()) == R"({"reason":"below_floor"})");
  CHECK(reason(broker, Position{first.epoch, 0}.str()) == R"({"reason":"below_floor"})");
  CHECK(resumed(broker, position_text(first, 1)) == "note/3 note/4");  // exactly at the floor
  CHECK(broker.metrics().resets == 10);
}

TEST_CASE("attach: a reset has no id, and its snapshot has", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  const auto at = topic.publish(Note{1}).position;
  auto reader = broker.subscribe({.topics = {"a"}, .since = "nonsense"});
  const auto events = reader.take();
  CHECK(numbers(events) == std::vector<std::uint64_t>{0, at.n});
  CHECK(events[0].topic() == "a");
  CHECK(events[0].control());
}

TEST_CASE("attach: a topic without state is live only, unless it is asked to rewind", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 5});
  for (int i = 1; i <= 7; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(resumed(broker, "").empty());
  for (const auto& [count, expected] : {std::pair<std::size_t, const char*>{1, "note/7"}, {2, "note/6 note/7"},
                                        {5, "note/3 note/4 note/5 note/6 note/7"},
                                        {500, "note/3 note/4 note/5 note/6 note/7"}}) {
    auto reader = broker.subscribe({.topics = {"a"}, .rewind = count});
    CHECK(line(reader.take()) == expected);
  }
}

TEST_CASE("attach: a reset without state is followed by the retained events", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_events = 3});
  for (int i = 1; i <= 5; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(resumed(broker, "nonsense") == "reset note/3 note/4 note/5");
}

TEST_CASE("attach: a position wins over a rewind", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto first = topic.publish(Note{1}).position;
  for (int i = 2; i <= 5; ++i) REQUIRE(topic.publish(Note{i}));
  auto reader = broker.subscribe({.topics = {"a"}, .since = position_text(first, 3), .rewind = 3});
  CHECK(line(reader.take()) == "note/5");
}

TEST_CASE("attach: of several positions the largest valid one counts", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 3});
  const auto first = topic.publish(Note{1}).position;
  for (int i = 2; i <= 5; ++i) REQUIRE(topic.publish(Note{i}));
  const auto at = [&](std::int64_t by) { return position_text(first, by); };
  const std::string foreign = Position{first.epoch ^ 1, first.n}.str();

  const auto attach = [&](std::vector<std::string> candidates) {
    const Attached attached(broker, {"a"}, {std::move(candidates), false, 0});
    return line(attached.events) + json_of(attached.events, "reset");
  };
  CHECK(attach({at(2), at(3)}) == "note/5");
  CHECK(attach({at(3), at(2)}) == "note/5");
  CHECK(attach({"nonsense", at(2), foreign, at(100), at(0), ""}) == "note/4 note/5");
  CHECK(attach({"", ""}) == "snapshot/5");
  CHECK(attach({"nonsense", ""}) == R"(reset snapshot/5{"reason":"malformed"})");
  CHECK(attach({foreign, "nonsense"}) == R"(reset snapshot/5{"reason":"foreign_epoch"})");
  CHECK(attach({at(0), "nonsense"}) == R"(reset snapshot/5{"reason":"below_floor"})");
}

TEST_CASE("attach: a bare number is a seq, where that is allowed", "[core][replay][attach]") {
  Broker broker;
  const auto other = broker.topic("b");
  REQUIRE(other.publish(plain("x")));
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 3});
  for (int i = 1; i <= 5; ++i) {
    REQUIRE(topic.publish(Note{i}));
    REQUIRE(other.publish(plain("x")));
  }
  const auto attach = [&](std::string seq, bool allowed = true) {
    const Attached attached(broker, {"a"}, {{std::move(seq)}, allowed, 0});
    return line(attached.events) + json_of(attached.events, "reset");
  };
  CHECK(attach("2") == "note/3 note/4 note/5");
  CHECK(attach("4") == "note/5");
  CHECK(attach("5").empty());
  CHECK(attach("6") == R"(reset snapshot/5{"reason":"ahead"})");
  CHECK(attach("1") == R"(reset snapshot/5{"reason":"below_floor"})");
  CHECK(attach("0") == R"(reset snapshot/5{"reason":"below_floor"})");
  CHECK(attach("03") == R"(reset snapshot/5{"reason":"malformed"})");
  CHECK(attach("-3") == R"(reset snapshot/5{"reason":"malformed"})");
  CHECK(attach("99999999999999999999") == R"(reset snapshot/5{"reason":"malformed"})");
  CHECK(attach("4", false) == R"(reset snapshot/5{"reason":"malformed"})");

  const Attached several(broker, {"a", "b"}, {{"4"}, true, 0});
  CHECK(json_of(several.events, "reset") == R"({"reason":"malformed"})");
}

TEST_CASE("attach: a seq of nothing resumes what has begun since", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  const Attached attached(broker, {"a"}, {{"0"}, true, 0});
  CHECK(line(attached.events) == "note/1");
}

TEST_CASE("attach: a position from before the topic was created is reset", "[core][replay][attach]") {
  Broker broker;
  const auto other = broker.topic("b");
  const auto before = other.publish(plain("x")).position;
  const auto topic = broker.topic("a", Tally{});
  CHECK(resumed(broker, before.str()) == "reset snapshot");
  const auto after = broker.subscribe({.topics = {"a"}}).position();
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Note{2}));
  CHECK(resumed(broker, before.str()) == "reset snapshot note/1 note/2");
  CHECK(after.n == 0);
}

TEST_CASE("attach: a newcomer's position, before anything was published, resumes", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "snapshot");
  const auto at = reader.position();
  CHECK(at.n > 0);
  CHECK(resumed(broker, at.str()).empty());
  REQUIRE(topic.publish(Note{1}));
  CHECK(resumed(broker, at.str()) == "note/1");
}

TEST_CASE("attach: deleted and created again, even the last position is reset", "[core][replay][attach]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  Position done;
  {
    const auto topic = broker.topic("a", Tally{});
    REQUIRE(topic.publish(Note{1}));
    done = topic.finish(Done{}).position;
  }
  clock.advance(31min);
  CHECK(broker.subscribe({.topics = {"a"}, .since = done.str()}).error() == fanfare::Error::topic_expired);
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}, .since = done.str()});
  const auto events = reader.take();
  CHECK(line(events) == "reset snapshot");
  CHECK(events[1].as<Tally>()->end.empty());
  CHECK(json_of(events, "reset") == R"({"reason":"below_floor"})");
  CHECK_FALSE(reader.ended());
}

TEST_CASE("attach: at the end of its topic a position has ended at once", "[core][replay][attach][end]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  const auto before = topic.publish(Note{1}).position;
  const auto done = topic.finish(Done{}).position;
  auto reader = broker.subscribe({.topics = {"a"}, .since = done.str()});
  CHECK(reader.ended());
  CHECK_FALSE(reader.error());
  CHECK(reader.take().empty());
  auto late = broker.subscribe({.topics = {"a"}, .since = before.str()});
  CHECK_FALSE(late.ended());
  CHECK(line(late.take()) == "done/2");
  CHECK(late.ended());

  const auto other = broker.topic("b").publish(plain("x")).position;
  CHECK(broker.subscribe({.topics = {"a"}, .since = other.str()}).ended());
}

TEST_CASE("attach: a topic that ended without a state still tells its end", "[core][replay][attach][end]") {
  Broker broker;
  const auto topic = broker.topic("a");
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.finish());
  CHECK(resumed(broker, "") == "done/2");
  CHECK(resumed(broker, "nonsense") == "reset note/1 done/2");
}

TEST_CASE("attach: a broker that holds nothing yet resumes its own first position", "[core][replay][attach]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  const auto at = reader.position();
  REQUIRE(topic.publish(Note{1}));
  CHECK(resumed(broker, at.str()) == "note/1");
}
