#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/line_member.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::ManualClock;
using fanfare::Shard;
using fanfare::detail::Member;
using fanfare::detail::Replay;
using fanfare::detail::SelectionRef;

namespace {

const LineFormat format;

struct World {
  explicit World(fanfare::Limits limits = {}) : broker({.limits = limits, .clock = &clock}), shard(broker, [this] { ++wakes; }) {}
  SelectionRef selection(const std::vector<std::string>& topics, std::vector<std::string> types = {},
                         std::vector<std::string> audience = {}, double rate = 0) {
    return broker.core()->resolve(topics, std::move(types), std::move(audience), rate).selection;
  }
  std::unique_ptr<LineMember> member(const SelectionRef& chosen, std::chrono::milliseconds beat = 0ms) {
    auto made = std::make_unique<LineMember>(core(), format, beat);
    made->start(chosen);
    return made;
  }
  void turn() {
    while (shard.poll() == 0ms) {}
  }
  fanfare::detail::ShardCore& core() { return *shard.core(); }

  ManualClock clock;
  Broker broker;
  int wakes = 0;
  Shard shard;
};

/// The types and seqs of whole lines.
std::string said(LineMember& member) {
  std::string text;
  for (const auto& line : take_lines(member.received)) {
    if (!text.empty()) text += ' ';
    if (line == "~") {
      text += '~';
      continue;
    }
    const auto parsed = Line::parse(line);
    text += parsed.whole ? parsed.type : "broken:" + line;
    if (parsed.seq != 0) text += '/' + std::to_string(parsed.seq);
  }
  return text;
}

/// Says of itself what the test wants.
struct Scripted final : Member {
  std::function<std::size_t(std::string_view)> on_write = [](std::string_view bytes) { return bytes.size(); };
  std::function<Level(std::uint64_t)> on_level = [](std::uint64_t) { return Level::reached; };
  int writes = 0, beats = 0, ends = 0;
  ~Scripted() override {
    if (in_cohort()) cohort()->leave(*this);
  }
  std::size_t write(std::string_view bytes) noexcept override {
    ++writes;
    return on_write(bytes);
  }
  void fell_short(Replay, fanfare::detail::ImageRef, std::size_t) override {}
  Level level_with(std::uint64_t at) override { return on_level(at); }
  void beat() override { ++beats; }
  void ended() override { ++ends; }
};

}  // namespace

TEST_CASE("cohort: a burst is encoded once and leaves in one write a member", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int i = 0; i < 50; ++i) members.push_back(world.member(chosen));
  world.turn();
  CHECK(world.core().cohort_count() == 1);
  const auto encoded = world.broker.metrics().images_encoded;
  for (int i = 0; i < 20; ++i) REQUIRE(topic.publish(Note{i}));
  world.turn();
  CHECK(world.broker.metrics().images_encoded == encoded + 20);
  CHECK(world.broker.metrics().cohort_deliveries == 50);
  for (auto& member : members) {
    CHECK(member->writes == 1);
    CHECK(member->received == members[0]->received);
  }
}

TEST_CASE("cohort: those who asked for something else have another", "[core][fanout][cohort]") {
  World world;
  const LineFormat other_format;
  for (const char* name : {"a", "b"}) world.broker.topic(name, Tally{});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int twice = 0; twice < 2; ++twice) {
    for (const auto& chosen : {world.selection({"a"}), world.selection({"b"}), world.selection({"a", "b"}),
                               world.selection({"a"}, {"note"}), world.selection({"a"}, {}, {"x"}), world.selection({"a"}, {}, {}, 5)}) {
      members.push_back(world.member(chosen));
    }
    members.push_back(world.member(world.selection({"a"}), 15s));
    members.push_back(std::make_unique<LineMember>(world.core(), other_format));
    members.back()->start(world.selection({"a"}));
  }
  world.turn();
  CHECK(world.core().cohort_count() == 8);
  members.clear();
  world.turn();
  CHECK(world.core().cohort_count() == 0);
}

TEST_CASE("cohort: a write that stops at any byte is completed without a gap or a repetition", "[core][fanout][cohort]") {
  std::size_t length = 1;
  for (std::size_t stop = 0; stop < length; ++stop) {
    World world;
    const auto topic = world.broker.topic("a", Tally{});
    const auto chosen = world.selection({"a"});
    const auto whole = world.member(chosen), slow = world.member(chosen);
    world.turn();
    slow->received.clear(), whole->received.clear();
    slow->room = stop;
    for (int i = 0; i < 4; ++i) REQUIRE(topic.publish(Note{i}));
    world.turn();
    length = whole->received.size();
    CHECK(slow->received == whole->received.substr(0, stop));
    CHECK(slow->shorts == 1);
    CHECK_FALSE(slow->in_cohort());
    REQUIRE(topic.publish(Note{4}));
    world.turn();
    slow->allow(LineMember::unlimited);
    world.turn();
    CHECK(slow->received == whole->received);
    CHECK(slow->in_cohort());
    REQUIRE(topic.publish(Note{5}));
    world.turn();
    CHECK(slow->received == whole->received);
    CHECK(slow->cohort() == whole->cohort());
  }
  CHECK(length > 50);
}

TEST_CASE("cohort: who has gone or goes during a delivery harms nobody", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int i = 0; i < 20; ++i) members.push_back(world.member(chosen));
  Scripted killer;
  world.core().join(killer, Replay(chosen, world.core().context().sequencer->committed()), format, 0ms);
  world.turn();
  killer.on_write = [&](std::string_view bytes) {
    members[3].reset();
    members[17].reset();
    members[18]->broken = true;
    return bytes.size();
  };
  members[5]->broken = true;
  REQUIRE(topic.publish(Note{1}));
  world.turn();
  killer.on_write = [](std::string_view bytes) { return bytes.size(); };
  REQUIRE(topic.publish(Note{2}));
  world.turn();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i == 3 || i == 17 || i == 5 || i == 18) continue;
    CHECK(said(*members[i]) == "snapshot note/1 note/2");
  }
  CHECK(members[5]->closed());
  CHECK(killer.writes == 2);
}

TEST_CASE("cohort: one that joins may make others leave that are ahead", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  const Replay here(chosen, world.core().context().sequencer->committed());
  Scripted first, second, third;
  first.on_level = [&](std::uint64_t) {
    for (Scripted* other : {&second, &third}) {
      if (other->in_cohort()) other->cohort()->leave(*other);
    }
    return Member::Level::reached;
  };
  int asked = 0;
  second.on_level = third.on_level = [&](std::uint64_t) {
    ++asked;
    return Member::Level::ahead;
  };
  for (Scripted* member : {&first, &second, &third}) world.core().join(*member, here, format, 0ms);
  world.turn();
  CHECK(first.in_cohort());
  CHECK_FALSE(second.in_cohort());
  CHECK_FALSE(third.in_cohort());
  CHECK(asked <= 2);
  REQUIRE(topic.publish(Note{1}));
  world.turn();
  CHECK(first.writes == 1);
  CHECK(second.writes + third.writes == 0);
}

TEST_CASE("cohort: one that is ahead is asked again after the next read", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  const auto now = world.core().context().sequencer->committed();
  Scripted member;
  member.on_level = [&](std::uint64_t at) { return at > now ? Member::Level::reached : Member::Level::ahead; };
  world.core().join(member, Replay(chosen, now), format, 0ms);
  world.turn();
  CHECK(member.in_cohort());
  REQUIRE(topic.publish(Note{1}));
  world.turn();
  CHECK(member.writes == 0);  // it had that one
  REQUIRE(topic.publish(Note{2}));
  world.turn();
  CHECK(member.writes == 1);
}

TEST_CASE("cohort: deliveries and joins are done in slices", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  const Replay here(chosen, world.core().context().sequencer->committed());
  std::vector<std::unique_ptr<Scripted>> members;
  int levelled = 0;
  for (int i = 0; i < 1000; ++i) {
    members.push_back(std::make_unique<Scripted>());
    members.back()->on_level = [&](std::uint64_t) { return ++levelled, Member::Level::reached; };
    world.core().join(*members.back(), here, format, 0ms);
  }
  for (int before = 0, again = 1; again; before = levelled) {
    again = world.shard.poll() == 0ms;
    CHECK(levelled - before <= 256);
  }
  CHECK(levelled == 1000);

  REQUIRE(topic.publish(Note{1}));
  const auto written = [&] {
    int sum = 0;
    for (const auto& member : members) sum += member->writes;
    return sum;
  };
  for (int before = 0, again = 1; again; before = written()) {
    again = world.shard.poll() == 0ms;
    CHECK(written() - before <= 256);
  }
  CHECK(written() == 1000);
}

TEST_CASE("cohort: a stranger's position in the middle of a delivery is what it has", "[core][fanout][cohort]") {
  World world;
  const auto topic = world.broker.topic("a", Tally{});
  const auto chosen = world.selection({"a"});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int i = 0; i < 600; ++i) members.push_back(world.member(chosen));
  world.turn();
  const auto before = topic.publish(Note{1}).position.n;
  world.turn();
  const auto after = topic.publish(Note{2}).position.n;
  CHECK(world.shard.poll() == 0ms);  // the first slice only
  int served = 0;
  for (auto& member : members) {
    const bool has_it = member->received.find("note|a|" + std::to_string(after)) != std::string::npos;
    served += has_it;
    CHECK(member->cohort()->at(*member) == (has_it ? after : before));
  }
  CHECK(served > 0);
  CHECK(served < 600);
}

namespace {

/// Cannot say events of type "odd".
struct Picky final : fanfare::Format {
  void encode(const fanfare::Event& event, std::string& out) const override {
    if (event.type() == "odd") throw std::runtime_error("no");
    format.encode(event, out);
  }
};

}  // namespace

TEST_CASE("cohort: a format that throws ends its members, after what came before", "[core][fanout][cohort]") {
  World world;
  const Picky picky;
  const auto topic = world.broker.topic("a");
  LineMember member(world.core(), picky), other(world.core(), format);
  member.start(world.selection({"a"}));
  other.start(world.selection({"a"}));
  world.turn();
  for (const char* type : {"even", "odd", "even"}) REQUIRE(topic.publish(plain(type)));
  world.turn();
  CHECK(said(member) == "even/1");
  CHECK(member.fails == 1);
  CHECK_FALSE(member.in_cohort());
  CHECK(said(other) == "even/1 odd/2 even/3");
  CHECK(world.core().cohort_count() == 1);
}

TEST_CASE("cohort: who is yet to hear that it failed has not moved past the event", "[core][fanout][cohort]") {
  World world;
  const Picky picky;
  const auto topic = world.broker.topic("a");
  const auto chosen = world.selection({"a"});
  std::vector<std::unique_ptr<LineMember>> members;
  for (int i = 0; i < 600; ++i) {
    members.push_back(std::make_unique<LineMember>(world.core(), picky));
    members.back()->start(chosen);
  }
  world.turn();
  const auto before = topic.publish(plain("even")).position.n;
  world.turn();
  REQUIRE(topic.publish(plain("odd")));
  CHECK(world.shard.poll() == 0ms);  // the first slice only
  int failed = 0;
  for (auto& member : members) {
    failed += member->fails;
    if (member->fails == 0) CHECK(member->cohort()->at(*member) == before);
  }
  CHECK(failed > 0);
  CHECK(failed < 600);
  world.turn();
  for (auto& member : members) CHECK(member->fails == 1);
}
