#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Error;

TEST_CASE("expiry: finished topics are read for half an hour, failed ones for two", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  REQUIRE(broker.topic("well").finish());
  REQUIRE(broker.topic("badly").fail(plain("error")));
  broker.topic("open");
  const auto error = [&](const char* name) { return broker.subscribe({.topics = {name}}).error(); };
  clock.advance(30min - 1ms);
  CHECK_FALSE(error("well"));
  clock.advance(1ms);
  CHECK(error("well") == Error::topic_expired);
  CHECK_FALSE(error("badly"));
  CHECK(broker.metrics().topics == 2);
  clock.advance(90min);
  CHECK(error("badly") == Error::topic_expired);
  clock.advance(24h * 365);
  CHECK_FALSE(error("open"));
  CHECK(broker.metrics().topics == 1);
}

TEST_CASE("expiry: options say how long", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  REQUIRE(broker.topic("soon", {.keep_completed = 1s, .keep_failed = 3s}).finish());
  REQUIRE(broker.topic("later", {.keep_completed = 1s, .keep_failed = 3s}).fail(plain("error")));
  clock.advance(1s);
  CHECK(broker.metrics().topics == 1);
  clock.advance(2s);
  CHECK(broker.metrics().topics == 0);
}

TEST_CASE("expiry: an age without end is one", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  REQUIRE(broker.topic("kept", {.keep_completed = std::chrono::seconds::max()}).finish());
  clock.advance(24h * 365);
  CHECK_FALSE(broker.subscribe({.topics = {"kept"}}).error());
}

TEST_CASE("expiry: a tombstone says expired for a day, then nobody knows", "[core][expiry][tombstones]") {
  fanfare::ManualClock clock;
  Broker broker({.limits = {.max_tombstones = 2}, .clock = &clock});
  for (const char* name : {"a", "b", "c"}) REQUIRE(broker.topic(name).finish());
  clock.advance(30min);
  const auto error = [&](const char* name) { return broker.subscribe({.topics = {name}}).error(); };
  int expired = 0;
  for (const char* name : {"a", "b", "c"}) expired += error(name) == Error::topic_expired;
  CHECK(expired == 2);
  CHECK(error("d") == Error::unknown_topic);
  CHECK(broker.cancel("c") == Error::topic_expired);
  CHECK(broker.answer("c", "p", "a") == Error::topic_expired);
  clock.advance(24h);
  for (const char* name : {"a", "b", "c"}) CHECK(error(name) == Error::unknown_topic);
}

TEST_CASE("expiry: who reads may finish reading", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.finish(Done{}));
  clock.advance(1h);
  CHECK(broker.metrics().topics == 0);
  CHECK(line(reader.take()) == "snapshot note/1 done/2");
  CHECK(reader.ended());
}

TEST_CASE("expiry: ending again does not prolong it", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  REQUIRE(topic.finish());
  clock.advance(20min);
  REQUIRE(topic.finish());
  clock.advance(10min);
  CHECK(broker.metrics().topics == 0);
}

TEST_CASE("expiry: a name that was opened again is not expired by the old one's time", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto old = broker.topic("a", {.keep_completed = 10s});
  REQUIRE(old.finish());
  clock.advance(5s);
  REQUIRE(old.finish());  // a second timer must not hurt either
  clock.advance(5s);
  const auto anew = broker.topic("a");
  clock.advance(5s);
  CHECK(broker.topic("a").log() == anew.log());
  CHECK(old.publish(plain("x")).error == Error::topic_finished);
  CHECK(anew.publish(plain("x")));
}

TEST_CASE("expiry: at once is possible", "[core][expiry]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  REQUIRE(broker.topic("a", {.keep_completed = 0s}).finish());
  clock.advance(0s);
  CHECK(broker.metrics().topics == 0);
}

TEST_CASE("expiry: with the real clock too", "[core][expiry]") {
  Broker broker;
  REQUIRE(broker.topic("a", {.keep_completed = 0s}).finish());
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (broker.metrics().topics != 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(broker.metrics().topics == 0);
}
