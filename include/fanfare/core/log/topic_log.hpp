/// TopicLog: a topic's history, state and end. The log in "a topic is a log".
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/core/fanout/wake.hpp>
#include <fanfare/core/limits.hpp>
#include <fanfare/core/log/conflation.hpp>
#include <fanfare/core/log/event_record.hpp>
#include <fanfare/core/log/history.hpp>
#include <fanfare/core/log/sequencer.hpp>
#include <fanfare/core/topic.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace fanfare::detail {

/// What ends a topic, if the event does.
enum class Ending : std::uint8_t { none, completed, failed };

/// Takes commands for a topic and answers at once; a Job is one. Thread: the commanding one, no lock held.
class CommandHandler {
 public:
  virtual ~CommandHandler() = default;
  virtual std::error_code on_command(const Command& command) = 0;
  virtual std::error_code on_answer(std::string_view prompt, std::string_view answer) = 0;
};

/// What a commit pushed out of the history, kept until the lock is released: freeing is the slow part.
/// What does not fit is freed under the lock.
class Evicted {
 public:
  void add(EventRef event) noexcept {
    if (count_ < events_.size()) events_[count_++] = std::move(event);
  }

 private:
  std::array<EventRef, 8> events_;
  std::size_t count_ = 0;
};

/// Thread: any. User code that runs under its lock: the state's `apply` and `write_json`.
class TopicLog {
 public:
  /// @param born  the number at which it begins: its first floor
  TopicLog(std::shared_ptr<TopicAccount> account, std::shared_ptr<Sequencer> sequencer, TopicOptions options,
           std::unique_ptr<StateHolder> state, std::uint64_t born);
  ~TopicLog();
  TopicLog(const TopicLog&) = delete;
  TopicLog& operator=(const TopicLog&) = delete;

  const std::string& name() const noexcept { return account_->name; }
  const TopicOptions& options() const noexcept { return options_; }
  const std::shared_ptr<TopicAccount>& account() const noexcept { return account_; }

  /// Applies and appends one event in one step, marks what it supersedes, evicts what is over the
  /// bounds, and collects the shards to wake.
  /// @param wakes  null: somebody calls `wake` later
  /// @param at  the number that a backplane gave, else none: the next one is taken
  Receipt commit(Ref<EventRecord> event, const Applied& applied, Ending ending, WakeList* wakes,
                 std::optional<Position> at = {}, std::uint64_t seq = 0);

  /// Collects the shards to wake.
  void wake(WakeList& wakes) const;

  /// The same facts in one instant.
  struct Bounds {
    std::uint64_t floor = 0;      ///< a position at or above it can be resumed
    std::uint64_t last_n = 0;     ///< of the newest event; the number at creation when there is none
    std::uint64_t last_seq = 0;
    std::uint64_t done_n = 0;     ///< of the last event; 0 while open
    bool has_state = false;
    Ending ending = Ending::none;
  };
  Bounds bounds() const;

  /// Calls `visit(const EventRef&, const Bounds&)` under the lock for each event in (after, limit], until
  /// it returns false.
  template <class Visit>
  Bounds scan(std::uint64_t after, std::uint64_t limit, Visit&& visit) const {
    const std::lock_guard lock(mutex_);
    const Bounds bounds = bounds_locked();
    for (std::size_t i = history_.first_after(after); i < history_.size(); ++i) {
      const EventRef& event = history_[i];
      if (event->position.n > limit || !visit(event, bounds)) break;
    }
    return bounds;
  }

  /// The state and the number up to which it holds everything: cached, serialised anew only when stale.
  /// Null for a topic without state. For a finished topic it stands just before the last event, so that
  /// whoever gets it is still owed the end.
  /// @param exact  not one from a moment ago: it holds everything that was committed to the topic
  EventRef snapshot(SteadyTime now, const Limits& limits, bool exact = false);

  /// The position number of the event with this `seq`, or of the last one before it that is retained; none
  /// when what followed it may have been evicted, or when it is yet to come.
  /// 0 means "before the first".
  std::optional<std::uint64_t> number_of_seq(std::uint64_t seq) const;
  /// The number after which at most `count` events are retained.
  std::uint64_t rewind(std::size_t count) const;

  void add_link(const Ref<WakeLink>& link);
  void remove_link(const WakeLink* link);

  /// Forgets the older half of the events, at least one is kept. Returns whether any were forgotten.
  bool shrink();

  void with_state(void (*visit)(const void* state, void* out), void* out) const;
  /// Null, or says which type the state is.
  const void* state_tag() const noexcept { return state_ ? state_->tag() : nullptr; }

  void handle_commands(std::weak_ptr<CommandHandler> handler);
  std::shared_ptr<CommandHandler> command_handler() const;

 private:
  Bounds bounds_locked() const noexcept;
  void wake_locked(WakeList& wakes) const;
  void evict_front(Evicted& evicted) noexcept;
  bool over_bounds() const noexcept;

  const std::shared_ptr<TopicAccount> account_;
  const std::shared_ptr<Sequencer> sequencer_;
  const TopicOptions options_;

  mutable std::mutex mutex_;
  std::unique_ptr<StateHolder> state_;
  History history_;
  Conflation conflation_;
  std::uint64_t floor_ = 0, floor_seq_ = 0;  // of the last event that was evicted and could still be owed
  std::uint64_t last_n_ = 0, last_seq_ = 0, done_n_ = 0;
  Ending ending_ = Ending::none;
  EventRef snapshot_;
  SteadyTime snapshot_made_{};
  std::vector<Ref<WakeLink>> links_;
  std::weak_ptr<CommandHandler> commands_;
};

}  // namespace fanfare::detail
