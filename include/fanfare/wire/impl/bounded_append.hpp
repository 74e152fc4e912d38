/// Appends to a text whose final size has a bound, and keeps its capacity below that bound, too.
/// Internal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Doubles the capacity as needed, but never beyond max_size, as a string left to itself would. Up to the
/// size that is announced it quadruples: fresh pages are what costs, and doubling touches twice as many. What
/// is announced alone allocates nothing.
/// REQUIRES: announced <= max_size; out.size() + piece.size() <= max_size.
inline void append_bounded(std::string& out, std::string_view piece, std::size_t max_size,
                           std::size_t announced = 0) {
  const std::size_t size = out.size();
  if (piece.size() <= out.capacity() - size) {
    out.append(piece);
    return;
  }
  const std::size_t wanted = std::max({size + piece.size(), 2 * size, std::min(4 * size, announced)});
  std::string grown;
  grown.reserve(std::min(wanted, max_size));
  grown.append(out).append(piece);
  out.swap(grown);
}

}  // namespace fanfare::detail
