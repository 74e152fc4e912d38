/// What the system says about the servers under load: processor time, memory, context switches.
#pragma once

#include <cstdint>
#include <vector>

namespace load {

/// Of all server processes together.
struct ProcessSample {
  double cpu = 0, user = 0, system = 0;  ///< seconds; `cpu` is the exact one of the three
  std::uint64_t voluntary_switches = 0, forced_switches = 0, threads = 0;
  std::uint64_t resident = 0, proportional = 0;  ///< bytes
};

struct SystemSample {
  double busy = 0, interrupts = 0;  ///< seconds of the servers' core
  std::uint64_t tcp_bytes = 0, slab_bytes = 0;
};

std::uint64_t resident_bytes(const std::vector<int>& pids);
/// @param proportional  reads PSS, too, which takes long for large processes
ProcessSample sample(const std::vector<int>& pids, bool proportional);
SystemSample sample_system(int cpu);

}  // namespace load
