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
#include <cstdint>
#include <exception>
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
  bool arm() noexcept { return state_.exchange(State::armed, std::memory_order_acq_rel) != State::armed; }
  /// Whether the last call threw, so that whoever has news must try again.
  bool missed() const noexcept { return state_.load(std::memory_order_relaxed) == State::missed; }
  /// Calls the hook, unless the shard has gone. Throws what it throws; the next news call it again.
  void call();
  /// After it returned the hook is not running and never runs again.
  void silence();

  /// Gives back the pushed links, newest first; each still counted once for the stack.
  WakeLink* disarm_and_take() noexcept;

 private:
  ~WakeTarget() override = default;
  enum class State : std::uint8_t { idle, armed, missed };

  std::atomic<WakeLink*> pushed_{nullptr};
  std::atomic<State> state_{State::idle};
  std::recursive_mutex hook_mutex_;  // recursive: a hook may destroy its own shard
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
    if (!dirty_.exchange(true, std::memory_order_acq_rel)) target->push(*this);
    else if (!target->missed()) return nullptr;
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
  /// Calls all of them, then throws what the first of those that failed has thrown. Returns how many were called.
  std::size_t call_all() const {
    std::exception_ptr thrown;
    for (std::size_t i = 0; i < count_; ++i) call(*few_[i], thrown);
    for (const auto& target : many_) call(*target, thrown);
    if (thrown) std::rethrow_exception(thrown);
    return count_ + many_.size();
  }

 private:
  static void call(WakeTarget& target, std::exception_ptr& thrown) noexcept {
    try {
      target.call();
    } catch (...) {
      if (!thrown) thrown = std::current_exception();
    }
  }

  std::array<Ref<WakeTarget>, 8> few_;
  std::size_t count_ = 0;
  std::vector<Ref<WakeTarget>> many_;
};

}  // namespace fanfare::detail
