#include <fanfare/progress/stages.hpp>

#include "support/catch.hpp"

#include <limits>
#include <stdexcept>

using fanfare::Stages;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("stages: the overall percent of a download service", "[progress][stages]") {
  const Stages stages{{"start", 5},   {"info", 10},  {"download", 15, 89},
                      {"upload", 90}, {"store", 92}, {"clean", 98}};
  CHECK(stages.percent("start") == 5);
  CHECK(stages.percent("info") == 10);
  CHECK(stages.percent("download") == 15);
  CHECK(stages.percent("download", 0.5) == 52);
  CHECK(stages.percent("download", 1) == 89);
  CHECK(stages.percent("upload", 0.7) == 90);  // a point has no inside
  CHECK(stages.percent("clean", 1) == 98);
}

TEST_CASE("stages: a fraction out of its range counts as the nearest end", "[progress][stages]") {
  const Stages stages{{"work", 20, 60}};
  CHECK(stages.percent("work", -1) == 20);
  CHECK(stages.percent("work", 7) == 60);
  CHECK(stages.percent("work", std::numeric_limits<double>::infinity()) == 60);
  CHECK(stages.percent("work", -std::numeric_limits<double>::infinity()) == 20);
  CHECK(stages.percent("work", std::numeric_limits<double>::quiet_NaN()) == 20);
}

TEST_CASE("stages: an unknown name is zero percent", "[progress][stages]") {
  const Stages stages{{"work", 20, 60}};
  CHECK(stages.percent("wrok", 0.5) == 0);
  CHECK(Stages().percent("work", 0.5) == 0);
  CHECK(stages.contains("work"));
  CHECK_FALSE(stages.contains(""));
  CHECK(Stages().empty());
  CHECK_FALSE(stages.empty());
}

TEST_CASE("stages: what cannot be meant is refused with the reason", "[progress][stages]") {
  const auto making = [](std::initializer_list<fanfare::Stage> list) { return [list] { Stages{list}; }; };
  CHECK_THROWS_AS(making({{"", 5}})(), std::invalid_argument);
  CHECK_THROWS_WITH(making({{"a", 5}, {"b", 6}, {"a", 7}})(), ContainsSubstring("'a' is there twice"));
  CHECK_THROWS_WITH(making({{"a", 60, 20}})(), ContainsSubstring("0 to 100"));
  CHECK_THROWS_AS(making({{"a", -1, 20}})(), std::invalid_argument);
  CHECK_THROWS_AS(making({{"a", 1, 100.5}})(), std::invalid_argument);
  CHECK_THROWS_AS(making({{"a", std::numeric_limits<double>::quiet_NaN()}})(), std::invalid_argument);
  CHECK_NOTHROW(making({{"a", 0, 100}, {"b", 0, 100}})());  // overlaps and turning back are the host's choice
}
