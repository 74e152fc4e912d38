/// What happens to subscribers by the clock: slow ones read, some leave and return, all of them return at
/// once.
#pragma once

#include "crowd.hpp"
#include "options.hpp"

#include <cstdint>

namespace load {

class Schedule {
 public:
  Schedule(const Options& options, Crowd& crowd) : options_(options), crowd_(crowd) {}

  void tick(std::uint64_t now);
  /// The servers' memory at its largest, looked at five times a second.
  std::uint64_t max_resident() const { return max_resident_; }
  void note_resident(std::uint64_t bytes);
  void restart_resident() { max_resident_ = 0; }

 private:
  void let_slow_read(std::uint64_t now);
  void churn(std::uint64_t now);
  void scatter(std::uint64_t now);

  const Options& options_;
  Crowd& crowd_;
  std::uint64_t slow_read_ = 0, churn_began_ = 0, churned_ = 0, looked_ = 0, max_resident_ = 0;
  std::size_t next_ = 0;
  bool scattered_ = false;
};

}  // namespace load
