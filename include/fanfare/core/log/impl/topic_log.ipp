#pragma once

#include <fanfare/core/log/topic_log.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL TopicLog::TopicLog(std::shared_ptr<TopicAccount> account, std::shared_ptr<Sequencer> sequencer,
                                TopicOptions options, std::unique_ptr<StateHolder> state, std::uint64_t born)
    : account_(std::move(account)),
      sequencer_(std::move(sequencer)),
      options_(std::move(options)),
      state_(std::move(state)),
      floor_(born),
      last_n_(born) {}

FANFARE_DECL TopicLog::~TopicLog() {
  while (!history_.empty()) history_.pop_front()->leave_history();
}

FANFARE_DECL Receipt TopicLog::commit(Ref<EventRecord> event, const Applied& applied, Ending ending,
                                      WakeList* wakes, std::optional<Position> at, std::uint64_t seq) {
  Counters& counters = account_->broker->counters;
  Evicted evicted;  // declared before the lock, so freed after it
  const std::lock_guard lock(mutex_);
  if (ending_ != Ending::none) {
    if (ending != ending_) return {make_error_code(Error::topic_finished), {}, 0};
    return {{}, Position{sequencer_->epoch(), done_n_}, last_seq_};
  }
  if (at && at->n <= sequencer_->committed()) return {make_error_code(Error::backplane_lost), {}, 0};

  // All that can fail comes before the commit.
  history_.reserve_one();
  Conflation::Slot* slot = nullptr;
  if (event->delivery == Delivery::conflated) slot = &conflation_.slot(Conflation::hash(*event));
  if (state_ && event->audience.empty()) {
    std::error_code refused;
    try {
      refused = state_->apply(applied);
    } catch (...) {
      refused = make_error_code(Error::state_refused);
    }
    if (refused) {
      if (slot) conflation_.give_back(Conflation::hash(*event));
      return {refused, {}, 0};
    }
  }

  event->seq = seq != 0 ? seq : last_seq_ + 1;
  event->last = ending != Ending::none;
  const auto append = [&](std::uint64_t n) noexcept {
    event->position = {sequencer_->epoch(), n};
    history_.push_back(EventRef(event));
  };
  if (at) sequencer_->commit_at(at->n, append);
  else sequencer_->commit(append);
  if (slot && Conflation::replace(*slot, *event)) Counters::add(counters.events_superseded);
  event->enter_history();
  last_n_ = event->position.n;
  last_seq_ = event->seq;
  if (ending != Ending::none) {
    ending_ = ending;
    done_n_ = last_n_;
    snapshot_ = {};
  }
  while (over_bounds()) evict_front(evicted);

  Counters::add(counters.events_published);
  if (wakes) wake_locked(*wakes);
  return {{}, event->position, event->seq};
}

FANFARE_DECL void TopicLog::wake_locked(WakeList& wakes) const {
  for (const auto& link : links_) {
    if (WakeTarget* shard = link->mark()) wakes.add(shard);
  }
}

FANFARE_DECL void TopicLog::wake(WakeList& wakes) const {
  const std::lock_guard lock(mutex_);
  wake_locked(wakes);
}

FANFARE_DECL bool TopicLog::over_bounds() const noexcept {
  if (history_.size() <= 1) return false;
  return history_.size() > std::max<std::size_t>(1, options_.max_history_events) ||
         account_->history_bytes.load(std::memory_order_relaxed) >
             static_cast<std::int64_t>(options_.max_history_bytes);
}

FANFARE_DECL void TopicLog::evict_front(Evicted& evicted) noexcept {
  EventRef event = history_.pop_front();
  if (event->delivery == Delivery::conflated) conflation_.forget(*event);
  // What a newer event replaced is owed to nobody, so losing it raises no floor: a topic whose history
  // is mostly old progress can be resumed from much further back than the ring is long.
  if (!event->superseded.load(std::memory_order_relaxed)) {
    floor_ = event->position.n;
    floor_seq_ = event->seq;
  }
  event->leave_history();
  Counters::add(account_->broker->counters.events_evicted);
  evicted.add(std::move(event));
}

FANFARE_DECL TopicLog::Bounds TopicLog::bounds_locked() const noexcept {
  return {floor_, last_n_, last_seq_, done_n_, state_ != nullptr, ending_};
}

FANFARE_DECL TopicLog::Bounds TopicLog::bounds() const {
  const std::lock_guard lock(mutex_);
  return bounds_locked();
}

FANFARE_DECL EventRef TopicLog::snapshot(SteadyTime now, const Limits& limits, bool exact) {
  const std::lock_guard lock(mutex_);
  if (!state_) return {};
  // Before the last event: the state holds its effect already, but it is still to be delivered.
  const std::uint64_t covers = done_n_ != 0 ? done_n_ - 1 : last_n_;
  if (snapshot_ && snapshot_->position.n >= floor_) {
    const bool current = snapshot_->position.n == covers;
    const bool fresh = last_seq_ - snapshot_->seq <= limits.snapshot_max_events &&
                       now - snapshot_made_ <= limits.snapshot_max_age && done_n_ == 0 && !exact;
    if (current || fresh) return snapshot_;
  }
  std::string json;
  state_->write_json(json);
  const std::uint64_t seq = done_n_ != 0 ? last_seq_ - 1 : last_seq_;
  snapshot_ = EventRef(new EventRecord(account_, std::string(state_->snapshot_type()), std::move(json),
                                       Position{sequencer_->epoch(), covers}, seq));
  snapshot_made_ = now;
  Counters::add(account_->broker->counters.snapshots_serialised);
  return snapshot_;
}

FANFARE_DECL std::optional<std::uint64_t> TopicLog::number_of_seq(std::uint64_t seq) const {
  const std::lock_guard lock(mutex_);
  if (seq > last_seq_ || seq < floor_seq_) return std::nullopt;
  // Searched for rather than computed: a backplane's feed that lost an event leaves a hole.
  std::size_t low = 0, high = history_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (history_[middle]->seq <= seq) low = middle + 1;
    else high = middle;
  }
  return low == 0 ? floor_ : history_[low - 1]->position.n;
}

FANFARE_DECL std::uint64_t TopicLog::rewind(std::size_t count) const {
  const std::lock_guard lock(mutex_);
  if (count >= history_.size()) return floor_;
  return history_[history_.size() - count - 1]->position.n;
}

FANFARE_DECL void TopicLog::add_link(const Ref<WakeLink>& link) {
  const std::lock_guard lock(mutex_);
  links_.push_back(link);
}

FANFARE_DECL void TopicLog::remove_link(const WakeLink* link) {
  const std::lock_guard lock(mutex_);
  std::erase_if(links_, [link](const auto& held) { return held.get() == link; });
}

FANFARE_DECL bool TopicLog::shrink() {
  Evicted evicted;
  const std::lock_guard lock(mutex_);
  const std::size_t before = history_.size();
  for (std::size_t rest = before / 2; rest > 0 && history_.size() > 1; --rest) evict_front(evicted);
  return history_.size() < before;
}

FANFARE_DECL void TopicLog::with_state(void (*visit)(const void*, void*), void* out) const {
  const std::lock_guard lock(mutex_);
  visit(state_->state(), out);
}

FANFARE_DECL void TopicLog::handle_commands(std::weak_ptr<CommandHandler> handler) {
  const std::lock_guard lock(mutex_);
  commands_ = std::move(handler);
}

FANFARE_DECL std::shared_ptr<CommandHandler> TopicLog::command_handler() const {
  const std::lock_guard lock(mutex_);
  return commands_.lock();
}

}  // namespace fanfare::detail
