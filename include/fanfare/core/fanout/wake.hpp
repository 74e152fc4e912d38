/// How a publisher tells shards to look, once per burst and without ever losing a wake.
///
/// Publisher, under the topic's lock: sets the link dirty; if it was clear, pushes the link to its shard
/// and arms the shard; if that was not armed, calls its hook once after unlocking. Shard: disarms, pops
/// the links, and clears each dirty flag *before* it reads, so that an event which comes during the read
/// is either seen by it or wakes again.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/log/ref.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace fanfare::detail {

class WakeLink;

/// A shard as publishers see it. Thread: `push`, `arm` and `call` from any; `disarm_and_take` from the
/// shard's. Outlives its shard as long as a publisher holds it.
class WakeTarget final : public RefCounted {
 public:
  explicit WakeTarget(std::function<void()> hook) : hook_(std::move(hook)) {}

  void push(WakeLink& link) noexcept;
  /// Whether the caller is the one who must call `call`.
  bool arm() noexcept { return !armed_.exchange(true, std::memory_order_acq_rel); }
  /// Calls the hook, unless the shard has gone.
  void call() const;
  /// After it returned the hook is not running and never runs again.
  void silence();

  /// Gives back the pushed links, newest first; each still counted once for the stack.
  WakeLink* disarm_and_take() noexcept;

 private:
  ~WakeTarget() override = default;

  std::atomic<WakeLink*> pushed_{nullptr};
  std::atomic<bool> armed_{false};
  mutable std::recursive_mutex hook_mutex_;  // recursive: a hook may destroy its own shard
  std::function<void()> hook_;
};

class Listener;
class TopicLog;

/// One topic as one shard watches it, however many of its subscribers do.
class WakeLink final : public RefCounted {
 public:
  WakeLink(Ref<WakeTarget> shard, std::shared_ptr<TopicLog> watched) noexcept
      : target(std::move(shard)), topic(std::move(watched)) {}

  /// Returns the shard when the caller must wake it.
  WakeTarget* mark() noexcept {
    if (dirty_.exchange(true, std::memory_order_acq_rel)) return nullptr;
    target->push(*this);
    return target->arm() ? target.get() : nullptr;
  }
  void clear() noexcept { dirty_.exchange(false, std::memory_order_acq_rel); }

  const Ref<WakeTarget> target;
  const std::shared_ptr<TopicLog> topic;
  WakeLink* next = nullptr;  ///< in the target's stack
  std::vector<Listener*> listeners;  ///< guarded by the shard

 private:
  ~WakeLink() override = default;

  std::atomic<bool> dirty_{false};
};

/// The shards that one commit has to wake after it unlocked. Allocates only beyond eight of them.
class WakeList {
 public:
  void add(WakeTarget* target) {
    if (count_ < few_.size()) few_[count_++] = Ref<WakeTarget>(target);
    else many_.emplace_back(target);
  }
  /// Returns how many were called.
  std::size_t call_all() const {
    for (std::size_t i = 0; i < count_; ++i) few_[i]->call();
    for (const auto& target : many_) target->call();
    return count_ + many_.size();
  }

 private:
  std::array<Ref<WakeTarget>, 8> few_;
  std::size_t count_ = 0;
  std::vector<Ref<WakeTarget>> many_;
};

}  // namespace fanfare::detail
