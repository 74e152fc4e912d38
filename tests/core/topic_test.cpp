#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace vocabulary;
using fanfare::Broker;
using fanfare::Delivery;
using fanfare::Done;
using fanfare::Error;
using fanfare::Event;
using fanfare::Receipt;
using fanfare::Topic;

TEST_CASE("topic: numbers count over the broker, seqs over the topic", "[core][topic]") {
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b");
  const Receipt first = a.publish(plain("x"));
  const Receipt second = b.publish(plain("x"));
  const Receipt third = a.publish(plain("x"));
  REQUIRE((first && second && third));
  CHECK(first.seq == 1);
  CHECK(second.seq == 1);
  CHECK(third.seq == 2);
  CHECK(second.position.n == first.position.n + 1);
  CHECK(third.position.n == first.position.n + 2);
  CHECK(first.position.epoch == third.position.epoch);
  CHECK(Broker().topic("a").publish(plain("x")).position.epoch != first.position.epoch);
}

TEST_CASE("topic: an event carries what was published", "[core][topic]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}, .audience = {"y", "x"}});
  const auto receipt = topic.publish(plain("t", R"({"a":1})", Delivery::conflated, "k"), {.audience = {"y", "x"}});
  const auto events = reader.take();
  REQUIRE(events.size() == 1);
  const Event& event = events[0];
  CHECK(event.topic() == "a");
  CHECK(event.type() == "t");
  CHECK(event.json() == R"({"a":1})");
  CHECK(event.key() == "k");
  CHECK(event.delivery() == Delivery::conflated);
  CHECK(std::vector<std::string>(event.audience().begin(), event.audience().end()) == std::vector<std::string>{"x", "y"});
  CHECK(event.position() == receipt.position);
  CHECK(event.seq() == receipt.seq);
  CHECK(event.time() == clock.wall());
  CHECK_FALSE(event.last());
  CHECK_FALSE(event.control());
}

TEST_CASE("topic: a described event decodes to itself", "[core][topic]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Meter{"x", 17}));
  const auto event = reader.take().at(0);
  CHECK(event.key() == "x");
  CHECK(event.delivery() == Delivery::conflated);
  const auto meter = event.as<Meter>();
  REQUIRE(meter);
  CHECK(meter->name == "x");
  CHECK(meter->value == 17);
}

TEST_CASE("topic: what cannot be published is refused and takes no number", "[core][topic]") {
  Broker broker({.limits = {.max_payload_bytes = 10}});
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  const auto before = topic.publish(plain("x"));
  using namespace std::string_literals;
  for (const auto& type : {""s, "a\nb"s, "a\rb"s, "a\0b"s, "\x7f"s, "\x1f"s, "\xff"s, std::string(129, 'a')}) {
    CAPTURE(type);
    CHECK(topic.publish(plain(type)).error == Error::invalid_name);
  }
  for (const auto& json : {"{"s, " "s, "nope"s, "1 2"s, "\"\xff\""s}) {
    CAPTURE(json);
    CHECK(topic.publish(plain("x", json)).error == Error::invalid_payload);
  }
  CHECK(topic.publish(plain("x", "1", Delivery::conflated, std::string(129, 'k'))).error == Error::invalid_name);
  for (const auto& tag : {""s, "a\nb"s, "a\0b"s, std::string(129, 'a')}) {
    CHECK(topic.publish(plain("x"), {.audience = {"fine", tag}}).error == Error::invalid_name);
  }
  CHECK(topic.publish(plain("x", "\"12345678\"")));
  CHECK(topic.publish(plain("x", "\"123456789\"")).error == Error::payload_too_large);
  const auto after = topic.publish(plain(std::string(128, 'a')));
  REQUIRE(after);
  CHECK(after.seq == before.seq + 2);
  CHECK(after.position.n == before.position.n + 2);
  CHECK(reader.take().size() == 3);
}

TEST_CASE("topic: events reach the state as structs and as JSON", "[core][topic][state]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{5}));
  REQUIRE(Topic(topic).publish(plain("note", R"({"value":7,"unknown":1})")));
  REQUIRE(Topic(topic).publish(plain("other", R"({"value":100})")));
  CHECK(topic.state().sum == 12);
  CHECK(topic.state().notes == 2);
  CHECK(Topic(topic).publish(plain("note", R"({"value":"x"})")).error == Error::invalid_payload);
  CHECK(topic.state().notes == 2);
}

TEST_CASE("topic: events with an audience never reach the state", "[core][topic][state]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{5}, {.audience = {"x"}}));
  CHECK(topic.state() == Tally{});
}

namespace {

struct Strict {
  using events = fanfare::Events<Note>;
  int sum = 0;
  void apply(const Note& note) {
    if (note.value < 0) throw std::string("no");
    sum += note.value;
  }
};
FANFARE_DESCRIBE(Strict, sum);

}  // namespace

TEST_CASE("topic: when the state throws nothing is committed", "[core][topic][state]") {
  Broker broker;
  const auto topic = broker.topic("a", Strict{});
  auto reader = broker.subscribe({.topics = {"a"}});
  const auto before = topic.publish(Note{1});
  int reported = 0;
  CHECK(topic.publish(Note{-1}, {.on_commit = [&](const Receipt& receipt) {
    ++reported;
    CHECK(receipt.error == Error::state_refused);
  }}).error == Error::state_refused);
  CHECK(reported == 1);
  const auto after = topic.publish(Note{2});
  CHECK(after.position.n == before.position.n + 1);
  CHECK(after.seq == before.seq + 1);
  CHECK(topic.state().sum == 3);
  CHECK(line(reader.take()) == "snapshot note/1 note/2");
}

TEST_CASE("topic: the last event is the last", "[core][topic][end]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(Note{1}));
  CHECK_FALSE(topic.finished());
  const auto done = topic.finish(Done{.status = "well"});
  REQUIRE(done);
  CHECK(topic.finished());
  CHECK(topic.publish(Note{1}).error == Error::topic_finished);
  const auto again = topic.finish(Done{.status = "better"});
  CHECK(again);
  CHECK(again.position == done.position);
  CHECK(again.seq == done.seq);
  CHECK(topic.fail(Done{.status = "badly"}).error == Error::topic_finished);
  CHECK(topic.state().end == "well");

  const auto events = reader.take();
  CHECK(line(events) == "snapshot note/1 done/2");
  CHECK(events.back().last());
  CHECK_FALSE(events[1].last());
  CHECK(reader.ended());
}

TEST_CASE("topic: an end in failure is told from the other", "[core][topic][end]") {
  Broker broker;
  const auto topic = broker.topic("a");
  REQUIRE(topic.fail(plain("error", R"("broken")")));
  CHECK(topic.fail(plain("error")));
  CHECK(topic.finish().error == Error::topic_finished);
  auto reader = broker.subscribe({.topics = {"a"}});
  CHECK(line(reader.take()) == "error/1");
  CHECK(reader.ended());
}

TEST_CASE("topic: on_commit hears of the position before publish returns", "[core][topic]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Receipt heard;
  const auto receipt = topic.publish(plain("x"), {.on_commit = [&](const Receipt& told) { heard = told; }});
  CHECK(heard.position == receipt.position);
  CHECK(heard.seq == 1);
}

TEST_CASE("topic: on_commit may publish", "[core][topic]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  REQUIRE(topic.publish(plain("x"), {.on_commit = [&](const Receipt&) { CHECK(topic.publish(plain("y"))); }}));
  CHECK(line(reader.take()) == "x/1 y/2");
}

TEST_CASE("topic: threads that publish at once get one order without holes", "[core][topic]") {
  constexpr std::size_t threads = 4, each = 500;
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a", "b"}});
  (void)reader.take();
  std::vector<std::vector<Receipt>> receipts(threads);
  {
    std::vector<std::thread> publishers;
    for (std::size_t i = 0; i < threads; ++i) {
      publishers.emplace_back([&, i] {
        for (std::size_t k = 0; k < each; ++k) receipts[i].push_back((k % 2 == 0 ? a : b).publish(Note{1}));
      });
    }
    for (auto& publisher : publishers) publisher.join();
  }
  std::set<std::uint64_t> all;
  for (const auto& mine : receipts) {
    for (std::size_t k = 0; k < each; ++k) {
      REQUIRE(mine[k]);
      all.insert(mine[k].position.n);
      if (k > 0) CHECK(mine[k].position.n > mine[k - 1].position.n);
    }
  }
  CHECK(all.size() == threads * each);
  CHECK(*all.rbegin() - *all.begin() == threads * each - 1);
  CHECK(a.state().notes + b.state().notes == threads * each);

  const auto events = reader.take();
  REQUIRE(events.size() == threads * each);
  std::uint64_t seq_a = 0, seq_b = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0) CHECK(events[i].position().n == events[i - 1].position().n + 1);
    CHECK(events[i].seq() == (events[i].topic() == "a" ? ++seq_a : ++seq_b));
  }
}

TEST_CASE("topic: handles work after the broker has gone, and say so", "[core][topic]") {
  auto broker = std::make_unique<Broker>();
  const auto topic = broker->topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  broker.reset();
  CHECK(topic.publish(Note{2}).error == Error::shut_down);
  CHECK(topic.finish(Done{}).error == Error::shut_down);
  CHECK(topic.name() == "a");
  CHECK(topic.state().notes == 1);
}
