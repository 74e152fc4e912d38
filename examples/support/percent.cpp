#include "percent.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace examples {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_word(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// What may not stand before the number: it would be a part of it.
bool joins(char c) noexcept { return is_word(c) || c == '%' || c == '.' || c == ',' || c == '-' || c == '+'; }

std::optional<std::uint64_t> whole(std::string_view digits) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// The number that ends at `end`, which is where the percent sign is, or blanks before it.
std::optional<double> number_before(std::string_view line, std::size_t end) noexcept {
  std::size_t begin = end;
  while (begin > 0 && is_digit(line[begin - 1])) --begin;
  if (begin == end) return std::nullopt;
  std::size_t first = begin;
  std::string_view decimals;
  if (begin > 1 && (line[begin - 1] == '.' || line[begin - 1] == ',') && is_digit(line[begin - 2])) {
    decimals = line.substr(begin, end - begin);
    end = begin - 1;
    first = end;
    while (first > 0 && is_digit(line[first - 1])) --first;
  }
  if (first > 0 && joins(line[first - 1])) return std::nullopt;
  const auto number = whole(line.substr(first, end - first));
  if (!number || *number > 100) return std::nullopt;
  double value = static_cast<double>(*number), unit = 0.1;
  for (const char digit : decimals) {
    value += unit * (digit - '0');
    unit /= 10;
  }
  return value <= 100 ? std::optional(value) : std::nullopt;
}

// "[12/345] Building"
std::optional<double> steps(std::string_view line) noexcept {
  if (!line.starts_with('[')) return std::nullopt;
  const std::size_t slash = line.find('/'), end = line.find(']');
  if (slash == std::string_view::npos || end == std::string_view::npos || slash > end) return std::nullopt;
  std::string_view first = line.substr(1, slash - 1);
  while (first.starts_with(' ')) first.remove_prefix(1);
  const auto done = whole(first), all = whole(line.substr(slash + 1, end - slash - 1));
  if (!done || !all || *all == 0 || *done > *all) return std::nullopt;
  return 100 * static_cast<double>(*done) / static_cast<double>(*all);
}

}  // namespace

std::optional<double> percent_in(std::string_view line) noexcept {
  if (const auto percent = steps(line)) return percent;
  for (std::size_t sign = line.find('%'); sign != std::string_view::npos; sign = line.find('%', sign + 1)) {
    if (sign + 1 < line.size() && is_word(line[sign + 1])) continue;
    const std::size_t end = sign > 0 && line[sign - 1] == ' ' ? sign - 1 : sign;
    if (const auto percent = number_before(line, end)) return percent;
  }
  return std::nullopt;
}

}  // namespace examples
