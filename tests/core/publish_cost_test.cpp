#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/costs.hpp"
#include "support/line_member.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Shard;

namespace {

constexpr std::size_t members_in_all = 1000;
constexpr int bursts = 60, events_a_burst = 50;
constexpr std::uint64_t history_bytes = 64 << 10;

struct Outcome {
  costs::Counts publishing;
  std::uint64_t hook_calls = 0;
  std::uint64_t most_history_bytes = 0;
  std::size_t whole = 0;    ///< members that got every critical event, in order, and the end
  std::size_t stalled = 0;  ///< members that got less than all
};

/// Publishes in bursts to members of whom some never read a byte.
Outcome publish_with(std::size_t stalled) {
  const LineFormat format;
  Outcome outcome;
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  Shard shard(broker, [&] { ++outcome.hook_calls; });
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 500, .max_history_bytes = history_bytes});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  std::vector<std::unique_ptr<LineMember>> members;
  for (std::size_t i = 0; i < members_in_all; ++i) {
    members.push_back(std::make_unique<LineMember>(*shard.core(), format));
    if (i * stalled / members_in_all != (i + 1) * stalled / members_in_all) members.back()->room = 0;
    members.back()->start(chosen);
  }
  const auto turn = [&] {
    while (shard.poll() == 0ms) {}
  };
  turn();
  std::vector<std::uint64_t> critical;
  for (int burst = 0; burst < bursts; ++burst) {
    for (int i = 0; i < events_a_burst; ++i) {
      const int value = burst * events_a_burst + i;
      const auto before = costs::so_far();
      fanfare::Receipt receipt;
      if (i % 5 == 0) receipt = topic.publish(Note{value});
      else if (i % 5 == 1) receipt = topic.publish(Spark{value});
      else receipt = topic.publish(Meter{"meter" + std::to_string(i % 5), value});
      if (burst >= 20) outcome.publishing += costs::so_far() - before;  // once ring and tables have grown
      if (i % 5 == 0) critical.push_back(receipt.seq);
    }
    outcome.most_history_bytes = std::max(outcome.most_history_bytes, broker.metrics().history_bytes);
    turn();
  }
  critical.push_back(topic.finish(Done{}).seq);
  turn();
  for (auto& member : members) {
    std::size_t next = 0;
    for (const auto& text : take_lines(member->received)) {
      const auto line = Line::parse(text);
      if (line.whole && next < critical.size() && line.seq == critical[next]) ++next;
    }
    if (next == critical.size() && member->ends == 1) ++outcome.whole;
    else ++outcome.stalled;
  }
  return outcome;
}

}  // namespace

TEST_CASE("publish: costs the same whoever does not read", "[core][publish_cost]") {
  const auto none = publish_with(0);
  const auto some = publish_with(100);
  CHECK(none.whole == members_in_all);
  CHECK(some.whole == members_in_all - 100);
  CHECK(some.stalled == 100);

  CHECK(none.publishing.allocations > 0);
  CHECK(some.publishing.allocations == none.publishing.allocations);
  CHECK(some.publishing.locks == none.publishing.locks);
  if (costs::counts_locks()) CHECK(none.publishing.locks > 0);
  CHECK(some.hook_calls == none.hook_calls);

  CHECK(none.most_history_bytes <= history_bytes + 4096);  // the images come after the last commit
  CHECK(some.most_history_bytes <= history_bytes + 4096);
}

TEST_CASE("publish: costs no allocation for a subscriber that keeps up", "[core][publish_cost]") {
  const LineFormat format;
  Broker broker;
  Shard shard(broker, [] {});
  const auto topic = broker.topic("a", {.max_history_events = 64});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  const auto cost_with = [&](std::size_t count) {
    struct Quiet final : fanfare::detail::Member {
      std::size_t bytes = 0;
      std::size_t write(std::string_view more) noexcept override { return bytes += more.size(), more.size(); }
      void fell_short(fanfare::detail::Replay, fanfare::detail::ImageRef, std::size_t) override {}
      Level level_with(std::uint64_t) override { return Level::reached; }
      void beat() override {}
      void ended() override {}
      ~Quiet() override {
        if (in_cohort()) cohort()->leave(*this);
      }
    };
    std::vector<Quiet> members(count);
    const fanfare::detail::Replay here(chosen, broker.core()->context().sequencer->committed());
    for (auto& member : members) shard.core()->join(member, here, format, 0ms);
    costs::Counts spent;
    for (int i = 0; i < 300; ++i) {
      REQUIRE(topic.publish(Note{1000 + i}));
      const auto before = costs::so_far();
      while (shard.poll() == 0ms) {}
      if (i >= 100) spent += costs::so_far() - before;
    }
    CHECK(members[0].bytes == members[count - 1].bytes);
    return spent;
  };
  const auto one = cost_with(1), many = cost_with(200);
  CHECK(many.allocations == one.allocations);
  CHECK(many.locks == one.locks);
}

TEST_CASE("publish: calls one hook per shard, whatever the number of subscribers", "[core][publish_cost][wake]") {
  Broker broker;
  int calls = 0;
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<fanfare::Subscription> subscriptions;
  const auto topic = broker.topic("a");
  for (int s = 0; s < 12; ++s) {
    shards.push_back(std::make_unique<Shard>(broker, [&] { ++calls; }));
    for (int i = 0; i < 50; ++i) subscriptions.push_back(shards.back()->subscribe({.topics = {"a"}}, [](fanfare::Subscription& own) { (void)own.take(); }));
  }
  const auto turn = [&] {
    for (auto& shard : shards) {
      while (shard->poll() == 0ms) {}
    }
  };
  turn();
  calls = 0;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(topic.publish(plain("x")));
    REQUIRE(topic.publish(plain("x")));
    CHECK(calls == 12 * (i + 1));
    turn();
  }
  // And none for who only pulls.
  const auto before = costs::so_far();
  std::vector<fanfare::Subscription> pulled;
  for (int i = 0; i < 100; ++i) pulled.push_back(broker.subscribe({.topics = {"a"}}));
  CHECK((costs::so_far() - before).allocations > 0);
  subscriptions.clear();
  calls = 0;
  REQUIRE(topic.publish(plain("x")));
  CHECK(calls == 0);
}
