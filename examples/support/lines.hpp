/// Lines: cuts what a program writes into lines, whatever pieces it comes in. A line ends at LF, CR LF, or a CR
/// alone, with which programs draw over the line that they wrote before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace examples {

enum class LineEnd {
  lf,   ///< LF or CR LF: the line stays
  cr,   ///< CR: the next line replaces this one
  cut,  ///< it was longer than the bound, or the program ended in the middle of it
};

/// One for each stream of bytes. A plain value. Memory: at most the bound.
class Lines {
 public:
  /// @param max_bytes  of a line, 1 at the least; what is longer comes in pieces
  explicit Lines(std::size_t max_bytes = 16 * 1024) : max_bytes_(std::max<std::size_t>(max_bytes, 1)) {}

  /// Calls `take(std::string_view line, LineEnd end)` for each line that is complete now. The view lasts until
  /// `take` returns.
  /// Complexity: linear in the bytes.
  template <class Take>
  void feed(std::string_view bytes, Take&& take) {
    while (!bytes.empty()) {
      // CR LF may come in two pieces, so what a CR means is known only with the byte after it.
      if (after_cr_) {
        after_cr_ = false;
        const bool lf = bytes.front() == '\n';
        if (lf) bytes.remove_prefix(1);
        give(lf ? LineEnd::lf : LineEnd::cr, take);
        continue;
      }
      const std::size_t end = bytes.find_first_of("\r\n");
      const std::size_t length = std::min({end, bytes.size(), max_bytes_ - line_.size()});
      line_.append(bytes.substr(0, length));
      bytes.remove_prefix(length);
      if (bytes.empty()) return;
      if (length != end) {
        give(LineEnd::cut, take);
        continue;
      }
      after_cr_ = bytes.front() == '\r';
      if (!after_cr_) give(LineEnd::lf, take);
      bytes.remove_prefix(1);
    }
  }

  /// What stands there of the line that is not complete.
  std::string_view pending() const noexcept { return line_; }
  /// Whether the program draws its lines over each other just now, so that the pending line will not be followed by
  /// its end before there is something new.
  bool redrawn() const noexcept { return after_cr_ || redrawn_; }

  /// Gives what stands at the end without a line end. Afterwards it is as new.
  template <class Take>
  void finish(Take&& take) {
    const bool cr = after_cr_;
    after_cr_ = false;
    if (cr || !line_.empty()) give(cr ? LineEnd::cr : LineEnd::cut, take);
  }

 private:
  template <class Take>
  void give(LineEnd end, Take& take) {
    redrawn_ = end == LineEnd::cr;
    take(std::string_view(line_), end);
    line_.clear();
  }

  std::size_t max_bytes_;
  std::string line_;
  bool after_cr_ = false, redrawn_ = false;
};

}  // namespace examples
