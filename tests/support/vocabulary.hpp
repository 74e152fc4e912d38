/// Events and a state for tests of the log, one event per delivery class, and events written as one line,
/// so that a whole read can be compared at a glance.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/core/subscription_core.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace vocabulary {

struct Note {
  int value = 0;
};
FANFARE_EVENT(Note, "note", critical, value);

struct Meter {
  std::string name = {};
  int value = 0;
};
FANFARE_EVENT(Meter, "meter", conflated_by("name"), name, value);

struct Spark {
  int value = 0;
};
FANFARE_EVENT(Spark, "spark", lossy, value);

/// What the events add up to. Sparks leave no trace.
struct Tally {
  using events = fanfare::Events<Note, Meter, Spark, fanfare::Done>;
  int notes = 0;
  std::int64_t sum = 0;
  std::map<std::string, int> meters = {};
  std::string end = {};

  void apply(const Note& note) { ++notes, sum += note.value; }
  void apply(const Meter& meter) { meters[meter.name] = meter.value; }
  void apply(const Spark&) {}
  void apply(const fanfare::Done& done) { end = done.status; }
  friend bool operator==(const Tally&, const Tally&) = default;
};
FANFARE_DESCRIBE(Tally, notes, sum, meters, end);

inline fanfare::Payload plain(std::string type, std::string json = "1",
                              fanfare::Delivery delivery = fanfare::Delivery::critical, std::string key = {}) {
  return {std::move(type), fanfare::Json{std::move(json)}, delivery, std::move(key)};
}

/// "note/3 synced": the type, and the seq of what has one.
inline std::string line(const std::vector<fanfare::Event>& events) {
  std::string text;
  for (const auto& event : events) {
    if (!text.empty()) text += ' ';
    text += event.type();
    if (event.seq() != 0) text += '/' + std::to_string(event.seq());
  }
  return text;
}

/// The numbers of the events' positions; 0 for what has none.
inline std::vector<std::uint64_t> numbers(const std::vector<fanfare::Event>& events) {
  std::vector<std::uint64_t> all;
  for (const auto& event : events) all.push_back(event.position().n);
  return all;
}

inline std::string json_of(const std::vector<fanfare::Event>& events, std::string_view type) {
  std::string text;
  for (const auto& event : events) {
    if (event.type() == type) text += event.json();
  }
  return text;
}

/// The same position, moved.
inline std::string position_text(fanfare::Position position, std::int64_t by = 0) {
  position.n += static_cast<std::uint64_t>(by);
  return position.str();
}

}  // namespace vocabulary
