/// Tombstones: the names of expired topics, so that who watched one hears "it is over" and not "never
/// heard of it". Bounded in number and age; the oldest makes room.
#pragma once

#include <fanfare/core/clock.hpp>
#include <fanfare/core/limits.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

namespace fanfare::detail {

/// Thread: the owner locks.
class Tombstones {
 public:
  void add(const std::string& name, SteadyTime now, const Limits& limits) {
    const SteadyTime until = now + limits.keep_tombstones;
    if (limits.max_tombstones == 0) return;
    expire(now);
    while (order_.size() >= limits.max_tombstones) drop_oldest();
    until_[name] = until;
    order_.emplace_back(until, name);
  }
  bool contains(const std::string& name, SteadyTime now) const {
    const auto found = until_.find(name);
    return found != until_.end() && found->second > now;
  }
  std::size_t size() const noexcept { return order_.size(); }

 private:
  void expire(SteadyTime now) {
    while (!order_.empty() && order_.front().first <= now) drop_oldest();
  }
  void drop_oldest() {
    const auto& [until, name] = order_.front();
    const auto found = until_.find(name);
    if (found != until_.end() && found->second == until) until_.erase(found);
    order_.pop_front();
  }

  std::unordered_map<std::string, SteadyTime> until_;
  std::deque<std::pair<SteadyTime, std::string>> order_;  // a name added again has a stale entry here
};

}  // namespace fanfare::detail
