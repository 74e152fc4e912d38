/// What the tests of progress/ share: a broker on a clock that the test moves, and ways to look at events.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_events.hpp>
#include <fanfare/progress/job_state.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;

struct Duplicate {
  std::string path;
};
FANFARE_EVENT(Duplicate, "duplicate", critical, path);

/// What the log hook was told. Shared with the hook, which may be called from any thread.
struct Notes {
  std::mutex mutex;
  std::vector<std::string> lines;

  std::size_t count(std::string_view part) {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(),
                      [part](const std::string& line) { return line.find(part) != std::string::npos; }));
  }
  bool empty() { return count("") == 0; }
};

inline fanfare::BrokerOptions noting(const fanfare::Clock* clock, const std::shared_ptr<Notes>& notes) {
  fanfare::BrokerOptions options;
  options.clock = clock;
  options.log = [notes](fanfare::Level, std::string_view text) {
    const std::lock_guard lock(notes->mutex);
    notes->lines.emplace_back(text);
  };
  return options;
}

struct World {
  fanfare::ManualClock clock;
  std::shared_ptr<Notes> notes = std::make_shared<Notes>();
  fanfare::Broker broker{noting(&clock, notes)};

  fanfare::Subscription watch(std::string topic) { return broker.subscribe({.topics = {std::move(topic)}}); }
};

inline std::vector<std::string> types(const std::vector<fanfare::Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.emplace_back(event.type());
  return out;
}

/// "type {json}" of each.
inline std::vector<std::string> texts(const std::vector<fanfare::Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : events) out.push_back(std::string(event.type()) + ' ' + std::string(event.json()));
  return out;
}

/// Those of one type, decoded.
template <class E>
std::vector<E> all(const std::vector<fanfare::Event>& events) {
  std::vector<E> out;
  for (const auto& event : events) {
    if (event.type() == fanfare::event_name<E>()) out.push_back(event.as<E>().value());
  }
  return out;
}

/// The last of one type. REQUIRES: there is one.
template <class E>
E last(const std::vector<fanfare::Event>& events) {
  return all<E>(events).at(all<E>(events).size() - 1);
}
