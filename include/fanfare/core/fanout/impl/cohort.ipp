#pragma once

#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/core/fanout/thrown.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL Cohort::Cohort(ShardCore& shard, SelectionRef selection, const Format& format,
                            std::chrono::milliseconds beat, std::uint64_t at)
    : shard_(shard),
      format_(format),
      beat_(beat),
      replay_(std::move(selection), at),
      pacing_(replay_.selection()->max_rate),
      last_write_(shard.context().clock->now()) {
  shard_.watch(*this, *replay_.selection());
}

FANFARE_DECL Cohort::~Cohort() { shard_.unwatch(*this); }

FANFARE_DECL bool Cohort::serves(const Selection& selection, const Format& format,
                                 std::chrono::milliseconds beat) const noexcept {
  return &format == &format_ && beat == beat_ && (&selection == replay_.selection().get() || selection == *replay_.selection());
}

// ---- membership ------------------------------------------------------------------------------------

FANFARE_DECL void Cohort::join(Member& member) {
  joining_.push_back(&member);
  member.cohort_ = this;
  member.slot_ = static_cast<std::uint32_t>(-1);
  shard_.ready(*this);
}

FANFARE_DECL void Cohort::leave(Member& member) noexcept {
  member.cohort_ = nullptr;
  if (const auto joiner = std::find(joining_.begin(), joining_.end(), &member); joiner != joining_.end()) {
    if (static_cast<std::size_t>(joiner - joining_.begin()) < ahead_) --ahead_;
    joining_.erase(joiner);
  } else {
    --live_;
    members_[member.slot_] = nullptr;
    if (pass_ == Pass::none) {
      members_[member.slot_] = members_.back();
      if (members_.back()) members_.back()->slot_ = member.slot_;
      members_.pop_back();
    }
  }
  if (live_ == 0 && joining_.empty()) shard_.forget_if_empty(*this);
}

FANFARE_DECL void Cohort::add(Member& member) {
  members_.push_back(&member);
  member.cohort_ = this;
  member.slot_ = static_cast<std::uint32_t>(members_.size() - 1);
  ++live_;
  member.joined(replay_.selection(), sum_);
}

FANFARE_DECL bool Cohort::settle_joiners(Slice& slice) {
  // A joiner's own functions may make any other leave or join, so all who wait are in the list all the time
  // but the one that is asked.
  ahead_ = 0;
  while (ahead_ < joining_.size()) {
    if (slice.sends == 0) return true;
    --slice.sends;
    if (members_.size() == members_.capacity()) members_.reserve(2 * members_.size() + 8);  // `add` cannot fail then
    Member& member = *joining_.back();
    joining_.pop_back();
    member.cohort_ = nullptr;
    switch (member.level_with(replay_.at())) {
      case Member::Level::reached:
        if (replay_.ended()) member.ended();
        else add(member);
        break;
      case Member::Level::ahead:
        member.cohort_ = this;
        joining_.push_back(&member);
        std::swap(joining_[ahead_++], joining_.back());
        break;
      case Member::Level::busy: break;
    }
  }
  return false;
}

// ---- delivery --------------------------------------------------------------------------------------

FANFARE_DECL bool Cohort::on_ready(Slice& slice) {
  bool more = false;
  {
    busy_ = true;
    const struct Idle {
      bool& busy;
      ~Idle() { busy = false; }
    } idle{busy_};
    more = work(slice);
  }
  if (empty()) shard_.forget_if_empty(*this);
  return more;
}

FANFARE_DECL bool Cohort::work(Slice& slice) {
  for (;;) {
    if (pass_ == Pass::none) {
      if (begin_delivery()) {
      } else if (beat_due_) {
        beat_due_ = false;
        begin_pass(Pass::beat);
      } else if (replay_.ended() && live_ > 0) {
        begin_pass(Pass::end);
      } else {
        break;
      }
    }
    if (!continue_pass(slice)) return true;
  }
  const bool more = settle_joiners(slice);
  schedule(shard_.context().clock->now());
  return more;
}

FANFARE_DECL bool Cohort::begin_delivery() {
  const auto& context = shard_.context();
  const std::uint64_t limit = context.sequencer->committed();
  const auto now = context.clock->now();
  if (limit <= replay_.at() && !replay_.opening()) return false;
  if (!pacing_.may_read(now, replay_, limit)) return false;
  span_began_ = sum_;
  try {
    if (!read_on(limit, now)) return false;
  } catch (...) {  // a host's format or state, or no memory
    return give_up(limit);
  }
  begin_pass(Pass::deliver);
  Counters::add(shard_.counters().cohort_deliveries, live_);
  return true;
}

FANFARE_DECL bool Cohort::read_on(std::uint64_t limit, SteadyTime now) {
  for (bool more = true; more;) {
    span_opening_ = replay_.opening();
    span_from_ = span_opening_ ? 0 : replay_.at();
    more = replay_.read(shard_.context(), limit, false, {}, events_);
    if (live_ == 0) events_.clear();
    if (events_.empty()) continue;
    pacing_.did_read(now);
    lay_out();
    events_.clear();
    return true;
  }
  return false;
}

FANFARE_DECL void Cohort::lay_out() {
  std::uint64_t at = span_from_;
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Event& event = events_[i];
    ImageRef image;
    try {
      image = event.record().image(format_, event.bare());
    } catch (...) {
      // What comes before it is owed to everybody; the next read begins with it.
      if (i == 0 || at == 0 || span_opening_) throw;
      replay_.move_to(at, false);
      break;
    }
    // A member that stops where ids are held back has no position: it has to open the topics itself.
    const bool skipped = event.bare() && event.control() && event.type() == "skipped";
    if (!event.bare() || (skipped && !span_opening_)) at = position_after(events_, i, replay_.at());
    else if (!skipped) at = 0;
    add_to_sum(image->checksum());
    span_.add(std::move(image), at);
  }
  span_.lay_out();
}

/// The members end where the span began, and come back to it: passing over the event would lose it for them.
FANFARE_DECL bool Cohort::give_up(std::uint64_t limit) noexcept {
  span_.clear();
  events_.clear();
  sum_ = span_began_;
  if (live_ != 0) {
    report_thrown(shard_.context(), "streams", *replay_.selection());
    begin_pass(Pass::fail);
    return true;
  }
  replay_ = Replay(replay_.selection(), limit);  // who waits to come in reads up to there by itself
  return false;
}

FANFARE_DECL void Cohort::add_to_sum(const wire::Checksum& image) noexcept {
  if (image.kind() == wire::Checksum::Kind::none) return;
  if (sum_.kind() == wire::Checksum::Kind::none) sum_ = span_began_ = wire::Checksum(image.kind());
  sum_.append(image);
}

FANFARE_DECL void Cohort::begin_pass(Pass pass) noexcept {
  pass_ = pass;
  next_ = 0;
  pass_end_ = members_.size();
}

FANFARE_DECL bool Cohort::continue_pass(Slice& slice) {
  if (pass_ == Pass::deliver) deliver(slice);
  while (next_ < pass_end_) {
    if (slice.sends == 0) return false;
    Member* member = members_[next_++];
    if (!member) continue;
    --slice.sends;
    visit(*member);
  }
  finish_pass();
  return true;
}

inline void prefetch(const void* address) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(address);
#else
  (void)address;
#endif
}

/// The inner loop of the library: one virtual call and one send for each member that keeps up.
FANFARE_DECL void Cohort::deliver(Slice& slice) {
  const std::string_view bytes = span_.bytes();
  const std::size_t first = next_, end = std::min(pass_end_, next_ + slice.sends);
  Member* const* const members = members_.data();  // nobody comes in during a pass, and who leaves becomes a null
  for (std::size_t i = first; i < end;) {
    Member* const member = members[i++];
    next_ = i;
    if (i + 1 < end) prefetch(members[i + 1]);  // while the kernel is busy with this one
    if (!member) continue;
    const std::size_t taken = member->write(bytes);
    if (taken != bytes.size()) [[unlikely]] let_go(*member, taken);
  }
  slice.sends -= end - first;
}

FANFARE_DECL void Cohort::visit(Member& member) {
  if (pass_ == Pass::beat) return member.beat();
  if (pass_ == Pass::fail) {
    leave(member);
    return member.failed();
  }
  member.passed(sum_);
  leave(member);
  member.ended();
}

FANFARE_DECL void Cohort::let_go(Member& member, std::size_t taken) {
  if (taken == Member::gone) return;
  Counters::add(shard_.counters().members_fell_short);
  leave(member);
  const std::size_t cut = span_.cut_by(taken);
  const Span::Mark& mark = span_.marks()[cut];
  wire::Checksum sum = span_began_;
  for (std::size_t i = 0; i <= cut && sum.kind() != wire::Checksum::Kind::none; ++i) {
    sum.append(span_.marks()[i].image->checksum());
  }
  member.passed(sum);
  member.fell_short(Replay(replay_.selection(), mark.at), mark.image, taken - span_.begin_of(cut));
}

FANFARE_DECL void Cohort::finish_pass() {
  if (pass_ == Pass::deliver) beat_due_ = false;
  last_write_ = shard_.context().clock->now();
  next_beat_ = shard_.jittered(beat_);
  pass_ = Pass::none;
  span_.clear();
  if (live_ == members_.size()) return;
  std::erase(members_, nullptr);
  for (std::size_t i = 0; i < members_.size(); ++i) members_[i]->slot_ = static_cast<std::uint32_t>(i);
}

// ---- time ------------------------------------------------------------------------------------------

FANFARE_DECL void Cohort::schedule(SteadyTime now) {
  if (live_ == 0 && joining_.empty()) return unlink();
  SteadyTime due = SteadyTime::max();
  if (beat_.count() > 0) {
    if (next_beat_.count() == 0) next_beat_ = shard_.jittered(beat_);
    due = last_write_ + next_beat_;
  }
  if (!pacing_.unlimited() && shard_.context().sequencer->committed() > replay_.at()) {
    due = std::min(due, std::max(now, pacing_.due()));
  }
  // A deadline that is merely too early is left alone: it looks again when it fires, so that a busy
  // cohort does not move it for every event.
  if (due != SteadyTime::max() && (!waiting() || deadline() > due)) shard_.wheel().set(*this, due);
}

FANFARE_DECL void Cohort::on_deadline() {
  const auto now = shard_.context().clock->now();
  if (beat_.count() > 0 && now >= last_write_ + next_beat_) beat_due_ = true;
  shard_.ready(*this);
}

}  // namespace fanfare::detail
