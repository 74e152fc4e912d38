#include <fanfare/core/broker.hpp>
#include <fanfare/core/burst.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Burst;
using fanfare::Shard;
using fanfare::Subscription;

namespace {

/// A loop that counts how often it is woken, with one subscriber.
struct World {
  explicit World(std::vector<std::string> topics = {"a"})
      : watcher(shard.subscribe({.topics = std::move(topics)}, [this](Subscription& s) { got += line(s.take()) + ";"; })) {
    poll();
    wakes = 0;
    got.clear();
  }
  void poll() {
    while (shard.poll() == 0ms) {}
  }

  Broker broker;
  fanfare::Topic topic = broker.topic("a"), other = broker.topic("b");
  int wakes = 0;
  std::string got;
  Shard shard{broker, [this] { ++wakes; }};
  Subscription watcher;
};

}  // namespace

TEST_CASE("burst: its events wake a loop once, when it is over", "[core][burst]") {
  World world;
  {
    Burst burst;
    for (int i = 1; i <= 3; ++i) REQUIRE(world.topic.publish(Note{i}));
    CHECK(world.wakes == 0);
  }
  CHECK(world.wakes == 1);
  world.poll();
  CHECK(world.got == "note/1 note/2 note/3;");
}

TEST_CASE("burst: what it published is committed already, and read by who looks", "[core][burst]") {
  World world;
  auto looking = world.broker.subscribe({.topics = {"a"}});
  Burst burst;
  REQUIRE(world.topic.publish(Note{1}));
  CHECK(line(looking.take()) == "note/1");
}

TEST_CASE("burst: one within another ends with the outer one", "[core][burst]") {
  World world;
  {
    Burst outer;
    {
      Burst inner;
      REQUIRE(world.topic.publish(Note{1}));
    }
    CHECK(world.wakes == 0);
    REQUIRE(world.topic.publish(Note{2}));
  }
  CHECK(world.wakes == 1);
  REQUIRE(world.topic.publish(Note{3}));
  world.poll();
  CHECK(world.got == "note/1 note/2 note/3;");
  REQUIRE(world.topic.publish(Note{4}));
  CHECK(world.wakes == 2);
}

TEST_CASE("burst: other threads do not wait for it", "[core][burst]") {
  World world;
  Burst burst;
  REQUIRE(world.topic.publish(Note{1}));
  std::thread([&] { REQUIRE(world.topic.publish(Note{2})); }).join();
  CHECK(world.wakes == 1);
  world.poll();
  CHECK(world.got == "note/1 note/2;");
}

TEST_CASE("burst: the end of a topic may be in it", "[core][burst]") {
  World world;
  {
    Burst burst;
    REQUIRE(world.topic.publish(Note{1}));
    REQUIRE(world.topic.finish());
  }
  world.poll();
  CHECK(world.got == "note/1 done/2;");
  CHECK(world.watcher.ended());
}

TEST_CASE("burst: all its topics wake, however many there are", "[core][burst]") {
  Broker broker;
  std::vector<std::string> names;
  std::vector<fanfare::Topic> topics;
  for (int i = 0; i < 200; ++i) topics.push_back(broker.topic(names.emplace_back("t" + std::to_string(i))));
  int wakes = 0;
  std::size_t got = 0;
  Shard shard(broker, [&] { ++wakes; });
  const auto watcher = shard.subscribe({.topics = names}, [&](Subscription& s) { got += s.take().size(); });
  while (shard.poll() == 0ms) {}
  wakes = 0;
  got = 0;
  {
    Burst burst;
    for (const auto& topic : topics) REQUIRE(topic.publish(Note{1}));
  }
  CHECK(wakes == 1);
  while (shard.poll() == 0ms) {}
  CHECK(got == 200);
}

TEST_CASE("burst: who blocks on a subscription is told, too", "[core][burst]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto watcher = broker.subscribe({.topics = {"a"}});
  std::thread publisher([&] {
    Burst burst;
    REQUIRE(topic.publish(Note{1}));
    REQUIRE(topic.publish(Note{2}));
  });
  std::string got;
  for (int rounds = 0; got != "note/1 note/2" && rounds < 100; ++rounds) {
    const auto events = watcher.wait(100ms);
    if (!events.empty()) got += (got.empty() ? "" : " ") + line(events);
  }
  publisher.join();
  CHECK(got == "note/1 note/2");
}
