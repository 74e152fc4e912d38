/// One subscriber's connection, and whether the numbers that it gets are whole and in order.
#pragma once

#include "framing.hpp"

#include <cstdint>
#include <string>

namespace load {

enum class State : std::uint8_t { none, connecting, head, live, away, dead };

struct OrderCounts {
  std::uint64_t gaps = 0, duplicates = 0, reordered = 0;
};

/// Checks that numbers come one after the other. What arrives late, within 64, is reordered and no gap.
class Sequence {
 public:
  void track(std::uint64_t number, OrderCounts& counts) {
    if (!begun_) {
      begun_ = true, last_ = number, seen_ = 1;
    } else if (number > last_) {
      const std::uint64_t step = number - last_;
      counts.gaps += step - 1;
      seen_ = step >= 64 ? 1 : (seen_ << step) | 1;
      last_ = number;
    } else if (const std::uint64_t back = last_ - number; back < 64 && !(seen_ >> back & 1)) {
      seen_ |= 1ull << back;
      ++counts.reordered;
      if (counts.gaps) --counts.gaps;
    } else {
      ++counts.duplicates;
    }
  }
  void restart() { begun_ = false; }
  bool begun() const { return begun_; }
  std::uint64_t last() const { return last_; }

 private:
  bool begun_ = false;
  std::uint64_t last_ = 0, seen_ = 0;  // seen_: of the 64 up to last_
};

struct Subscriber {
  int socket = -1;
  std::uint32_t index = 0;
  State state = State::none;
  bool slow = false, chunked = false, has_data = false;
  bool got_first = false, level = false;  // since it connected: an event; an event that was published later
  ChunkDecoder chunks = {};
  Sequence sequence = {};
  std::uint64_t measured = 0;   // events in the measurement
  std::uint64_t connected = 0;  // when connect() began
  double allowance = 0;         // bytes that a slow one may read
  std::string unread = {};      // the beginning of what is not complete yet
  std::string last_id = {};
};

}  // namespace load
