/// percent_in: the percentage that a line of a program's output tells, whatever the program.
#pragma once

#include <optional>
#include <string_view>

namespace examples {

/// The first number from 0 to 100 with a percent sign behind it, as in " 45%", "(45.3 %)", "45,3%"; or what
/// "[12/345]" at the beginning of a line means, as ninja writes it. A number that is a part of something else
/// is none: "%20%", "x86%", "-5%", "1.2.3%", "150%".
/// @return  0 to 100; none: the line tells none
/// Complexity: linear. Thread: any.
std::optional<double> percent_in(std::string_view line) noexcept;

}  // namespace examples
