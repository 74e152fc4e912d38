/// Backlog: what a shard's readers who are behind have to catch up with, read and laid out once for all who want
/// the same and stand somewhere within it. Those who keep up have their cohort for that.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/fanout/span.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfare::detail {

/// Thread: its shard's. Memory: at most eight parts, each as large as `budget` and its framing allow, and the
/// events in them; kept until the next turn.
class Backlog {
 public:
  /// A part that is too much for a socket at once would only be laid out again.
  static constexpr ReadBudget budget{.events = 1024, .bytes = 64 << 10};

  /// One read: the log in (from, reached].
  struct Part {
    SelectionRef selection;
    std::uint64_t format = 0, from = 0, limit = 0, reached = 0;
    bool lagging = false, ended = false;
    bool shared = false;  // it says the same to everybody
    Span span;
  };
  struct Place {
    const Part* part = nullptr;  // null: nobody read that
    std::size_t mark = 0;        // the first image that the reader does not have
  };

  /// Where a reader would go on that reads up to `limit`.
  Place find(const Replay& reader, std::uint64_t format, std::uint64_t limit, bool lagging) const noexcept;
  /// An empty part in place of the oldest. Lifetime: until seven more were asked for.
  Part& renew() noexcept;
  void forget() noexcept;

 private:
  std::array<Part, 8> parts_;
  std::size_t next_ = 0;
  bool used_ = false;  // since the last forget
};

}  // namespace fanfare::detail
