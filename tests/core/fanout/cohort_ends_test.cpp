#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/line_member.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::ManualClock;
using fanfare::Shard;
using fanfare::detail::SelectionRef;

namespace {

const LineFormat format;

struct World {
  World() : broker({.clock = &clock}), shard(broker, [] {}) {}
  SelectionRef selection(const std::vector<std::string>& topics, double rate = 0) {
    return broker.core()->resolve(topics, {}, {}, rate).selection;
  }
  std::unique_ptr<LineMember> member(const SelectionRef& chosen, std::chrono::milliseconds beat = 0ms) {
    auto made = std::make_unique<LineMember>(*shard.core(), format, beat);
    made->start(chosen);
    return made;
  }
  std::chrono::milliseconds turn() {
    for (;;) {
      if (const auto again = shard.poll(); again != 0ms) return again;
    }
  }
  ManualClock clock;
  Broker broker;
  Shard shard;
};

std::string said(LineMember& member) {
  std::string text;
  for (const auto& line : take_lines(member.received)) {
    if (!text.empty()) text += ' ';
    const auto parsed = Line::parse(line);
    text += line == "~" ? line : parsed.whole ? parsed.type : "broken:" + line;
    if (parsed.seq != 0) text += '/' + std::to_string(parsed.seq);
  }
  return text;
}

}  // namespace

TEST_CASE("cohort: all members end once, after the last event", "[core][fanout][cohort][end]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int i = 0; i < 700; ++i) members.push_back(world.member(chosen));
  world.turn();
  REQUIRE(topic.finish(Done{}));
  world.turn();
  for (auto& member : members) {
    REQUIRE(member->ends == 1);
    REQUIRE(said(*member) == "snapshot done/1");
    REQUIRE_FALSE(member->in_cohort());
  }
  CHECK(world.shard.core()->cohort_count() == 0);
}

TEST_CASE("cohort: one that is stuck in the last event ends too, long after the others", "[core][fanout][cohort][end]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  const auto quick = world.member(chosen), slow = world.member(chosen);
  world.turn();
  slow->room = 3;
  REQUIRE(topic.finish(Done{}));
  world.turn();
  CHECK(quick->ends == 1);
  CHECK(world.shard.core()->cohort_count() == 0);
  slow->allow(LineMember::unlimited);
  world.turn();
  CHECK(said(*slow) == "snapshot done/1");
  CHECK(slow->ends == 1);
}

TEST_CASE("cohort: one that joins when all is over ends", "[core][fanout][cohort][end]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  const auto done = topic.finish(Done{}).position.n;
  LineMember late(*world.shard.core(), format);
  late.start(chosen, {{fanfare::Position{world.broker.core()->context().sequencer->epoch(), done}.str()}, false, 0});
  world.turn();
  CHECK(late.ends == 1);
  CHECK(late.received.empty());
}

TEST_CASE("cohort: fallen below the floor, all of it is reset", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{}, {.max_history_events = 3});
  const auto chosen = world.selection({"a"});
  const auto one = world.member(chosen), two = world.member(chosen);
  world.turn();
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Note{i}));
  world.turn();
  CHECK(said(*one) == "snapshot reset snapshot/10");
  CHECK(said(*two) == "snapshot reset snapshot/10");
  REQUIRE(topic.publish(Note{1}));
  world.turn();
  CHECK(said(*one) == "note/11");
  CHECK(one->in_cohort());
}

TEST_CASE("cohort: who stops while several topics are opened anew opens them itself", "[core][fanout][cohort][topics]") {
  std::size_t length = 1;
  for (std::size_t stop = 0; stop < length; ++stop) {
    World world;
    const auto a = world.broker.topic("a", Tally{}), b = world.broker.topic("b", Tally{});
    const auto c = world.broker.topic("c", Tally{}, {.max_history_events = 2});
    const auto chosen = world.selection({"a", "b", "c"});
    const auto whole = world.member(chosen), slow = world.member(chosen);
    world.turn();
    slow->received.clear(), whole->received.clear();
    slow->room = stop;
    world.clock.advance(1s);  // the snapshots of the beginning are too old to be used again
    for (int i = 0; i < 3; ++i) REQUIRE(c.publish(Note{i}));  // falls below its floor, so all are opened anew
    for (int i = 0; i < 3; ++i) REQUIRE(a.publish(Note{i}));
    const auto cached = world.member(world.selection({"a"}));  // makes the snapshot of a older than that of b
    for (int i = 0; i < 3; ++i) REQUIRE(b.publish(Note{i}));
    REQUIRE(a.publish(Note{3}));
    world.turn();
    length = whole->received.size();
    slow->allow(LineMember::unlimited);
    world.turn();
    for (const auto& topic : {a, b, c}) REQUIRE(topic.publish(Note{5}));
    world.turn();

    CAPTURE(stop);
    std::map<std::string, std::uint64_t> seqs;
    std::set<std::string> fresh;
    std::uint64_t id = 0;
    bool opening = false;
    for (const auto& text : take_lines(slow->received)) {
      const auto line = Line::parse(text);
      REQUIRE(line.whole);
      if (line.type == "reset") {
        opening = true;
        fresh.clear();
      } else if (line.type == "synced") {
        opening = false;
        id = line.n;
      } else if (line.type == "snapshot") {
        seqs[line.topic] = line.seq;
        fresh.insert(line.topic);
      } else {
        CHECK(line.seq > seqs[line.topic]);
        seqs[line.topic] = line.seq;
        CHECK((opening ? line.n == 0 : line.n > id));
      }
    }
    CHECK_FALSE(opening);
    CHECK(fresh.size() == 3);
    CHECK(seqs == std::map<std::string, std::uint64_t>{{"a", 5}, {"b", 4}, {"c", 4}});
    CHECK(slow->cohort() == whole->cohort());
  }
  CHECK(length > 200);
}

TEST_CASE("cohort: beats after a silence, varied by a tenth, and not after a write", "[core][fanout][cohort][beat]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto member = world.member(world.selection({"a"}), 15s);
  world.turn();
  CHECK(said(*member) == "snapshot");
  int beats = 0;
  auto last = world.clock.now();
  for (int i = 0; i < 20'000; ++i) {
    world.clock.advance(10ms);
    world.turn();
    const auto text = said(*member);
    if (text.empty()) continue;
    REQUIRE(text == "~");
    const auto silence = world.clock.now() - last;
    CHECK(silence >= 13'500ms);
    CHECK(silence <= 16'530ms);
    last = world.clock.now();
    ++beats;
  }
  CHECK(beats > 11);
  for (int i = 0; i < 400; ++i) {  // a write puts it off, even one in the very turn in which it is due
    world.clock.advance(13s);
    REQUIRE(topic.publish(Note{i}));
    world.turn();
    REQUIRE(said(*member) == "note/" + std::to_string(i + 1));
  }
  for (int i = 0; i < 40; ++i) {
    world.clock.advance(20s);
    REQUIRE(topic.publish(Note{i}));
    world.turn();
    REQUIRE(said(*member) == "note/" + std::to_string(i + 401));
  }
}

TEST_CASE("cohort: says when the next beat is due", "[core][fanout][cohort][beat]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto member = world.member(world.selection({"a"}), 15s);
  world.turn();
  for (int i = 0; i < 5; ++i) {
    (void)said(*member);
    int turns = 0;
    for (auto slept = 0ms; member->received.empty() && slept < 17s && turns < 10; ++turns) {
      const auto again = world.turn();
      world.clock.advance(again);
      slept += again;
      world.turn();
    }
    CHECK(said(*member) == "~");
    CHECK(turns < 4);
  }
}

TEST_CASE("cohort: a paced one reads when it is due, and at once what is critical", "[core][fanout][cohort][pacing]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto member = world.member(world.selection({"a"}, 2));
  world.turn();
  REQUIRE(topic.publish(Meter{"x", 1}));
  world.turn();
  CHECK(said(*member) == "snapshot meter/1");
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  auto again = world.turn();
  CHECK(said(*member).empty());
  CHECK(again <= 510ms);
  world.clock.advance(again);
  world.turn();
  CHECK(said(*member) == "meter/6");
  REQUIRE(topic.publish(Meter{"x", 7}));
  REQUIRE(topic.publish(Note{1}));
  world.turn();
  CHECK(said(*member) == "meter/7 note/8");

  const auto late = world.member(world.selection({"a"}, 2));  // joins a cohort that must not read yet
  REQUIRE(topic.publish(Meter{"y", 1}));
  again = world.turn();
  CHECK(said(*member).empty());
  CHECK(again <= 510ms);
  world.clock.advance(again);
  world.turn();
  CHECK(said(*member) == "meter/9");
  CHECK(said(*late).ends_with("meter/9"));
  CHECK(late->cohort() == member->cohort());
}
