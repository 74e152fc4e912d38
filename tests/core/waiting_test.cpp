#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/vocabulary.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Error;
using fanfare::Event;

TEST_CASE("wait: gives what is there at once", "[core][wait]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.wait(1h)) == "snapshot");
  REQUIRE(topic.publish(Note{1}));
  CHECK(line(reader.wait(1h)) == "note/1");
}

TEST_CASE("wait: gives up when the time is over", "[core][wait]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  const auto before = std::chrono::steady_clock::now();
  CHECK(reader.wait(20ms).empty());
  CHECK(std::chrono::steady_clock::now() - before >= 20ms);
  CHECK(reader.wait(0ms).empty());
  CHECK(reader.wait(-1h).empty());
  CHECK_FALSE(reader.ended());
}

TEST_CASE("wait: is woken by a publish from another thread, ten thousand times", "[core][wait][wake]") {
  constexpr int rounds = 10'000;
  Broker broker;
  const auto there = broker.topic("there"), back = broker.topic("back");
  std::thread echo([&, reader = broker.subscribe({.topics = {"there"}})]() mutable {
    for (int seen = 0; seen < rounds;) {
      const auto events = reader.wait(1min);
      if (events.empty()) return;  // a wake was lost
      for (const auto& event : events) {
        ++seen;
        (void)back.publish(plain("pong", std::string(event.json())));
      }
    }
  });
  auto reader = broker.subscribe({.topics = {"back"}});
  int lost = 0;
  for (int i = 0; i < rounds && lost == 0; ++i) {
    REQUIRE(there.publish(plain("ping", std::to_string(i))));
    const auto events = reader.wait(1min);
    if (events.size() != 1 || events[0].json() != std::to_string(i)) ++lost;
  }
  CHECK(lost == 0);
  broker.close();
  echo.join();
}

TEST_CASE("wait: several that wait are all woken", "[core][wait][wake]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  constexpr int readers = 6, events = 2000;
  std::atomic<int> whole{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < readers; ++i) {
    threads.emplace_back([&, reader = broker.subscribe({.topics = {"a"}})]() mutable {
      std::uint64_t last = 0;
      bool in_order = true;
      while (!reader.ended()) {
        for (const auto& event : reader.wait(1min)) {
          if (event.control()) continue;
          in_order = in_order && event.seq() == last + 1;
          last = event.seq();
        }
      }
      if (in_order && last == events + 1 && !reader.error()) ++whole;
    });
  }
  for (int i = 0; i < events; ++i) REQUIRE(topic.publish(Note{i}));
  REQUIRE(topic.finish(Done{}));
  for (auto& thread : threads) thread.join();
  CHECK(whole == readers);
}

TEST_CASE("wait: is woken by close", "[core][wait][close]") {
  for (int round = 0; round < 50; ++round) {
    auto broker = std::make_unique<Broker>();
    const auto topic = broker->topic("a");
    auto reader = broker->subscribe({.topics = {"a"}});
    std::atomic<bool> begun{false};
    std::thread waiter([&] {
      begun = true;
      while (!reader.ended()) CHECK(reader.wait(1min).empty());
    });
    if (round % 2) eventually([&] { return begun.load(); });
    if (round % 3) broker->close();
    else broker.reset();
    waiter.join();
    CHECK(reader.error() == Error::shut_down);
  }
}

TEST_CASE("wait: is woken by revoke", "[core][wait][revoke]") {
  Broker broker;
  const auto topic = broker.topic("a");
  for (int round = 0; round < 50; ++round) {
    auto reader = broker.subscribe({.topics = {"a"}, .audience = {"user:7"}});
    std::atomic<bool> begun{false};
    std::thread waiter([&] {
      begun = true;
      while (!reader.ended()) CHECK(reader.wait(1min).empty());
    });
    if (round % 2) eventually([&] { return begun.load(); });
    broker.revoke("user:7");
    waiter.join();
    CHECK(reader.error() == Error::revoked);
  }
}

TEST_CASE("wait: without end means just that", "[core][wait]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  std::atomic<bool> begun{false};
  std::vector<Event> events;
  std::thread waiter([&] {
    begun = true;
    events = reader.wait(std::chrono::milliseconds::max());
  });
  eventually([&] { return begun.load(); });
  REQUIRE(topic.publish(Note{1}));
  waiter.join();
  CHECK(line(events) == "note/1");
}

TEST_CASE("wait: one that is added while others wait is heard", "[core][wait][topics]") {
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b");
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(reader.wait(0ms).empty());
  reader.add("b");
  CHECK(line(reader.wait(1min)) == "synced");
  std::thread publisher([&] { (void)b.publish(plain("x")); });
  CHECK(line(reader.wait(1min)) == "x/1");
  publisher.join();
  reader.remove("b");
  REQUIRE(b.publish(plain("y")));
  CHECK(reader.wait(1ms).empty());
}

TEST_CASE("wait: a paced one comes back when its next read is due", "[core][wait][pacing]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}, .max_rate = 20});
  REQUIRE(topic.publish(Meter{"x", 1}));
  CHECK(line(reader.wait(1min)) == "snapshot meter/1");
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) REQUIRE(topic.publish(Meter{"x", i}));
  CHECK(line(reader.wait(1min)) == "meter/11");
  CHECK(std::chrono::steady_clock::now() - before < 30s);
}

TEST_CASE("wait: subscriptions come, wait and go in many threads while others publish", "[core][wait]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{}, {.max_history_events = 16});
  std::atomic<bool> stop{false};
  std::atomic<int> strange{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        auto reader = broker.subscribe({.topics = {"a"}, .types = t == 0 ? std::vector<std::string>{"none"} : std::vector<std::string>{}});
        std::uint64_t last = 0;
        for (int k = 0; k < 3; ++k) {
          for (const auto& event : reader.wait(1ms)) {
            if (event.type() == "snapshot") last = event.seq();
            else if (!event.control() && event.seq() <= last) ++strange;
            else if (!event.control()) last = event.seq();
          }
        }
      }
    });
  }
  std::thread publisher([&] {
    for (int i = 0; !stop; ++i) (void)topic.publish(Note{i});
  });
  for (auto& thread : threads) thread.join();
  stop = true;
  publisher.join();
  CHECK(strange == 0);
}
