/// DrawnLine: a line of text that grows to the right until its columns are used up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

enum class Style { plain, strong, quiet, good, bad, asking, bar };

class DrawnLine {
 public:
  DrawnLine(std::size_t columns, bool colour) : columns_(columns), colour_(colour) {}

  /// Appends text, cut where the line ends. REQUIRES: no control characters
  DrawnLine& add(std::string_view text, Style style = Style::plain);
  /// The same in a field of that width, filled up with spaces.
  DrawnLine& field(std::string_view text, std::size_t width, Style style = Style::plain);
  DrawnLine& space(std::size_t count = 1);

  std::size_t left() const noexcept { return columns_ - used_; }
  /// Afterwards it is empty.
  std::string take() { return std::move(text_); }

 private:
  std::size_t columns_, used_ = 0;
  bool colour_;
  std::string text_;
};

/// A bar of that width. @param fraction  0 to 1
void add_bar(DrawnLine& line, double fraction, std::size_t width, Style style, bool blocks);
