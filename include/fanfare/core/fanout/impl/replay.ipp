#pragma once

#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL std::string_view to_string(ResetReason reason) noexcept {
  switch (reason) {
    case ResetReason::malformed: return "malformed";
    case ResetReason::foreign_epoch: return "foreign_epoch";
    case ResetReason::ahead: return "ahead";
    case ResetReason::below_floor: return "below_floor";
    case ResetReason::fell_behind: return "fell_behind";
  }
  return "";
}

FANFARE_DECL Event Replay::block(const ReadContext& context, std::string type, std::string json,
                                 std::uint64_t n) const {
  const auto& account = selection_->topics.size() == 1 ? selection_->topics[0]->account() : context.unnamed;
  return Event(EventRef(new EventRecord(account, std::move(type), std::move(json),
                                        Position{context.sequencer->epoch(), n}, 0)),
               n == 0);
}

FANFARE_DECL Replay::Replay(SelectionRef selection, std::uint64_t at) : selection_(std::move(selection)), at_(at) {
  ended_ = all_ended();  // nobody may come to tell it later: a finished topic has no more news
}

FANFARE_DECL bool Replay::all_ended() const {
  const auto& topics = selection_->topics;
  return !topics.empty() && std::all_of(topics.begin(), topics.end(), [this](const auto& topic) {
    const auto bounds = topic->bounds();
    return bounds.done_n != 0 && bounds.done_n <= at_;
  });
}

// ---- attaching -------------------------------------------------------------------------------------

FANFARE_DECL Replay Replay::attach(const ReadContext& context, SelectionRef selection, const ResumeFrom& from,
                                   std::vector<Event>& out) {
  Replay replay(std::move(selection), 0);
  ResetReason why = ResetReason::malformed;
  const bool asked = std::any_of(from.candidates.begin(), from.candidates.end(),
                                 [](const auto& candidate) { return !candidate.empty(); });
  if (!asked) {
    replay.start_fresh(context, from, false, out);
  } else if (!replay.resume(context, from, why)) {
    replay.reset(context, why, out);
  }
  return replay;
}

FANFARE_DECL bool Replay::resume(const ReadContext& context, const ResumeFrom& from, ResetReason& why) {
  const std::uint64_t top = context.sequencer->committed();
  std::vector<TopicLog::Bounds> bounds;
  std::uint64_t floor = 0;
  for (const auto& topic : selection_->topics) {
    bounds.push_back(topic->bounds());
    floor = std::max(floor, bounds.back().floor);
  }
  bool found = false;
  for (const auto& candidate : from.candidates) {
    if (candidate.empty()) continue;
    std::uint64_t n = 0;
    if (const auto position = Position::parse(candidate)) {
      n = position->n;
      if (position->epoch != context.sequencer->epoch()) {
        why = ResetReason::foreign_epoch;
        continue;
      }
    } else if (const auto seq = parse_number(candidate);
               seq && from.seq_allowed && selection_->topics.size() == 1) {
      const auto number = selection_->topics[0]->number_of_seq(*seq);
      if (!number) {
        why = *seq > bounds[0].last_seq ? ResetReason::ahead : ResetReason::below_floor;
        continue;
      }
      n = *number;
    } else {
      continue;  // malformed, unless another candidate has more to say
    }
    if (n > top) {
      why = ResetReason::ahead;
    } else if (n < floor) {
      why = ResetReason::below_floor;
    } else {
      at_ = std::max(at_, n);
      found = true;
    }
  }
  if (found) {
    ended_ = std::all_of(bounds.begin(), bounds.end(),
                         [this](const auto& topic) { return topic.done_n != 0 && topic.done_n <= at_; });
  }
  return found;
}

FANFARE_DECL void Replay::start_fresh(const ReadContext& context, const ResumeFrom& from, bool reset,
                                      std::vector<Event>& out) {
  const auto now = context.clock->now();
  const bool several = selection_->topics.size() != 1 || opening_;  // who waits for `synced` gets one
  std::vector<std::uint64_t> starts;
  for (const auto& topic : selection_->topics) {
    if (auto snapshot = topic->snapshot(now, context.limits, from.exact)) {
      starts.push_back(snapshot->position.n);
      out.emplace_back(std::move(snapshot), several);
      continue;
    }
    const auto bounds = topic->bounds();
    if (reset) starts.push_back(bounds.floor);
    else if (from.rewind > 0) starts.push_back(topic->rewind(from.rewind));
    else if (bounds.done_n != 0) starts.push_back(bounds.done_n - 1);  // the end is owed to everybody
    else starts.push_back(std::max(bounds.floor, from.exact ? bounds.last_n : context.sequencer->committed()));
  }
  ended_ = false;
  opening_.reset();
  at_ = starts.empty() ? context.sequencer->committed() : *std::min_element(starts.begin(), starts.end());
  if (several) {
    opening_ = std::make_unique<Opening>();
    opening_->starts = std::move(starts);
    opening_->synced_at = context.sequencer->committed();
    if (from.exact) {
      opening_->synced_at = at_;
      for (const auto& topic : selection_->topics) {
        opening_->synced_at = std::max(opening_->synced_at, topic->bounds().last_n);
      }
    }
  }
}

FANFARE_DECL void Replay::reset(const ReadContext& context, ResetReason reason, std::vector<Event>& out) {
  Counters::add(context.unnamed->broker->counters.resets);
  out.push_back(block(context, "reset", "{\"reason\":\"" + std::string(to_string(reason)) + "\"}", 0));
  start_fresh(context, {}, true, out);
}

FANFARE_DECL void Replay::finish_opening(const ReadContext& context, std::vector<Event>& out) {
  opening_.reset();
  out.push_back(block(context, "synced", "{\"topics\":" + std::to_string(selection_->topics.size()) + "}", at_));
}

FANFARE_DECL void Replay::add(const ReadContext& context, std::shared_ptr<TopicLog> topic, const ResumeFrom& from,
                              std::vector<Event>& out) {
  const auto& before = selection_->topics;
  if (std::find(before.begin(), before.end(), topic) != before.end()) return;
  // Alone it would start with ids; they are held back, for they would speak of the other topics too.
  auto alone = std::make_shared<Selection>(*selection_);
  alone->topics = {topic};
  const Replay start = attach(context, std::move(alone), from, out);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = Event(EventRef(&out[i].record()), true);

  auto grown = std::make_shared<Selection>(*selection_);
  grown->topics.push_back(std::move(topic));
  if (!opening_) {
    opening_ = std::make_unique<Opening>();
    opening_->starts.assign(grown->topics.size() - 1, at_);
  }
  opening_->starts.push_back(start.at());
  opening_->synced_at = context.sequencer->committed();
  at_ = *std::min_element(opening_->starts.begin(), opening_->starts.end());
  selection_ = std::move(grown);
  ended_ = false;
}

FANFARE_DECL void Replay::filter_as(const Selection& like) {
  auto filtered = std::make_shared<Selection>(like);
  filtered->topics = selection_->topics;
  selection_ = std::move(filtered);
}

FANFARE_DECL void Replay::reopen(const ReadContext& context, std::vector<Event>& out) {
  reset(context, ResetReason::fell_behind, out);
}

FANFARE_DECL bool Replay::remove(std::string_view topic) {
  auto rest = std::make_shared<Selection>(*selection_);
  const auto found = std::find_if(rest->topics.begin(), rest->topics.end(),
                                  [topic](const auto& log) { return log->name() == topic; });
  if (found == rest->topics.end()) return false;
  if (opening_) opening_->starts.erase(opening_->starts.begin() + (found - rest->topics.begin()));
  rest->topics.erase(found);
  selection_ = std::move(rest);
  // The rest may stand further on than what the removed one owed, and may have ended without it.
  if (opening_ && !opening_->starts.empty()) {
    at_ = std::max(at_, *std::min_element(opening_->starts.begin(), opening_->starts.end()));
  }
  ended_ = !opening_ && all_ended();
  return true;
}

FANFARE_DECL std::uint64_t position_after(std::span<const Event> events, std::size_t i, std::uint64_t end) noexcept {
  if (!events[i].bare()) return events[i].position().n;
  return i + 1 < events.size() && !events[i + 1].bare() ? events[i + 1].position().n - 1 : end;
}

FANFARE_DECL Event gone_event(const ReadContext& context, std::string_view topic) {
  std::string json = "{\"topic\":";
  wire::append_json_string(json, topic);
  json += '}';
  return Event(EventRef(new EventRecord(context.unnamed, "gone", std::move(json), {context.sequencer->epoch(), 0}, 0)), true);
}

// ---- reading ---------------------------------------------------------------------------------------

/// One read under way: what it may still hand out and what it had to skip.
struct Replay::Batch {
  const ReadContext& context;
  const Replay& replay;
  bool lagging;
  ReadBudget budget;
  std::vector<Event>& out;
  std::uint64_t skipped = 0;

  bool full() const noexcept { return budget.events == 0 || budget.bytes == 0; }

  /// Whether the event is due for this reader at all; a lossy one that is not worth its bytes any more
  /// is counted instead.
  enum class Due { no, skipped, yes };
  Due due(const EventRecord& event, const TopicLog::Bounds& bounds) const noexcept {
    if (!replay.selection_->wants(event)) return Due::no;
    if (event.superseded.load(std::memory_order_relaxed) && !event.last) return Due::no;
    const bool behind = bounds.last_seq - event.seq > context.limits.lossy_backlog_events;
    return event.delivery == Delivery::lossy && !event.last && (lagging || behind) ? Due::skipped : Due::yes;
  }
  void add(const EventRef& event) {
    tell_skipped();
    budget.events -= 1;
    budget.bytes -= std::min(budget.bytes, event->json.size());
    out.emplace_back(event, replay.opening());
  }
  void tell_skipped() {
    if (skipped == 0) return;
    out.push_back(replay.block(context, "skipped", "{\"count\":" + std::to_string(skipped) + "}", 0));
    Counters::add(context.unnamed->broker->counters.lossy_skipped, skipped);
    skipped = 0;
  }
};

FANFARE_DECL bool Replay::read(const ReadContext& context, std::uint64_t limit, bool lagging, ReadBudget budget,
                               std::vector<Event>& out) {
  if (limit <= at_ && !opening_) return false;
  // Up to synced_at all was committed when the topics were opened, perhaps after the caller took its limit;
  // no news need come for the rest of it.
  const std::uint64_t reachable = opening_ ? opening_->synced_at : limit;
  const std::size_t before = out.size();
  Batch batch{context, *this, lagging, budget, out};
  const bool above_floor = selection_->topics.size() == 1 ? read_one(reachable, batch) : read_merged(reachable, batch);
  if (!above_floor) {
    out.resize(before);
    reset(context, ResetReason::fell_behind, out);
    return true;
  }
  batch.tell_skipped();
  if (opening_ && at_ >= opening_->synced_at) finish_opening(context, out);
  return at_ < limit;
}

FANFARE_DECL bool Replay::read_one(std::uint64_t limit, Batch& batch) {
  std::uint64_t reached = limit;
  std::uint64_t last = at_;
  const auto bounds = selection_->topics[0]->scan(at_, limit, [&](const EventRef& event, const auto& now) {
    if (batch.full()) {
      reached = last;
      return false;
    }
    last = event->position.n;
    const auto due = batch.due(*event, now);
    if (due == Batch::Due::skipped) ++batch.skipped;
    else if (due == Batch::Due::yes) batch.add(event);
    return true;
  });
  if (at_ < bounds.floor) return false;
  at_ = reached;
  ended_ = bounds.done_n != 0 && bounds.done_n <= at_;
  return true;
}

FANFARE_DECL bool Replay::read_merged(std::uint64_t limit, Batch& batch) {
  struct Candidate {
    EventRef event;
    Batch::Due due;
  };
  std::vector<Candidate> candidates;
  const std::size_t topics = selection_->topics.size();
  const std::size_t share = topics == 0 ? 0 : std::max<std::size_t>(64, batch.budget.events / topics);
  std::uint64_t reached = limit;
  std::uint64_t ends = 0;
  bool all_end = topics != 0;
  for (std::size_t i = 0; i < topics; ++i) {
    const std::uint64_t from = opening_ ? std::max(at_, opening_->starts[i]) : at_;
    std::size_t taken = 0;
    std::uint64_t last = from;
    const auto bounds = selection_->topics[i]->scan(from, limit, [&](const EventRef& event, const auto& now) {
      if (taken == share) {
        reached = std::min(reached, last);  // nobody may get ahead of what this topic still owes
        return false;
      }
      last = event->position.n;
      const auto due = batch.due(*event, now);
      if (due != Batch::Due::no) candidates.push_back({event, due}), ++taken;
      return true;
    });
    if (from < bounds.floor) return false;
    all_end = all_end && bounds.done_n != 0;
    ends = std::max(ends, bounds.done_n);
  }
  std::sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return a.event->position.n < b.event->position.n;
  });
  for (const auto& [event, due] : candidates) {
    if (event->position.n > reached) break;
    if (batch.full()) {
      reached = event->position.n - 1;
      break;
    }
    if (due == Batch::Due::skipped) ++batch.skipped;
    else batch.add(event);
  }
  at_ = std::max(at_, reached);
  ended_ = all_end && ends <= at_;
  return true;
}

FANFARE_DECL bool Replay::critical_waits(std::uint64_t limit) const {
  bool found = opening_ != nullptr;
  for (const auto& topic : selection_->topics) {
    if (found) break;
    const auto bounds = topic->scan(at_, limit, [&](const EventRef& event, const auto&) {
      found = event->last || (event->delivery == Delivery::critical && selection_->wants(*event));
      return !found;
    });
    found = found || at_ < bounds.floor;
  }
  return found;
}

}  // namespace fanfare::detail
