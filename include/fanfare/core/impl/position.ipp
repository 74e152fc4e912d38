#pragma once

#include <fanfare/core/position.hpp>

#include <charconv>

namespace fanfare {
namespace detail {

inline constexpr std::string_view base32_digits = "abcdefghijklmnopqrstuvwxyz234567";
inline constexpr std::size_t epoch_digits = 13;  // 64 bits / 5 bits a digit, rounded up

FANFARE_DECL std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

FANFARE_DECL char* write_number(char* out, std::uint64_t number) noexcept {
  constexpr int most_digits = 20;
  return std::to_chars(out, out + most_digits, number).ptr;
}

FANFARE_DECL char* write_position(char* out, const Position& position) noexcept {
  for (std::size_t i = 0; i < epoch_digits; ++i) {
    out[epoch_digits - 1 - i] = base32_digits[(position.epoch >> (5 * i)) & 31];
  }
  out[epoch_digits] = '.';
  return write_number(out + epoch_digits + 1, position.n);
}

FANFARE_DECL void append_number(std::string& out, std::uint64_t number) {
  char text[max_position_text];
  out.append(text, static_cast<std::size_t>(write_number(text, number) - text));
}

FANFARE_DECL void append_position(std::string& out, const Position& position) {
  char text[max_position_text];
  out.append(text, static_cast<std::size_t>(write_position(text, position) - text));
}

}  // namespace detail

FANFARE_DECL std::string Position::str() const {
  std::string text;
  text.reserve(detail::max_position_text);
  detail::append_position(text, *this);
  return text;
}

FANFARE_DECL std::optional<Position> Position::parse(std::string_view text) noexcept {
  if (text.size() < detail::epoch_digits + 2 || text.size() > detail::max_position_text) return std::nullopt;
  if (text[detail::epoch_digits] != '.') return std::nullopt;
  Position position;
  for (const char digit : text.substr(0, detail::epoch_digits)) {
    const auto value = detail::base32_digits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    if (position.epoch >> 59 != 0) return std::nullopt;  // the first digit carries four bits only
    position.epoch = position.epoch << 5 | value;
  }
  const auto number = detail::parse_number(text.substr(detail::epoch_digits + 1));
  if (!number) return std::nullopt;
  position.n = *number;
  return position;
}

}  // namespace fanfare
