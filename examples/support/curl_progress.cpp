#include "curl_progress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace examples {
namespace {

constexpr std::size_t max_columns = 12;

struct Columns {
  std::array<std::string_view, max_columns> text;
  std::size_t count = 0;  ///< max_columns + 1: there are more
};

Columns split(std::string_view line) noexcept {
  Columns columns;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string_view::npos;) {
    if (columns.count == max_columns) {
      ++columns.count;
      break;
    }
    const std::size_t end = std::min(line.find(' ', at), line.size());
    columns.text[columns.count++] = line.substr(at, end - at);
    at = line.find_first_not_of(' ', end);
  }
  return columns;
}

// "4607k", "10.0M": curl's k is 1024.
std::optional<std::uint64_t> amount(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  double unit = 1;
  const std::size_t power = std::string_view("kMGTP").find(text.back());
  if (power != std::string_view::npos) {
    for (std::size_t i = 0; i <= power; ++i) unit *= 1024;
    text.remove_suffix(1);
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number * unit < 9e18)) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(number * unit);
}

std::optional<unsigned> percent(std::string_view text) noexcept {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > 100) return std::nullopt;
  return number;
}

// "0:00:08" or "--:--:--". From 100 hours on it is "12d 03h", two columns, and the line is taken for none of a meter.
bool is_time(std::string_view text) noexcept {
  return text.size() >= 7 && text.find_first_not_of("0123456789:-") == std::string_view::npos &&
         std::count(text.begin(), text.end(), ':') == 2;
}

}  // namespace

CurlLine CurlProgress::line(std::string_view line) noexcept {
  const Columns columns = split(line);
  const auto& text = columns.text;
  const bool one = columns.count >= 6 && text[0] == "%" && text[1] == "Total" && text[2] == "%" && text[3] == "Received";
  const bool many = columns.count >= 6 && text[0] == "DL%" && text[1] == "UL%";
  if (one || many) {
    meter_ = one ? Meter::one : Meter::many;
    fraction_.reset();
    speed_.reset();
    return CurlLine::head;
  }
  if (meter_ == Meter::none) return CurlLine::other;
  if (meter_ == Meter::one && columns.count >= 2 && text[0] == "Dload" && text[1] == "Upload") return CurlLine::head;

  if (meter_ == Meter::many) {
    if (columns.count != 10 || !is_time(text[6]) || !is_time(text[7]) || !is_time(text[8])) return CurlLine::other;
    const auto down = percent(text[0]), up = percent(text[1]);
    if ((!down && text[0] != "--") || (!up && text[1] != "--")) return CurlLine::other;
    const auto done = down ? down : up;
    fraction_ = done ? std::optional(*done / 100.0) : std::nullopt;
    speed_ = amount(text[9]);
    return CurlLine::update;
  }
  if (columns.count != 12 || !is_time(text[8]) || !is_time(text[9]) || !is_time(text[10])) return CurlLine::other;
  const auto done = percent(text[0]);
  const auto total = amount(text[1]), received = amount(text[3]), sent = amount(text[5]);
  if (!done || !total || !received || !sent) return CurlLine::other;
  // Of a size that is not known it says 0 percent.
  fraction_.reset();
  if (*total > 0) {
    // The amounts have more digits than the percentage, but not while they are written in whole units.
    const double exact = static_cast<double>(*received + *sent) / static_cast<double>(*total);
    const double said = *done / 100.0;
    fraction_ = std::clamp(exact, said, std::min(said + 0.01, 1.0));
  }
  speed_ = amount(text[11]);
  return CurlLine::update;
}

}  // namespace examples
