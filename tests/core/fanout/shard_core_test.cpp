#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/transport.hpp>

#include "support/catch.hpp"
#include "support/line_member.hpp"
#include "support/vocabulary.hpp"

#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::detail::Listener;
using fanfare::detail::ShardCore;
using fanfare::detail::Slice;

namespace {

struct Counting final : Listener {
  std::function<bool(Slice&)> action;
  int calls = 0;
  bool on_ready(Slice& slice) override {
    ++calls;
    return action && action(slice);
  }
};

void turn(ShardCore& shard) {
  while (shard.poll() == 0ms) {}
}

}  // namespace

TEST_CASE("shard core: listeners of one topic share one link", "[core][fanout][shard_core]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto shard = broker.core()->make_shard([] {});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  std::vector<Counting> listeners(10);
  const auto before = topic.log().use_count();
  for (auto& listener : listeners) shard->watch(listener, *chosen);
  CHECK(topic.log().use_count() == before + 1);
  REQUIRE(topic.publish(plain("x")));
  turn(*shard);
  for (auto& listener : listeners) {
    CHECK(listener.calls == 1);
    shard->unwatch(listener);
  }
  CHECK(topic.log().use_count() == before);
}

TEST_CASE("shard core: one that is not watched is never called", "[core][fanout][shard_core]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto shard = broker.core()->make_shard([] {});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  Counting listener;
  shard->ready(listener);
  turn(*shard);
  CHECK(listener.calls == 0);
  shard->watch(listener, *chosen);
  shard->ready(listener);
  REQUIRE(topic.publish(plain("x")));
  shard->unwatch(listener);
  shard->ready(listener);
  turn(*shard);
  CHECK(listener.calls == 0);
  shard->unwatch(listener);
  shard->watch(listener, *chosen);
  shard->ready(listener);
  turn(*shard);
  CHECK(listener.calls == 1);
  shard->unwatch(listener);
}

TEST_CASE("shard core: who has more to do is called again, after the others", "[core][fanout][shard_core]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto shard = broker.core()->make_shard([] {});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  std::string order;
  Counting busy, other;
  busy.action = [&](Slice&) {
    order += 'b';
    return busy.calls < 3;
  };
  other.action = [&](Slice&) {
    order += 'o';
    return false;
  };
  shard->watch(busy, *chosen);
  shard->watch(other, *chosen);
  REQUIRE(topic.publish(plain("x")));
  turn(*shard);
  CHECK(order == "bobb");
  shard->unwatch(busy);
  shard->unwatch(other);
}

TEST_CASE("shard core: listeners may leave, come and be made ready while others run", "[core][fanout][shard_core]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto shard = broker.core()->make_shard([] {});
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  auto first = std::make_unique<Counting>();
  auto second = std::make_unique<Counting>();
  Counting late;
  first->action = [&](Slice&) {
    shard->unwatch(*second);
    second.reset();
    shard->watch(late, *chosen);
    shard->ready(late);
    shard->unwatch(*first);
    first.reset();
    return true;
  };
  shard->watch(*first, *chosen);
  shard->watch(*second, *chosen);
  REQUIRE(topic.publish(plain("x")));
  turn(*shard);
  CHECK_FALSE(first);
  CHECK_FALSE(second);
  CHECK(late.calls == 1);
  shard->unwatch(late);
}

TEST_CASE("shard core: what is posted runs in the next poll, once", "[core][fanout][shard_core]") {
  Broker broker;
  int wakes = 0, runs = 0;
  const auto shard = broker.core()->make_shard([&] { ++wakes; });
  shard->post([&] {
    ++runs;
    shard->post([&] { runs += 10; });
  });
  CHECK(wakes == 1);
  CHECK(runs == 0);
  CHECK(shard->poll() == 0ms);
  CHECK(runs == 1);
  turn(*shard);
  CHECK(runs == 11);
}

TEST_CASE("shard core: jitter stays within a tenth and is not always the same", "[core][fanout][shard_core]") {
  Broker broker;
  const auto shard = broker.core()->make_shard([] {});
  std::set<std::int64_t> seen;
  for (int i = 0; i < 200; ++i) {
    const auto duration = shard->jittered(15s);
    CHECK(duration >= 13'500ms);
    CHECK(duration <= 16'500ms);
    seen.insert(duration.count());
  }
  CHECK(seen.size() > 50);
  CHECK(shard->jittered(0ms) == 0ms);
  CHECK(shard->jittered(9ms) == 9ms);
}

TEST_CASE("shard core: what a posted function throws takes no other away", "[core][fanout][shard_core]") {
  Broker broker;
  int wakes = 0;
  const auto shard = broker.core()->make_shard([&] { ++wakes; });
  std::string ran;
  shard->post([&] {
    ran += 'a';
    shard->post([&] { ran += 'e'; });
  });
  shard->post([&] {
    ran += 'b';
    throw std::runtime_error("no");
  });
  shard->post([&] { ran += 'c'; });
  shard->post([&] { ran += 'd'; });
  const int before = wakes;
  CHECK_THROWS_AS(shard->poll(), std::runtime_error);
  CHECK(ran == "ab");
  CHECK(wakes > before);  // whoever polls is asked to
  turn(*shard);
  CHECK(ran == "abcde");
}

TEST_CASE("shard core: a wake that throws is tried again by the next news, and takes no other wake away", "[core][fanout][shard_core]") {
  std::vector<std::string> said;
  Broker broker({.log = [&](fanfare::Level, std::string_view line) { said.emplace_back(line); }});
  const auto topic = broker.topic("a");
  const auto chosen = broker.core()->resolve({"a"}, {}, {}, 0).selection;
  bool throws = false;
  int wakes = 0, others = 0;
  const auto shard = broker.core()->make_shard([&] {
    if (throws) throw std::runtime_error("no");
    ++wakes;
  });
  const auto other = broker.core()->make_shard([&] { ++others; });
  struct Looking final : fanfare::detail::Listener {
    bool on_ready(fanfare::detail::Slice&) override { return ++looks, false; }
    int looks = 0;
  } looking, besides;
  shard->watch(looking, *chosen);
  other->watch(besides, *chosen);
  throws = true;
  CHECK(topic.publish(plain("x")));  // it is in the log, so nobody may publish it again
  CHECK(said == std::vector<std::string>{"the wake after an event of 'a': no"});
  CHECK(others == 1);
  throws = false;
  REQUIRE(topic.publish(plain("x")));
  CHECK(wakes == 1);
  turn(*shard);
  turn(*other);
  CHECK(looking.looks == 1);
  CHECK(besides.looks == 1);
  throws = true;
  CHECK_THROWS_AS(shard->post([] {}), std::runtime_error);
  throws = false;
  shard->post([] {});
  CHECK(wakes == 2);
  shard->unwatch(looking);
  other->unwatch(besides);
}

TEST_CASE("shard core: transports are shared up to 64 of them", "[core][fanout][shard_core]") {
  struct Kind final : fanfare::Transport {
    explicit Kind(const void* what) : what_(what) {}
    fanfare::Response head() const override { return {200, "text/plain", {}, {}}; }
    const fanfare::Format& format() const noexcept override {
      static const LineFormat line;
      return line;
    }
    const void* kind() const noexcept override { return what_; }
    const void* const what_;
  };
  Broker broker;
  const auto shard = broker.core()->make_shard([] {});
  std::vector<char> kinds(100);
  std::set<fanfare::Transport*> shared;
  int kept = 0;
  for (int round = 0; round < 2; ++round) {
    for (const char& kind : kinds) {
      std::unique_ptr<fanfare::Transport> own = std::make_unique<Kind>(&kind);
      fanfare::Transport* const common = shard->common_transport(own);
      CHECK((common == nullptr) == (own != nullptr));  // one or the other
      if (common) shared.insert(common);
      else ++kept;
    }
  }
  CHECK(shared.size() == 64);
  CHECK(kept == 2 * 36);
}
