/// History: a topic's retained events, oldest first: a ring that grows lazily from nothing.
/// It knows order and size only; bounds and floors are TopicLog's.
#pragma once

#include <fanfare/core/log/event_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fanfare::detail {

class History {
 public:
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const EventRef& operator[](std::size_t i) const noexcept { return ring_[(head_ + i) & (ring_.size() - 1)]; }
  const EventRef& front() const noexcept { return (*this)[0]; }
  const EventRef& back() const noexcept { return (*this)[size_ - 1]; }

  /// Makes sure that the next push_back cannot throw.
  void reserve_one() {
    if (size_ < ring_.size()) return;
    std::vector<EventRef> larger(std::max<std::size_t>(8, ring_.size() * 2));
    for (std::size_t i = 0; i < size_; ++i) larger[i] = (*this)[i];
    ring_.swap(larger);
    head_ = 0;
  }
  /// REQUIRES: reserve_one() since the last push.
  void push_back(EventRef event) noexcept {
    ring_[(head_ + size_) & (ring_.size() - 1)] = std::move(event);
    ++size_;
  }
  EventRef pop_front() noexcept {
    EventRef event = std::move(ring_[head_]);
    head_ = (head_ + 1) & (ring_.size() - 1);
    --size_;
    return event;
  }

  /// Index of the first event committed after `n`; size() when there is none. O(log size).
  std::size_t first_after(std::uint64_t n) const noexcept {
    if (size_ == 0 || back()->position.n <= n) return size_;  // the common case: caught up
    std::size_t low = 0, high = size_;
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if ((*this)[middle]->position.n > n) high = middle;
      else low = middle + 1;
    }
    return low;
  }

 private:
  std::vector<EventRef> ring_;  // its size is zero or a power of two
  std::size_t head_ = 0, size_ = 0;
};

}  // namespace fanfare::detail
