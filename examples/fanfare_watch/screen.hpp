/// Screen: a part of a terminal, at its bottom, that is drawn anew again and again; lines that are to stay go above it.
/// It changes no mode of the terminal and does not hide the cursor, which rests behind the last line: so whatever ends
/// the program, there is nothing to restore.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

struct ScreenSize {
  std::size_t columns = 80, rows = 24;
};

class Screen {
 public:
  /// @param file  a terminal, open for writing
  explicit Screen(int file) : file_(file) {}

  ScreenSize size() const noexcept;
  /// Prints the lines that stay, and draws these below them instead of what was drawn last, with one write.
  /// @param drawn  none wider than the terminal, and fewer than it has rows
  /// @return       why they are lost, when the terminal is gone
  std::error_code show(const std::vector<std::string>& staying, std::vector<std::string> drawn);
  /// Leaves what was drawn last where it is, and the cursor on a line of its own below it, if there is a terminal still.
  void leave() noexcept;

 private:
  std::error_code write(std::string_view bytes) const noexcept;

  int file_;
  std::vector<std::string> drawn_;
};

/// Whether there is a terminal that can be drawn on.
bool can_be_drawn_on(int file) noexcept;
