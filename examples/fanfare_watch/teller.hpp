/// Teller: chooses what of the news is printed as lines, and when a topic's progress is worth one.
#pragma once

#include "watched.hpp"

#include <fanfare/core/clock.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

class Teller {
 public:
  /// A topic's progress gets a line when it has moved that far, or after that time if it has moved at all.
  static constexpr double step = 10;
  static constexpr std::chrono::seconds interval{10};

  /// @param beside_bars  bars are drawn, so the lines say only what these do not
  explicit Teller(bool beside_bars) : beside_bars_(beside_bars) {}

  /// The lines for what `Watched::apply` said of a topic. @param many  each begins with the topic's name
  std::vector<std::string> lines(const WatchedTopic& topic, const std::vector<News>& news, bool many,
                                 fanfare::SteadyTime now);

 private:
  struct Told {
    double percent;
    fanfare::SteadyTime at;
  };
  bool worth_a_line(const WatchedTopic& topic, fanfare::SteadyTime now) const;

  const bool beside_bars_;
  std::map<std::string, Told> told_;  // as many as there are topics
};
