#pragma once

#include <fanfare/core/burst.hpp>
#include <fanfare/core/log/topic_log.hpp>

#include <algorithm>
#include <utility>

namespace fanfare {
namespace detail {

FANFARE_DECL Burst*& burst_of_this_thread() noexcept {
  thread_local Burst* burst = nullptr;
  return burst;
}

}  // namespace detail

FANFARE_DECL Burst* Burst::current() noexcept { return detail::burst_of_this_thread(); }

FANFARE_DECL Burst::Burst() noexcept {
  if (!current()) detail::burst_of_this_thread() = this;
}

FANFARE_DECL Burst::~Burst() {
  if (current() != this) return;
  detail::burst_of_this_thread() = nullptr;
  try {
    wake_all();
  } catch (...) {
    // Out of memory: the loop finds the events when it turns next, for a heartbeat at the latest.
  }
}

FANFARE_DECL void Burst::add(const std::shared_ptr<detail::TopicLog>& topic) {
  constexpr std::size_t max_topics = 64;
  // From the back, since mostly it is the topic of the event before.
  if (std::find(topics_.rbegin(), topics_.rend(), topic) != topics_.rend()) return;
  if (topics_.size() == max_topics) wake_all();
  topics_.push_back(topic);
}

FANFARE_DECL void Burst::wake_all() {
  detail::WakeList wakes;
  for (const auto& topic : std::exchange(topics_, {})) topic->wake(wakes);
  wakes.call_all();
}

}  // namespace fanfare
