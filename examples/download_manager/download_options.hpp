/// DownloadOptions: how a job downloads.
#pragma once

#include <cstddef>
#include <cstdint>

inline constexpr std::size_t max_parallel = 16;
inline constexpr std::uint64_t max_rate_limit = 1'000'000'000'000;

struct DownloadOptions {
  std::uint64_t rate_limit = 0;  ///< bytes per second of all its files together; 0: none
  std::size_t parallel = 3;      ///< files at a time, 1 to max_parallel
};
