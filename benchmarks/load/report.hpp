/// What a run gives back: one line of JSON for programs, one line of text for people.
#pragma once

#include "crowd.hpp"
#include "observe.hpp"
#include "options.hpp"

namespace load {

/// What was seen at one moment of a run.
struct Moment {
  ProcessSample servers;
  SystemSample system;
};

struct Run {
  int established = 0;
  double open_seconds = 0, wall = 0, own_cpu = 0;  ///< seconds
  Histogram opening;                               ///< handshakes while all were opened
  Moment start, settled, begin, end;               ///< before the first connect; around the measurement
  std::uint64_t max_resident = 0;
};

void print_json(const Options& options, const Crowd& crowd, const Run& run);
void print_text(const Options& options, const Crowd& crowd, const Run& run);

}  // namespace load
