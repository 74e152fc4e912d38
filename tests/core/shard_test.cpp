#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Error;
using fanfare::Shard;
using fanfare::Subscription;

namespace {

/// A loop without a loop: counts its wakes, and polls when it is told to.
struct Loop {
  explicit Loop(Broker& broker) : shard(broker, [this] { ++wakes; }) {}
  void turn() {
    while (shard.poll() == 0ms) {}
  }
  int wakes = 0;
  Shard shard;
};

struct Heard {
  std::string text;
  int calls = 0;
  std::function<void(Subscription&)> on_ready() {
    return [this](Subscription& subscription) {
      ++calls;
      const auto said = line(subscription.take());
      if (!said.empty()) text += (text.empty() ? "" : " ") + said;
    };
  }
};

}  // namespace

TEST_CASE("shard: on_ready comes from poll only", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a", Tally{});
  Heard heard;
  const auto subscription = loop.shard.subscribe({.topics = {"a"}}, heard.on_ready());
  CHECK(heard.calls == 0);
  CHECK(loop.wakes == 1);
  loop.turn();
  CHECK(heard.text == "snapshot");
  REQUIRE(topic.publish(Note{1}));
  CHECK(heard.calls == 1);
  loop.turn();
  CHECK(heard.text == "snapshot note/1");
  const int calls = heard.calls;
  loop.turn();
  CHECK(heard.calls == calls);
}

TEST_CASE("shard: a burst wakes it once", "[core][shard][wake]") {
  Broker broker;
  Loop loop(broker);
  const auto a = broker.topic("a"), b = broker.topic("b");
  std::vector<Heard> heard(20);
  std::vector<Subscription> subscriptions;
  for (auto& each : heard) subscriptions.push_back(loop.shard.subscribe({.topics = {"a", "b"}}, each.on_ready()));
  loop.turn();
  const auto counted = broker.metrics().shard_wakes;
  for (int round = 1; round <= 3; ++round) {
    const int before = loop.wakes;
    for (int i = 0; i < 100; ++i) REQUIRE((i % 2 ? a : b).publish(plain("x")));
    CHECK(loop.wakes == before + 1);
    loop.turn();
    CHECK(broker.metrics().shard_wakes == counted + static_cast<unsigned>(round));
  }
  CHECK(heard[7].calls == 4);
}

TEST_CASE("shard: only those that watch it wake", "[core][shard][wake]") {
  Broker broker;
  Loop loop(broker), other(broker);
  const auto a = broker.topic("a"), b = broker.topic("b");
  Heard heard_a, heard_b;
  const auto sub_a = loop.shard.subscribe({.topics = {"a"}}, heard_a.on_ready());
  auto sub_b = other.shard.subscribe({.topics = {"b"}}, heard_b.on_ready());
  loop.turn(), other.turn();
  const int wakes = other.wakes;
  REQUIRE(a.publish(plain("x")));
  CHECK(other.wakes == wakes);
  sub_b = {};
  REQUIRE(b.publish(plain("x")));
  CHECK(other.wakes == wakes);
  loop.turn(), other.turn();
  CHECK(heard_a.text == "x/1");
  CHECK(heard_b.text.empty());
}

TEST_CASE("shard: an event that comes during the read wakes again or is seen by it", "[core][shard][wake]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  std::string text;
  int nested = 3;
  const auto subscription = loop.shard.subscribe({.topics = {"a"}}, [&](Subscription& s) {
    if (nested-- > 0) (void)topic.publish(plain("x"));
    if (const auto said = line(s.take()); !said.empty()) text += said + ",";
    if (nested-- > 0) (void)topic.publish(plain("y"));
  });
  for (int seen = -1; seen != loop.wakes;) {
    seen = loop.wakes;
    loop.turn();
  }
  CHECK(text == "x/1,y/2 x/3,");
}

TEST_CASE("shard: who asks for an unknown topic is told that it has ended", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  int calls = 0;
  const auto subscription = loop.shard.subscribe({.topics = {"no"}}, [&](Subscription& s) {
    ++calls;
    CHECK(s.ended());
    CHECK(s.error() == Error::unknown_topic);
  });
  CHECK(subscription.ended());
  loop.turn();
  CHECK(calls == 1);
}

TEST_CASE("shard: a subscription without a callback can be pulled and destroyed", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  auto plain_one = broker.subscribe({.topics = {"a"}, .audience = {"t"}});
  {
    auto subscription = loop.shard.subscribe({.topics = {"a"}}, {});
    loop.turn();
    REQUIRE(topic.publish(plain("x")));
    loop.turn();
    CHECK(line(subscription.take()) == "x/1");
  }
  broker.revoke("t");
  CHECK(plain_one.error() == Error::revoked);
}

TEST_CASE("shard: a subscription may be destroyed in its own callback", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  std::optional<Subscription> subscription;
  int calls = 0;
  subscription = loop.shard.subscribe({.topics = {"a"}}, [&](Subscription&) {
    ++calls;
    subscription.reset();
  });
  loop.turn();
  REQUIRE(topic.publish(plain("x")));
  loop.turn();
  CHECK(calls == 1);
}

TEST_CASE("shard: it may be ended through what the callback is given", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  Heard others;
  auto before = loop.shard.subscribe({.topics = {"a"}, .audience = {"t"}}, others.on_ready());
  int calls = 0;
  {
    auto subscription = loop.shard.subscribe({.topics = {"a"}, .audience = {"t"}}, [&](Subscription& s) {
      ++calls;
      s = {};
    });
    auto after = loop.shard.subscribe({.topics = {"a"}, .audience = {"t"}}, others.on_ready());
    loop.turn();
    REQUIRE(topic.publish(plain("x")));
    loop.turn();
  }
  CHECK(calls == 1);
  broker.revoke("t");
  loop.turn();
  CHECK(before.error() == Error::revoked);
}

TEST_CASE("shard: a callback may destroy any other subscription", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  std::map<int, Subscription> subscriptions;
  std::vector<int> calls(10);
  for (int i = 0; i < 10; ++i) {
    subscriptions.emplace(i, loop.shard.subscribe({.topics = {"a"}}, [&, i](Subscription& s) {
      ++calls[static_cast<std::size_t>(i)];
      if (s.take().empty()) return;
      for (int k = 0; k < 10; ++k) {
        if (k != i) subscriptions.erase(k);
      }
    }));
  }
  loop.turn();
  REQUIRE(topic.publish(plain("x")));
  loop.turn();
  CHECK(subscriptions.size() == 1);
  int second_calls = 0;
  for (const int count : calls) second_calls += count - 1;
  CHECK(second_calls == 1);
}

TEST_CASE("shard: revoke and close are heard in a callback", "[core][shard][revoke][close]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  std::vector<std::string> ended;
  const auto watch = [&](std::string name) {
    return loop.shard.subscribe({.topics = {"a"}, .audience = {name}}, [&, name](Subscription& s) {
      (void)s.take();
      if (s.ended()) ended.push_back(name + " " + s.error().message());
    });
  };
  const auto x = watch("x"), y = watch("y");
  loop.turn();
  const int wakes = loop.wakes;
  broker.revoke("x");
  CHECK(loop.wakes == wakes + 1);
  loop.turn();
  CHECK(ended == std::vector<std::string>{"x " + make_error_code(Error::revoked).message()});
  broker.close();
  loop.turn();
  CHECK(std::count(ended.begin(), ended.end(), "y " + make_error_code(Error::shut_down).message()) == 1);
  CHECK(x.error() == Error::revoked);
}

TEST_CASE("shard: the end of its topics is heard, and is no error, whatever follows", "[core][shard][end]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a", Tally{});
  Heard heard;
  const auto subscription = loop.shard.subscribe({.topics = {"a"}, .audience = {"t"}}, heard.on_ready());
  loop.turn();
  REQUIRE(topic.finish(Done{}));
  loop.turn();
  CHECK(heard.text == "snapshot done/1");
  CHECK(subscription.ended());
  broker.revoke("t");
  broker.close();
  loop.turn();
  CHECK_FALSE(subscription.error());
}

TEST_CASE("shard: topics are added and removed from within the callback", "[core][shard][topics]") {
  Broker broker;
  Loop loop(broker);
  const auto a = broker.topic("a"), b = broker.topic("b");
  std::string text;
  const auto subscription = loop.shard.subscribe({.topics = {"a"}}, [&](Subscription& s) {
    for (const auto& event : s.take()) {
      text += std::string(event.type()) + ",";
      if (event.type() == "more") s.add("b");
      if (event.type() == "less") s.remove("a");
    }
  });
  loop.turn();
  REQUIRE(a.publish(plain("more")));
  loop.turn();
  REQUIRE(b.publish(plain("x")));
  loop.turn();
  REQUIRE(a.publish(plain("less")));
  loop.turn();
  REQUIRE(a.publish(plain("unheard")));
  REQUIRE(b.publish(plain("y")));
  loop.turn();
  CHECK(text == "more,synced,x,less,y,");
}

TEST_CASE("shard: a paced subscription is called again when its read is due", "[core][shard][pacing]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  Loop loop(broker);
  const auto topic = broker.topic("a");
  Heard heard;
  const auto subscription = loop.shard.subscribe({.topics = {"a"}, .max_rate = 10}, heard.on_ready());
  loop.turn();
  REQUIRE(topic.publish(Meter{"x", 1}));
  loop.turn();
  REQUIRE(topic.publish(Meter{"x", 2}));
  REQUIRE(topic.publish(Meter{"x", 3}));
  const auto again = loop.shard.poll();
  CHECK(heard.text == "meter/1");
  CHECK(again > 0ms);
  CHECK(again <= 120ms);
  clock.advance(again);
  loop.turn();
  CHECK(heard.text == "meter/1 meter/3");
  CHECK(loop.shard.poll() == 1h);
}

TEST_CASE("shard: goes while a paced subscription waits", "[core][shard][pacing]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  Heard heard;
  for (const bool subscription_first : {true, false}) {
    auto loop = std::make_unique<Loop>(broker);
    auto subscription = loop->shard.subscribe({.topics = {"a"}, .max_rate = 1}, heard.on_ready());
    for (int i = 0; i < 2; ++i) {
      loop->turn();
      REQUIRE(topic.publish(Meter{"x", i}));
    }
    loop->turn();
    if (subscription_first) subscription = {};
    loop.reset();
  }
}

TEST_CASE("shard: subscriptions outlive it, silently", "[core][shard]") {
  Broker broker;
  auto loop = std::make_unique<Loop>(broker);
  const auto topic = broker.topic("a");
  Heard heard;
  auto subscription = loop->shard.subscribe({.topics = {"a"}}, heard.on_ready());
  loop->turn();
  loop.reset();
  REQUIRE(topic.publish(plain("x")));  // its wake hook has gone with it
  CHECK(heard.calls == 1);
  CHECK(line(subscription.take()) == "x/1");
  broker.close();
}

TEST_CASE("shard: works in slices when many are ready", "[core][shard]") {
  Broker broker;
  Loop loop(broker);
  const auto topic = broker.topic("a");
  std::vector<Heard> heard(1000);
  std::vector<Subscription> subscriptions;
  for (auto& each : heard) subscriptions.push_back(loop.shard.subscribe({.topics = {"a"}}, each.on_ready()));
  int turns = 1;
  while (loop.shard.poll() == 0ms) ++turns;
  CHECK(turns >= 4);
  for (const auto& each : heard) REQUIRE(each.calls == 1);
}

TEST_CASE("shard: what a callback throws ends its subscription and reaches who polls, and the others are heard", "[core][shard]") {
  std::vector<std::string> log;
  Broker broker({.log = [&](fanfare::Level, std::string_view text) { log.emplace_back(text); }});
  Loop loop(broker);
  const auto topic = broker.topic("a");
  bool throws = false;
  const auto first = loop.shard.subscribe({.topics = {"a"}}, [&](Subscription& subscription) {
    (void)subscription.take();
    if (std::exchange(throws, false)) throw std::runtime_error("no");
  });
  Heard heard;
  const auto second = loop.shard.subscribe({.topics = {"a"}}, heard.on_ready());
  loop.turn();
  throws = true;
  REQUIRE(topic.publish(plain("x")));
  const int before = loop.wakes;
  CHECK_THROWS_AS(loop.turn(), std::runtime_error);
  CHECK(loop.wakes == before + 1);  // there is more to do
  CHECK(log == std::vector<std::string>{"on_ready of 'a': no"});
  CHECK(first.ended());
  CHECK(first.error() == Error::handler_failed);
  loop.turn();
  CHECK(heard.text == "x/1");
}
