/// Replay: a position in the log that moves forward. Attaching, replay and live delivery are the same
/// read, so there is no gap and no duplicate between them.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/fanout/selection.hpp>
#include <fanfare/core/limits.hpp>
#include <fanfare/fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Why a position could not be resumed; what `reset` says.
enum class ResetReason : std::uint8_t { malformed, foreign_epoch, ahead, below_floor, fell_behind };
std::string_view to_string(ResetReason reason) noexcept;

/// What a subscriber says of where it was.
struct ResumeFrom {
  std::vector<std::string> candidates;  ///< positions as the client said them; the largest valid one counts
  bool seq_allowed = false;             ///< a bare integer is the seq of the only topic
  std::size_t rewind = 0;               ///< without a position and without a state: the last events to repeat
  bool exact = false;                   ///< snapshots as of now, none from a moment ago, and where it stands afterwards
                                        ///< changes only when one of the topics does
};

/// What the whole broker lends to its readers.
struct ReadContext {
  std::shared_ptr<Sequencer> sequencer;
  std::shared_ptr<TopicAccount> unnamed;  ///< for blocks that belong to no single topic
  const Clock* clock = nullptr;
  Limits limits;
  std::shared_ptr<const std::function<void(Level, std::string_view)>> log = {};  ///< the host's; null: none
};

/// How much one read may hand out. At least one event is, if any is due.
struct ReadBudget {
  std::size_t events = 1024;
  std::size_t bytes = 192 << 10;  ///< of JSON; leaves room for framing in a span of 256 KiB
};

/// Thread: one at a time. Memory: a selection, two numbers, and only while several topics are being
/// opened their starts.
class Replay {
 public:
  /// A reader that stands at `at` with nothing to open: a member that left its cohort.
  Replay(SelectionRef selection, std::uint64_t at);

  /// Finds where to start, and appends what comes before the first event: `reset`, snapshots. All of the
  /// topics are resumed or none.
  static Replay attach(const ReadContext& context, SelectionRef selection, const ResumeFrom& from,
                       std::vector<Event>& out);

  /// Adds a topic to those that are read: ids are held back until what it owes has been read. It resumes
  /// from `from` when that is valid for it, else it starts with its snapshot.
  /// @param out  what was not handed out yet; its ids are held back, too
  void add(const ReadContext& context, std::shared_ptr<TopicLog> topic, const ResumeFrom& from,
           std::vector<Event>& out);
  /// @return  whether it was read
  bool remove(std::string_view topic);
  /// From now on reads with the types, audience and pace of `like`.
  void filter_as(const Selection& like);
  /// Opens all topics anew, as who fell below a floor: appends `reset` and snapshots.
  void reopen(const ReadContext& context, std::vector<Event>& out);

  /// Appends what is due in (at, limit] and moves there, or as far as the budget goes. Superseded events
  /// are skipped, lossy ones too when the reader is `lagging` or far behind; how many is said in a
  /// `skipped` block. Whoever fell below a floor gets `reset` and snapshots.
  /// @return whether more is due below `limit`
  bool read(const ReadContext& context, std::uint64_t limit, bool lagging, ReadBudget budget,
            std::vector<Event>& out);

  /// Skips what somebody else read for it.
  /// @param ended  whether that was up to the last event of every topic
  void move_to(std::uint64_t at, bool ended) noexcept {
    at_ = at;
    ended_ = ended;
  }

  /// Whether a critical event waits in (at, limit]; pacing must not hold it up.
  bool critical_waits(std::uint64_t limit) const;

  std::uint64_t at() const noexcept { return at_; }
  /// Everything up to the last event of every topic was read.
  bool ended() const noexcept { return ended_; }
  /// Not all snapshots and what belongs to them have been read: ids are held back.
  bool opening() const noexcept { return opening_ != nullptr; }
  const SelectionRef& selection() const noexcept { return selection_; }

 private:
  struct Opening {
    std::vector<std::uint64_t> starts;  // per topic: from where its events are owed
    std::uint64_t synced_at = 0;        // ids may be shown from here on
  };
  struct Batch;

  bool all_ended() const;
  bool resume(const ReadContext& context, const ResumeFrom& from, ResetReason& why);
  void start_fresh(const ReadContext& context, const ResumeFrom& from, bool reset, std::vector<Event>& out);
  void reset(const ReadContext& context, ResetReason reason, std::vector<Event>& out);
  bool read_one(std::uint64_t limit, Batch& batch);
  bool read_merged(std::uint64_t limit, Batch& batch);
  void finish_opening(const ReadContext& context, std::vector<Event>& out);
  Event block(const ReadContext& context, std::string type, std::string json, std::uint64_t n) const;

  SelectionRef selection_;
  std::uint64_t at_ = 0;
  std::unique_ptr<Opening> opening_;
  bool ended_ = false;
};

/// The position of a reader that has the events of one read up to the i-th: its own, or for a `skipped`
/// block the one just before the next event, so that what was counted is not counted again.
std::uint64_t position_after(std::span<const Event> events, std::size_t i, std::uint64_t end) noexcept;

/// The block that stands for a topic which is not there.
Event gone_event(const ReadContext& context, std::string_view topic);

}  // namespace fanfare::detail
