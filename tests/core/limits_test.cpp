#include <fanfare/core/broker.hpp>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace vocabulary;
using fanfare::Broker;
using fanfare::Topic;

TEST_CASE("limits: all histories together stay below their bound", "[core][limits]") {
  constexpr std::uint64_t bound = 400'000;
  Broker broker({.limits = {.max_total_history_bytes = bound}});
  std::vector<Topic> topics;
  for (int i = 0; i < 100; ++i) topics.push_back(broker.topic("t" + std::to_string(i)));
  const std::string text = '"' + std::string(1000, 'x') + '"';
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < 5000; ++i) {
    REQUIRE(topics[i * 31 % topics.size()].publish(plain("x", text)));
    most = std::max(most, broker.metrics().history_bytes);
  }
  CHECK(most < bound + bound / 20);
  CHECK(broker.metrics().history_bytes > bound / 4);
}

TEST_CASE("limits: one busy topic among many silent ones makes room itself", "[core][limits]") {
  constexpr std::uint64_t bound = 300'000;
  Broker broker({.limits = {.max_total_history_bytes = bound}});
  const std::string text = '"' + std::string(1000, 'x') + '"';
  std::vector<Topic> topics;
  for (int i = 0; i < 100; ++i) {
    topics.push_back(broker.topic("t" + std::to_string(i)));
    REQUIRE(topics.back().publish(plain("x", text)));
  }
  std::uint64_t most = 0;
  for (int i = 0; i < 3000; ++i) {
    REQUIRE(topics[50].publish(plain("x", text)));
    if (i > 1000) most = std::max(most, broker.metrics().history_bytes);
  }
  CHECK(most < bound + bound / 20);
}

TEST_CASE("limits: who needed what was forgotten for the sake of all is reset", "[core][limits]") {
  Broker broker({.limits = {.max_total_history_bytes = 50'000}});
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  auto reader = broker.subscribe({.topics = {"a"}});
  (void)reader.take();
  for (int i = 0; i < 20; ++i) REQUIRE(a.publish(Note{i}));
  for (int i = 0; i < 2000; ++i) REQUIRE(b.publish(Note{i}));
  const auto events = reader.take();
  CHECK(line(events).starts_with("reset snapshot/20"));
  CHECK(events[1].as<Tally>()->notes == 20);
}

TEST_CASE("limits: with nothing left to forget, publishing goes on", "[core][limits]") {
  Broker broker({.limits = {.max_total_history_bytes = 1}});
  std::vector<Topic> topics;
  for (int i = 0; i < 50; ++i) topics.push_back(broker.topic("t" + std::to_string(i)));
  for (std::size_t i = 0; i < 1000; ++i) REQUIRE(topics[i % 50].publish(plain("x")));
  CHECK(broker.metrics().events_evicted > 900);
}

TEST_CASE("limits: names that clients sent are looked up, not stored", "[core][limits]") {
  Broker broker;
  std::vector<std::string> names{std::string(1 << 20, 'x'), std::string("a\r\nid: 1\r\n\r\n"), std::string("\0", 1), ""};
  CHECK(broker.subscribe({.topics = names}).error() == fanfare::Error::unknown_topic);
  const auto topic = broker.topic("a");
  names.push_back("a");
  auto reader = broker.subscribe({.topics = names});
  for (const auto& event : reader.take()) {
    CHECK(event.json().find('\r') == std::string_view::npos);
    CHECK(event.json().find('\n') == std::string_view::npos);
    CHECK(fanfare::is_valid_json(event.json()));
  }
  CHECK(broker.metrics().topics == 1);
}
