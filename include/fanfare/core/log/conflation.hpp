/// Conflation: which event is the newest of its type, key and audience. A newer one marks its
/// predecessor superseded; nothing is kept per subscriber, whoever reads late skips what is marked.
#pragma once

#include <fanfare/core/log/event_record.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

namespace fanfare::detail {

/// Thread: under the topic's lock. Bound: one entry for each conflated event in the history.
class Conflation {
 public:
  using Slot = const EventRecord*;

  static std::uint64_t hash(const EventRecord& event) noexcept {
    const std::hash<std::string_view> text;
    std::uint64_t mixed = text(event.type) * 0x9E3779B97F4A7C15u ^ text(event.key);
    for (const auto& tag : event.audience) mixed = mixed * 0x9E3779B97F4A7C15u ^ text(tag);
    return mixed;
  }

  /// Finds or makes the place of such events; may throw bad_alloc, so it comes before the commit.
  Slot& slot(std::uint64_t hash) {
    if (!newest_) newest_ = std::make_unique<Newest>();
    return (*newest_)[hash];
  }

  /// Gives back a place that no event took, for the commit that asked for it was refused.
  /// REQUIRES: there was one.
  void give_back(std::uint64_t hash) noexcept {
    const auto found = newest_->find(hash);
    if (found != newest_->end() && !found->second) newest_->erase(found);
  }

  /// Makes `event` the newest. Returns whether a predecessor was superseded. Two keys that share a hash
  /// merely lose conflation between them.
  static bool replace(Slot& slot, const EventRecord& event) noexcept {
    const EventRecord* before = slot;
    slot = &event;
    if (!before || before->type != event.type || before->key != event.key || before->audience != event.audience) {
      return false;
    }
    before->superseded.store(true, std::memory_order_relaxed);
    return true;
  }

  /// The event leaves the history. REQUIRES: it is conflated, and took a place.
  void forget(const EventRecord& event) noexcept {
    const auto found = newest_->find(hash(event));
    if (found != newest_->end() && found->second == &event) newest_->erase(found);
  }

 private:
  using Newest = std::unordered_map<std::uint64_t, Slot>;
  std::unique_ptr<Newest> newest_;  // null until there is a conflated event: many topics never have one
};

}  // namespace fanfare::detail
