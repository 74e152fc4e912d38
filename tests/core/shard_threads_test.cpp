#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/vocabulary.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Shard;
using fanfare::Subscription;

namespace {

/// A loop on a thread of its own, asleep until it is woken or its next poll is due.
class Thread {
 public:
  explicit Thread(Broker& broker) : shard(broker, [this] { wake(); }), thread_([this] { run(); }) {}
  ~Thread() {
    stop_ = true;
    wake();
    thread_.join();
  }
  std::atomic<int> wakes{0};
  Shard shard;

 private:
  void wake() {
    const std::lock_guard lock(mutex_);
    ++wakes;
    woken_ = true;
    changed_.notify_one();
  }
  void run() {
    while (!stop_) {
      const auto again = shard.poll();
      std::unique_lock lock(mutex_);
      if (again > 0ms) changed_.wait(lock, [this] { return woken_; });  // nothing here waits for time
      woken_ = false;
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("shard: no wake is lost between threads", "[core][shard][wake][threads]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Thread loop(broker);
  std::atomic<std::uint64_t> seen{0};
  const auto subscription = loop.shard.subscribe({.topics = {"a"}}, [&](Subscription& s) {
    for (const auto& event : s.take()) seen = event.seq();
  });
  bool all = true;
  for (std::uint64_t i = 1; i <= 10'000 && all; ++i) {
    REQUIRE(topic.publish(plain("x")));
    all = eventually([&] { return seen == i; });
  }
  CHECK(all);
}

TEST_CASE("shard: publishers on many threads, every event once and in order", "[core][shard][threads]") {
  Broker broker;
  const auto a = broker.topic("a", {.max_history_events = 100'000}), b = broker.topic("b", {.max_history_events = 100'000});
  Thread loop(broker);
  std::atomic<int> seen{0}, strange{0};
  std::uint64_t last = 0;
  const auto subscription = loop.shard.subscribe({.topics = {"a", "b"}}, [&](Subscription& s) {
    for (const auto& event : s.take()) {
      if (event.control()) continue;
      if (event.position().n <= last) ++strange;
      last = event.position().n;
      ++seen;
    }
  });
  std::vector<std::thread> publishers;
  for (int t = 0; t < 3; ++t) {
    publishers.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) (void)(i % 2 ? a : b).publish(plain("x"));
    });
  }
  for (auto& publisher : publishers) publisher.join();
  CHECK(eventually([&] { return seen == 15'000; }));
  CHECK(strange == 0);
}

TEST_CASE("shard: a destructor on another thread awaits a running callback", "[core][shard][threads]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Thread loop(broker);
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> inside{false}, left{false}, go_on{false};
    auto subscription = std::make_unique<Subscription>(loop.shard.subscribe({.topics = {"a"}}, [&](Subscription& s) {
      inside = true;
      eventually([&] { return go_on.load(); });
      (void)s.take();
      left = true;
    }));
    REQUIRE(eventually([&] { return inside.load(); }));
    std::thread releaser([&] { go_on = true; });
    subscription.reset();
    CHECK(left);
    releaser.join();
  }
}

TEST_CASE("shard: after the destructor no callback starts", "[core][shard][threads]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Thread loop(broker);
  std::atomic<bool> stop{false};
  std::thread publisher([&] {
    while (!stop) (void)topic.publish(plain("x"));
  });
  std::atomic<int> late{0};
  for (int round = 0; round < 2000; ++round) {
    auto alive = std::make_shared<std::atomic<bool>>(true);
    {
      auto subscription = loop.shard.subscribe({.topics = {"a"}}, [&late, alive](Subscription& s) {
        if (!*alive) ++late;
        (void)s.take();
      });
      if (round % 3 == 0) std::this_thread::yield();
    }
    *alive = false;
  }
  stop = true;
  publisher.join();
  CHECK(late == 0);
}

TEST_CASE("shard: subscriptions come and go on many threads while tags are revoked", "[core][shard][threads][revoke]") {
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b");
  Thread loop(broker), other(broker);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!stop) {
      (void)a.publish(Meter{"x", 1});
      (void)b.publish(Meter{"x", 1});
    }
  });
  threads.emplace_back([&] {
    while (!stop) broker.revoke("t");
  });
  std::vector<std::thread> subscribers;
  for (int t = 0; t < 3; ++t) {
    subscribers.emplace_back([&, t] {
      std::vector<Subscription> mine;
      for (int i = 0; i < 1000; ++i) {
        auto& shard = (i + t) % 2 ? loop.shard : other.shard;
        mine.push_back(shard.subscribe({.topics = {"a"}, .audience = {"t"}, .max_rate = i % 3 == 0 ? 1e6 : 0}, [](Subscription& s) {
          (void)s.take();
          if (!s.ended()) s.add("b");
        }));
        if (mine.size() > 4) mine.erase(mine.begin());
      }
    });
  }
  for (auto& thread : subscribers) thread.join();
  stop = true;
  for (auto& thread : threads) thread.join();
}

TEST_CASE("shard: who subscribes while the broker closes is told", "[core][shard][threads][close]") {
  for (int round = 0; round < 100; ++round) {
    Broker broker;
    const auto topic = broker.topic("a");
    Thread loop(broker);
    std::atomic<bool> go{false};
    std::vector<Subscription> subscriptions(40);
    std::thread subscriber([&] {
      eventually([&] { return go.load(); });
      for (std::size_t i = 0; i < subscriptions.size(); ++i) {
        subscriptions[i] = i % 2 ? loop.shard.subscribe({.topics = {"a"}}, [](Subscription&) {}) : broker.subscribe({.topics = {"a"}});
      }
    });
    go = true;
    broker.close();
    subscriber.join();
    for (const auto& subscription : subscriptions) REQUIRE(eventually([&] { return subscription.ended(); }));
  }
}

TEST_CASE("shard: no wake comes after its destructor", "[core][shard][threads][wake]") {
  Broker broker;
  const auto topic = broker.topic("a");
  std::atomic<bool> stop{false};
  std::thread publisher([&] {
    while (!stop) (void)topic.publish(plain("x"));
  });
  std::atomic<int> late{0};
  for (int round = 0; round < 1000; ++round) {
    std::atomic<bool> alive{true};
    Subscription subscription;
    {
      Shard shard(broker, [&] { late += !alive; });
      subscription = shard.subscribe({.topics = {"a"}}, [](Subscription&) {});
      (void)shard.poll();
    }
    alive = false;
  }
  stop = true;
  publisher.join();
  CHECK(late == 0);
}
