#pragma once

#include <fanfare/core/fanout/backlog.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

inline constexpr std::size_t no_mark = static_cast<std::size_t>(-1);

/// The index of the image that follows a position; no_mark when no image ends there.
FANFARE_DECL std::size_t mark_after(const Backlog::Part& part, std::uint64_t at) noexcept {
  if (at == part.from) return 0;
  const auto& marks = part.span.marks();
  const auto mark = std::lower_bound(marks.begin(), marks.end(), at,
                                     [](const Span::Mark& entry, std::uint64_t n) { return entry.at < n; });
  if (mark == marks.end() || mark->at != at) return no_mark;
  return static_cast<std::size_t>(mark - marks.begin()) + 1;
}

FANFARE_DECL Backlog::Place Backlog::find(const Replay& reader, std::uint64_t format, std::uint64_t limit,
                                          bool lagging) const noexcept {
  if (reader.opening()) return {};
  for (const Part& part : parts_) {
    if (!part.shared || part.format != format || part.limit != limit || part.lagging != lagging) continue;
    if (reader.at() < part.from || reader.at() >= part.reached) continue;
    if (part.selection != reader.selection() && !(*part.selection == *reader.selection())) continue;
    const std::size_t mark = mark_after(part, reader.at());
    if (mark != no_mark) return {&part, mark};
  }
  return {};
}

FANFARE_DECL Backlog::Part& Backlog::renew() noexcept {
  used_ = true;
  Part& part = parts_[next_++ % parts_.size()];
  part.shared = false;
  part.span.clear();
  return part;
}

FANFARE_DECL void Backlog::forget() noexcept {
  if (!std::exchange(used_, false)) return;
  for (Part& part : parts_) {
    part.shared = false;
    part.selection = {};
    part.span.clear();
  }
}

}  // namespace fanfare::detail
