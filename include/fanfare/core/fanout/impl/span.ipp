#pragma once

#include <fanfare/core/fanout/span.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL void Span::lay_out() {
  if (marks_.size() == 1) return;  // the image itself is the span
  bytes_.reserve(size());
  for (const Mark& mark : marks_) bytes_.append(mark.image->bytes());
}

FANFARE_DECL std::size_t Span::cut_by(std::size_t taken) const noexcept {
  const auto mark = std::upper_bound(marks_.begin(), marks_.end(), taken,
                                     [](std::size_t at, const Mark& entry) { return at < entry.end; });
  return static_cast<std::size_t>(mark - marks_.begin());
}

FANFARE_DECL void Span::clear() noexcept {
  marks_.clear();
  constexpr std::size_t worth_keeping = 64 << 10;
  if (bytes_.capacity() > worth_keeping) bytes_ = {};
  else bytes_.clear();
}

}  // namespace fanfare::detail
