#include "drawn_line.hpp"

#include "../support/plain_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

static std::string_view begin_of(Style style) noexcept {
  switch (style) {
    case Style::strong: return "\x1b[1m";
    case Style::quiet: return "\x1b[2m";
    case Style::good: return "\x1b[32m";
    case Style::bad: return "\x1b[31m";
    case Style::asking: return "\x1b[33m";
    case Style::bar: return "\x1b[36m";
    default: return {};
  }
}

DrawnLine& DrawnLine::add(std::string_view text, Style style) {
  const std::string fitting = examples::clipped(text, left());
  if (fitting.empty()) return *this;
  used_ += examples::columns_of(fitting);
  const std::string_view begin = colour_ ? begin_of(style) : std::string_view();
  text_.append(begin).append(fitting).append(begin.empty() ? "" : "\x1b[0m");
  return *this;
}

DrawnLine& DrawnLine::field(std::string_view text, std::size_t width, Style style) {
  const std::string fitting = examples::clipped(text, width);
  add(fitting, style);
  return space(width - examples::columns_of(fitting));
}

DrawnLine& DrawnLine::space(std::size_t count) {
  count = std::min(count, left());
  text_.append(count, ' ');
  used_ += count;
  return *this;
}

void add_bar(DrawnLine& line, double fraction, std::size_t width, Style style, bool blocks) {
  // A begun bar shows something, and only a whole one is full.
  const double cells = std::clamp(std::isfinite(fraction) ? fraction : 0.0, 0.0, 1.0) * static_cast<double>(width);
  if (!blocks) {
    if (width < 3) return;
    const double inner = cells * static_cast<double>(width - 2) / static_cast<double>(width);
    const auto full = static_cast<std::size_t>(inner + 1e-9);
    line.add("[").add(std::string(full, '#'), style).add(std::string(width - 2 - full, '-'), Style::quiet).add("]");
    return;
  }
  static constexpr std::array<std::string_view, 8> eighths{"",             "\xE2\x96\x8F", "\xE2\x96\x8E", "\xE2\x96\x8D",
                                                           "\xE2\x96\x8C", "\xE2\x96\x8B", "\xE2\x96\x8A", "\xE2\x96\x89"};
  const auto full = static_cast<std::size_t>(cells + 1e-9);
  std::string text;
  for (std::size_t i = 0; i < full; ++i) text += "\xE2\x96\x88";
  std::size_t used = full;
  const auto part = static_cast<std::size_t>((cells - static_cast<double>(full)) * 8 + 1e-6);
  if (used < width && part > 0 && part < eighths.size()) {
    text += eighths[part];
    ++used;
  }
  std::string rest;
  for (; used < width; ++used) rest += "\xE2\x96\x91";
  line.add(text, style).add(rest, Style::quiet);
}
