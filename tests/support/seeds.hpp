/// Runs a simulation for many seeds. A failing one is printed and replays exactly:
///     FANFARE_SEEDS=1000  runs more of them than usual
///     FANFARE_SEED=17     runs that one alone
#pragma once

#include "support/catch.hpp"

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// Below the bound; 0 for a bound of 0. The same on every platform, unlike the standard's distributions.
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : engine_() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class Container>
  auto& any_of(Container& container) {
    return container[static_cast<std::size_t>(below(container.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

template <class Simulation>
void for_each_seed(std::uint64_t usual, Simulation&& simulation) {
  const char* one = std::getenv("FANFARE_SEED");
  const char* many = std::getenv("FANFARE_SEEDS");
  const std::uint64_t first = one ? std::strtoull(one, nullptr, 10) : 1;
  const std::uint64_t count = one ? 1 : many ? std::strtoull(many, nullptr, 10) : usual;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    INFO("replay it alone with FANFARE_SEED=" << seed);
    simulation(seed);
  }
}
