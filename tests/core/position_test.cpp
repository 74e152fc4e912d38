#include <fanfare/core/position.hpp>

#include "support/catch.hpp"

#include <cctype>
#include <cstdint>
#include <limits>
#include <string>

using fanfare::Position;
using fanfare::detail::parse_number;

namespace {
constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
}

TEST_CASE("position: the text is thirteen digits of epoch and a decimal number", "[core][position]") {
  CHECK(Position{0, 0}.str() == "aaaaaaaaaaaaa.0");
  CHECK(Position{1, 17}.str() == "aaaaaaaaaaaab.17");
  CHECK(Position{most, most}.str() == "p777777777777.18446744073709551615");
  CHECK(Position{most, most}.str().size() == fanfare::detail::max_position_text);
}

TEST_CASE("position: every text is read back as what it was", "[core][position]") {
  std::uint64_t mixed = 0x9E3779B97F4A7C15u;
  for (int i = 0; i < 1000; ++i) {
    mixed ^= mixed << 13, mixed ^= mixed >> 7, mixed ^= mixed << 17;
    const Position position{mixed, mixed >> (i % 64)};
    const auto text = position.str();
    CHECK(Position::parse(text) == position);
    for (const char c : text) CHECK((std::islower(static_cast<unsigned char>(c)) || std::isdigit(static_cast<unsigned char>(c)) || c == '.'));
  }
}

TEST_CASE("position: nothing else is a position", "[core][position]") {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "."sv, "17"sv, "aaaaaaaaaaaab"sv, "aaaaaaaaaaaab."sv, "aaaaaaaaaaaab.-1"sv, "aaaaaaaaaaaab.+1"sv,
        "aaaaaaaaaaaab.01"sv, "aaaaaaaaaaaab.1 "sv, " aaaaaaaaaaaab.1"sv, "aaaaaaaaaaaab.1\n"sv, "aaaaaaaaaaaab.1\0"sv,
        "aaaaaaaaaaaab.0x1"sv, "Aaaaaaaaaaaab.1"sv, "aaaaaaaaaaa1b.1"sv, "aaaaaaaaaaaabb.1"sv, "aaaaaaaaaaab.1"sv,
        "aaaaaaaaaaaab.18446744073709551616"sv, "aaaaaaaaaaaab.99999999999999999999"sv, "aaaaaaaaaaaab,1"sv,
        "aaaaaaaaaaaab.1.1"sv, "q777777777777.1"sv, "7777777777777.1"sv}) {
    CAPTURE(text);
    CHECK_FALSE(Position::parse(text));
  }
  CHECK_FALSE(Position::parse(std::string(1 << 20, 'a')));
}

TEST_CASE("position: a number has digits only and no overflow", "[core][position]") {
  CHECK(parse_number("0") == 0u);
  CHECK(parse_number("18446744073709551615") == most);
  for (const char* text : {"", "00", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text));
  }
}
