/// Numbers as people read them: amounts, rates, times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// "27.0 MB" of bytes, in units of 1000; "1200 frames" of anything else; "1200" without a unit.
std::string amount(double value, std::string_view unit);
/// "12.3 of 27.0 MB": the unit once.
std::string amount_of(std::uint64_t current, std::uint64_t total, std::string_view unit);
/// "1.2 MB/s", "24.5 frames/s".
std::string rate(double per_second, std::string_view unit);
/// "0:07", "12:34", "1:02:03", "2 d 3 h". Not finite or absurd: empty.
std::string duration(double seconds);
/// "  7 %", "100 %": five columns. Rounded down, so that 100 means all.
std::string percent(double value);
