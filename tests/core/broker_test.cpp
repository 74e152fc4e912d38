#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Command;
using fanfare::Done;
using fanfare::Error;
using fanfare::Topic;

namespace {

struct Other {
  using events = fanfare::Events<Note>;
  int value = 0;
  void apply(const Note& note) { value = note.value; }
};
FANFARE_DESCRIBE(Other, value);

template <class F>
std::error_code thrown(F&& function) {
  try {
    function();
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

}  // namespace

TEST_CASE("broker: opens a topic once, and the first options and state count", "[core][broker]") {
  Broker broker;
  const auto first = broker.topic("a", Tally{.sum = 7});
  REQUIRE(first.publish(Note{1}));
  const auto again = broker.topic("a", Tally{.sum = 1000}, {.max_history_events = 1});
  CHECK(again.state().sum == 8);
  CHECK(again.log() == first.log());
  CHECK(again.log()->options().max_history_events == 4096);
  CHECK(broker.topic("a").log() == first.log());
  CHECK(broker.metrics().topics == 1);
}

TEST_CASE("broker: a name that is open with another state is refused", "[core][broker]") {
  Broker broker;
  const auto first = broker.topic("a", Tally{});
  CHECK(thrown([&] { broker.topic("a", Other{}); }) == Error::topic_exists);
  const auto plain_one = broker.topic("b");
  CHECK(thrown([&] { broker.topic("b", Other{}); }) == Error::topic_exists);
}

TEST_CASE("broker: a finished topic is found until it expires", "[core][broker]") {
  Broker broker;
  REQUIRE(broker.topic("a").finish());
  CHECK(broker.topic("a").finished());
  CHECK(broker.topic("a").publish(plain("x")).error == Error::topic_finished);
}

TEST_CASE("broker: names that would forge the wire are refused", "[core][broker][limits]") {
  Broker broker;
  using namespace std::string_literals;
  for (const auto& name : {""s, "a\n"s, "a\r"s, "a\0"s, "\t"s, "\x7f"s, "\xff\xfe"s, "\xed\xa0\x80"s, std::string(129, 'a')}) {
    CAPTURE(name);
    CHECK(thrown([&] { broker.topic(name); }) == Error::invalid_name);
  }
  CHECK(broker.metrics().topics == 0);
  for (const auto& name : {"a b"s, "a/b"s, "\xc3\xa4"s, "\""s, std::string(128, 'a')}) {
    CAPTURE(name);
    CHECK(broker.topic(name).name() == name);
  }
}

TEST_CASE("broker: topics are bounded in number", "[core][broker][limits]") {
  fanfare::ManualClock clock;
  Broker broker({.limits = {.max_topics = 3}, .clock = &clock});
  for (const char* name : {"a", "b", "c"}) broker.topic(name);
  for (int i = 0; i < 3; ++i) CHECK(thrown([&] { broker.topic("d"); }) == Error::too_many_topics);
  CHECK(broker.metrics().topics == 3);
  CHECK(broker.subscribe({.topics = {"d"}}).error() == Error::unknown_topic);
  CHECK(broker.topic("c").name() == "c");
  REQUIRE(broker.topic("b").finish());
  clock.advance(30min);
  CHECK(broker.topic("d").name() == "d");
}

TEST_CASE("broker: topic defaults are for those who give no options", "[core][broker]") {
  Broker broker({.topic_defaults = {.max_history_events = 17}});
  CHECK(broker.topic("a").log()->options().max_history_events == 17);
  CHECK(broker.topic("b", Tally{}).log()->options().max_history_events == 17);
  CHECK(broker.topic("c", {.max_history_bytes = 1}).log()->options().max_history_events == 4096);
}

TEST_CASE("broker: commands reach the topic's publisher", "[core][broker][command]") {
  Broker broker;
  std::vector<std::string> seen;
  const auto topic = broker.topic("a", {.on_command = [&](const Command& command) {
    seen.push_back(command.topic + " " + command.name + " " + command.data.text);
  }});
  CHECK_FALSE(broker.command({"a", "pause", fanfare::Json{"{}"}}));
  CHECK_FALSE(broker.cancel("a"));
  CHECK(seen == std::vector<std::string>{"a pause {}", "a cancel null"});
  broker.topic("deaf");
  CHECK(broker.command({"deaf", "pause", {}}) == Error::no_handler);
  CHECK(broker.command({"never", "pause", {}}) == Error::unknown_topic);
  CHECK(broker.answer("never", "p", "a") == Error::unknown_topic);
  CHECK(broker.answer("a", "p", "a") == Error::unknown_prompt);
  REQUIRE(topic.finish());
  CHECK(broker.cancel("a") == Error::topic_finished);
  CHECK(broker.answer("a", "p", "a") == Error::topic_finished);
  CHECK(seen.size() == 2);
}

TEST_CASE("broker: revoking a tag ends who carries it, and nobody else", "[core][broker][revoke]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto carrying = [&](std::vector<std::string> tags) {
    return broker.subscribe({.topics = {"a"}, .audience = std::move(tags)});
  };
  auto mine = carrying({"user:7", "staff"}), other = carrying({"user:8", "staff"}), none = carrying({});
  broker.revoke("user:7");
  broker.revoke("");
  broker.revoke("nobody");
  CHECK(mine.ended());
  CHECK(mine.error() == Error::revoked);
  REQUIRE(topic.publish(Note{1}));
  CHECK(mine.take().empty());
  CHECK(mine.wait(1h).empty());
  mine.add("a");
  mine.remove("a");
  CHECK(mine.error() == Error::revoked);
  CHECK(line(other.take()) == "note/1");
  CHECK(line(none.take()) == "note/1");
  CHECK_FALSE(carrying({"user:7"}).ended());  // it is for those who were there
}

TEST_CASE("broker: closed, it ends all and takes nothing new", "[core][broker][close]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto reader = broker.subscribe({.topics = {"a"}});
  broker.close();
  broker.close();
  CHECK(reader.ended());
  CHECK(reader.error() == Error::shut_down);
  CHECK(topic.publish(plain("x")).error == Error::shut_down);
  CHECK(topic.finish().error == Error::shut_down);
  CHECK(thrown([&] { broker.topic("b"); }) == Error::shut_down);
  auto late = broker.subscribe({.topics = {"a"}});
  CHECK(late.ended());
  CHECK(late.error() == Error::shut_down);
  CHECK(late.wait(1h).empty());
}

TEST_CASE("broker: a subscription may outlive it", "[core][broker][close]") {
  fanfare::Subscription reader;
  {
    Broker broker;
    const auto topic = broker.topic("a");
    reader = broker.subscribe({.topics = {"a"}});
  }
  CHECK(reader.ended());
  CHECK(reader.error() == Error::shut_down);
  CHECK(reader.take().empty());
}

TEST_CASE("broker: destroyed subscriptions are forgotten, whatever their order", "[core][broker]") {
  Broker broker;
  const auto topic = broker.topic("a");
  std::vector<fanfare::Subscription> readers;
  for (int i = 0; i < 30; ++i) readers.push_back(broker.subscribe({.topics = {"a"}, .audience = {"t"}}));
  for (const std::size_t gone : {0u, 10u, 27u, 5u, 5u}) readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(gone));
  readers[3] = {};
  broker.revoke("t");
  for (std::size_t i = 0; i < readers.size(); ++i) CHECK(readers[i].error() == (i == 3 ? std::error_code() : make_error_code(Error::revoked)));
  readers.clear();
  broker.revoke("t");
}
