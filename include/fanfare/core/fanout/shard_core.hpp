/// ShardCore: the subscriptions served by one event loop: who watches which topic, who is ready, what is
/// due when. Woken once per burst. What Shard hands out and the built-in server runs on.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/backlog.hpp>
#include <fanfare/core/fanout/member.hpp>
#include <fanfare/core/fanout/timing_wheel.hpp>
#include <fanfare/core/fanout/wake.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <unordered_map>
#include <vector>

namespace fanfare {
class Transport;
}

namespace fanfare::detail {

class ShardCore;

/// What may wait until the live pass is over: replay to those who return. Leaves the queue when destroyed.
/// Thread: the shard's.
class Deferred {
 public:
  Deferred() = default;
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;
  virtual ~Deferred() {
    if (!next_) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
  }
  /// Does some of it; whoever has more to do asks again. May destroy itself.
  virtual void work() {}

 private:
  friend class ShardCore;
  void insert_before(Deferred& other) noexcept {
    next_ = &other;
    previous_ = other.previous_;
    previous_->next_ = other.previous_ = this;
  }
  void take_out() noexcept {
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

  Deferred* next_ = nullptr;
  Deferred* previous_ = nullptr;
};

/// How much one turn of delivery may do before accepts, pings and closes get theirs.
struct Slice {
  std::size_t sends = 256;
};

/// Whoever looks at topics when they have news: a cohort, or a single subscription.
class Listener {
 public:
  virtual ~Listener() = default;
  /// Called from poll, no lock held. Returns whether there is more to do in a later slice.
  virtual bool on_ready(Slice& slice) = 0;

 private:
  friend class ShardCore;
  std::vector<Ref<WakeLink>> links_;  // guarded by the shard
  Listener* next_ready_ = nullptr;
  bool watched_ = false;  // between watch and unwatch: only then it may be queued
  bool queued_ = false;
};

/// Thread: watch, unwatch, ready, post: any. Everything else: the thread that polls.
class ShardCore {
 public:
  /// @param wake  called from any thread, once per burst, never after `close` has returned
  ShardCore(const ReadContext& context, std::function<void()> wake);
  ~ShardCore();
  ShardCore(const ShardCore&) = delete;
  ShardCore& operator=(const ShardCore&) = delete;

  /// From now on news of the topics makes the listener ready.
  void watch(Listener& listener, const Selection& selection);
  /// After it returned, on_ready of the listener is not running and never starts again; called from
  /// within on_ready it does not wait for itself.
  void unwatch(Listener& listener) noexcept;
  /// Makes the listener ready without any news, and wakes the shard. Without effect on one that is not, or
  /// no longer, watched.
  void ready(Listener& listener);
  /// Lets it work in turn with the others that asked, a millisecond per poll for all of them.
  void defer(Deferred& work);
  /// Runs a function on the shard's thread at the next poll.
  void post(std::function<void()> function);

  void enlist(Subscriber& subscriber);
  void delist(Subscriber& subscriber) noexcept;
  /// Ends whoever carries the tag, or all when it is empty. Posted to the shard's thread.
  void end_subscribers(std::string tag, std::error_code why);

  /// Serves what is ready and due, within a slice. Returns after how long to poll again at the latest,
  /// 0 when there is more to do now.
  std::chrono::milliseconds poll();

  /// Finds or makes the cohort and asks it to take the member in.
  void join(Member& member, const Replay& replay, const Format& format, std::chrono::milliseconds beat);
  void forget_if_empty(Cohort& cohort);

  /// An open transport in place of this one, the same for all of its kind and format; null when there is none: then
  /// the caller keeps its own. Lifetime: the shard's.
  Transport* common_transport(std::unique_ptr<Transport>& own);

  TimingWheel& wheel() noexcept { return wheel_; }
  Backlog& backlog() noexcept { return backlog_; }
  /// The newest event for whoever reads on its own in this turn: one number for all of them, so that they can
  /// share what was read. What came later they get from the cohort that they join.
  std::uint64_t turn_limit() noexcept {
    if (turn_limit_ == 0) turn_limit_ = context_.sequencer->committed();
    return turn_limit_;
  }
  const ReadContext& context() const noexcept { return context_; }
  Counters& counters() noexcept { return context_.unnamed->broker->counters; }
  /// A duration varied by +-10 %, so that what began together does not stay together.
  std::chrono::milliseconds jittered(std::chrono::milliseconds duration);
  std::size_t cohort_count() const noexcept { return cohorts_.size(); }

  /// No wake afterwards, whatever happens to the topics.
  void close();

 private:
  void begin_turn() noexcept;
  void break_off() noexcept;
  void take_news();
  void run_posted();
  bool work_for_a_while();
  void queue(Listener& listener) noexcept;
  void detach(Listener& listener) noexcept;
  Listener* next_ready() noexcept;

  const ReadContext context_;
  const Ref<WakeTarget> target_;
  TimingWheel wheel_;
  std::minstd_rand random_;
  std::unordered_multimap<std::size_t, std::unique_ptr<Cohort>> cohorts_;
  std::vector<Cohort*> maybe_empty_;
  std::vector<std::unique_ptr<Transport>> transports_;  // one of each kind and format
  Backlog backlog_;
  std::uint64_t turn_limit_ = 0;  // 0: not looked at yet
  Deferred deferred_;  // a ring of those that wait, first the longest

  std::mutex mutex_;
  std::condition_variable idle_;
  std::unordered_map<const TopicLog*, Ref<WakeLink>> links_;
  Listener* ready_first_ = nullptr;
  Listener* ready_last_ = nullptr;
  Listener* running_ = nullptr;
  bool running_removed_ = false;
  std::thread::id poller_;  // while it polls
  std::vector<std::function<void()>> posted_;
  std::vector<std::function<void()>> running_posted_;  // this thread's, the last is the next
  SubscriberList subscribers_;
};

}  // namespace fanfare::detail
