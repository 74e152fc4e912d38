/// What every part of the load generator uses: the clock that servers stamp with, and how to give up.
#pragma once

#include <time.h>

#include <cstdint>

namespace load {

inline std::uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::uint64_t(time.tv_sec) * 1'000'000'000 + std::uint64_t(time.tv_nsec);
}

inline double seconds(std::uint64_t ns) {
  return double(ns) * 1e-9;
}
inline std::uint64_t nanoseconds(double seconds) {
  return std::uint64_t(seconds * 1e9);
}

/// Prints as printf does and exits with status 2.
[[noreturn, gnu::format(printf, 1, 2)]] void die(const char* format, ...);

}  // namespace load
