/// duration: an option's value in seconds, or in whatever unit the setting has.
#pragma once

#include "options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace examples {

/// A whole number of that range; `to` says the unit.
template <class Duration>
TakeValue duration(Duration& to, std::uint64_t least, std::uint64_t most) {
  return [&to, least, most](std::string_view value) -> std::optional<std::string> {
    std::uint64_t count = 0;
    const auto problem = number(count, least, most)(value);
    if (!problem) to = Duration(count);
    return problem;
  };
}

}  // namespace examples
