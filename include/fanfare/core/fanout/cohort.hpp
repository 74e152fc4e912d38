/// Cohort: a shard's caught-up subscribers that asked for the same, all at one position. Merging,
/// filtering and laying out bytes happen once per cohort and wake; each member costs one send.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/member.hpp>
#include <fanfare/core/fanout/pacing.hpp>
#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/core/fanout/span.hpp>
#include <fanfare/core/fanout/timing_wheel.hpp>

#include <chrono>
#include <cstdint>
#include <vector>

namespace fanfare::detail {

/// Thread: its shard's.
class Cohort final : public Listener, private WheelEntry {
 public:
  Cohort(ShardCore& shard, SelectionRef selection, const Format& format, std::chrono::milliseconds beat,
         std::uint64_t at);
  FANFARE_DECL ~Cohort() override;

  bool serves(const Selection& selection, const Format& format, std::chrono::milliseconds beat) const noexcept;

  /// Takes a member in once both stand at the same position; until then it is asked to level.
  void join(Member& member);
  /// The member is no longer served. It may be called from within the member's own functions.
  void leave(Member& member) noexcept;
  bool empty() const noexcept { return live_ == 0 && joining_.empty() && !busy_; }
  /// Members or joiners: what its subscribers are called one by one for.
  std::size_t size() const noexcept { return live_ + joining_.size(); }
  std::uint64_t at() const noexcept { return replay_.at(); }
  /// What one of its members has in full between two images: what a goodbye may say. 0 while ids are held
  /// back. Not for joiners, which have a position of their own.
  std::uint64_t at(const Member& member) const noexcept {
    if (awaits_span(member)) return span_from_;
    return replay_.opening() ? 0 : replay_.at();
  }
  /// Whether ids are held back for a member: it has no position to go on from by itself.
  bool opening(const Member& member) const noexcept {
    return awaits_span(member) ? span_opening_ : replay_.opening();
  }
  /// Of all that a member has got since the cohort began, for formats that sum.
  const wire::Checksum& sum(const Member& member) const noexcept {
    return awaits_span(member) ? span_began_ : sum_;
  }
  SteadyTime last_write() const noexcept { return last_write_; }

  FANFARE_DECL bool on_ready(Slice& slice) override;

 private:
  enum class Pass : std::uint8_t { none, deliver, beat, end, fail };
  FANFARE_DECL void on_deadline() override;
  void schedule(SteadyTime now);
  bool work(Slice& slice);
  bool begin_delivery();
  bool read_on(std::uint64_t limit, SteadyTime now);
  void lay_out();
  bool give_up(std::uint64_t limit) noexcept;
  void add_to_sum(const wire::Checksum& image) noexcept;
  void begin_pass(Pass pass) noexcept;
  bool continue_pass(Slice& slice);
  void deliver(Slice& slice);
  void visit(Member& member);
  void let_go(Member& member, std::size_t taken);
  void finish_pass();
  bool settle_joiners(Slice& slice);
  void add(Member& member);
  bool awaits_span(const Member& member) const noexcept {
    return (pass_ == Pass::deliver || pass_ == Pass::fail) && member.slot_ >= next_;
  }

  ShardCore& shard_;
  const Format& format_;
  const std::chrono::milliseconds beat_;
  Replay replay_;
  Pacing pacing_;

  std::vector<Member*> members_;  // a null: left during a pass
  std::size_t live_ = 0;
  std::vector<Member*> joining_;
  std::size_t ahead_ = 0;  // how many of them, from the first on, have said so in this turn

  Pass pass_ = Pass::none;
  bool beat_due_ = false;
  bool busy_ = false;  // inside on_ready
  std::size_t next_ = 0, pass_end_ = 0;
  std::vector<Event> events_;
  Span span_;
  std::uint64_t span_from_ = 0;  // the position of who has nothing of it; 0: has to open the topics anew
  bool span_opening_ = false;    // ids were held back where it begins
  wire::Checksum sum_, span_began_;  // of all that was laid out, and of what was before the span
  SteadyTime last_write_;
  std::chrono::milliseconds next_beat_{0};
};

}  // namespace fanfare::detail
