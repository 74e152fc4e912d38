/// WallTime: civil time, as people and other programs understand it. Not for intervals; it may jump.
/// On the wire it is an integer: milliseconds since 1970-01-01T00:00:00Z.
#pragma once

#include <chrono>
#include <cstdint>

namespace fanfare {

using WallTime = std::chrono::system_clock::time_point;

/// Rounds toward the past, so that what is finer than a millisecond is lost the same way before 1970 too.
constexpr std::int64_t to_unix_milliseconds(WallTime time) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

/// REQUIRES: within WallTime::min() and WallTime::max(), which is until 2262 with a clock of nanoseconds.
constexpr WallTime from_unix_milliseconds(std::int64_t milliseconds) noexcept {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace fanfare
