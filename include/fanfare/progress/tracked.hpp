/// Tracked: a range that counts on a Task what a loop over it has done. Not a view: it is gone through once,
/// in place.
#pragma once

#include <fanfare/progress/task.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

namespace fanfare {
namespace detail {

/// How many elements there are, if that can be known without going through them; 0 otherwise.
template <class R>
std::uint64_t size_if_known(R& range) {
  if constexpr (requires { std::ranges::size(range); }) {
    return static_cast<std::uint64_t>(std::ranges::size(range));
  } else {
    return 0;
  }
}

}  // namespace detail

///     for (auto& frame : job.track("render", load_frames())) render(frame);
///
/// The task advances by one after each element's turn and is finished after the last one's. Leaving earlier,
/// by `break`, `return` or an exception, fails it.
/// R is the range itself, or a reference when it was an lvalue, which must then stay.
/// Lifetime: iterators point into this object, so it neither moves nor is copied. Thread: one at a time.
template <class R>
class Tracked {
 public:
  class Iterator;

  Tracked(Task task, R&& range) : range_(std::forward<R>(range)), task_(std::move(task)) {}
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

  /// REQUIRES: called once.
  Iterator begin() {
    Iterator first(*this);
    first.finish_at_end();
    return first;
  }
  std::default_sentinel_t end() const noexcept { return {}; }

  /// To say more about the work: a message, sub-tasks, a better total.
  Task& task() noexcept { return task_; }

 private:
  R range_;
  Task task_;
};

template <class R>
class Tracked<R>::Iterator {
  using Position = decltype(std::ranges::begin(std::declval<std::remove_reference_t<R>&>()));
  using End = decltype(std::ranges::end(std::declval<std::remove_reference_t<R>&>()));

 public:
  using iterator_concept = std::input_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = std::iter_value_t<Position>;
  using reference = std::iter_reference_t<Position>;
  using pointer = void;

  decltype(auto) operator*() const { return *at_; }
  Iterator& operator++() {
    tracked_->task_.advance();
    ++at_;
    finish_at_end();
    return *this;
  }
  void operator++(int) { ++*this; }

  friend bool operator==(const Iterator& iterator, std::default_sentinel_t) {
    return iterator.at_ == iterator.end_;
  }

 private:
  friend class Tracked;
  explicit Iterator(Tracked& tracked)
      : tracked_(&tracked), at_(std::ranges::begin(tracked.range_)), end_(std::ranges::end(tracked.range_)) {}
  void finish_at_end() {
    if (at_ == end_) tracked_->task_.finish();
  }

  Tracked* tracked_;
  Position at_;
  End end_;
};

}  // namespace fanfare
