#pragma once

#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/core/transport.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL ShardCore::ShardCore(const ReadContext& context, std::function<void()> wake)
    : context_(context),
      target_(new WakeTarget(std::move(wake))),
      wheel_(context.clock->now()),
      random_(static_cast<std::minstd_rand::result_type>(reinterpret_cast<std::uintptr_t>(this) >> 4)) {
  deferred_.next_ = deferred_.previous_ = &deferred_;
}

FANFARE_DECL ShardCore::~ShardCore() {
  close();
  cohorts_.clear();
  for (WakeLink* link = target_->disarm_and_take(); link;) std::exchange(link, link->next)->release();
}

FANFARE_DECL void ShardCore::close() { target_->silence(); }

FANFARE_DECL std::chrono::milliseconds ShardCore::jittered(std::chrono::milliseconds duration) {
  const auto tenth = duration.count() / 10;
  if (tenth <= 0) return duration;
  std::uniform_int_distribution<std::int64_t> spread(-tenth, tenth);
  return duration + std::chrono::milliseconds(spread(random_));
}

// ---- who watches what ------------------------------------------------------------------------------

FANFARE_DECL void ShardCore::watch(Listener& listener, const Selection& selection) {
  const std::lock_guard lock(mutex_);
  listener.watched_ = true;
  for (const auto& topic : selection.topics) {
    Ref<WakeLink>& link = links_[topic.get()];
    if (!link) {
      link = Ref<WakeLink>(new WakeLink(target_, topic));
      topic->add_link(link);
    }
    link->listeners.push_back(&listener);
    listener.links_.push_back(link);
  }
}

FANFARE_DECL void ShardCore::detach(Listener& listener) noexcept {
  for (const auto& link : listener.links_) {
    auto& all = link->listeners;
    all.erase(std::find(all.begin(), all.end(), &listener));
    if (!all.empty()) continue;
    link->topic->remove_link(link.get());
    links_.erase(link->topic.get());
  }
  listener.links_.clear();
  listener.watched_ = false;
  if (listener.queued_) {
    Listener* before = nullptr;
    for (Listener* entry = ready_first_; entry != &listener; entry = entry->next_ready_) before = entry;
    (before ? before->next_ready_ : ready_first_) = listener.next_ready_;
    if (ready_last_ == &listener) ready_last_ = before;
    listener.queued_ = false;
  }
}

FANFARE_DECL void ShardCore::unwatch(Listener& listener) noexcept {
  std::unique_lock lock(mutex_);
  detach(listener);
  if (running_ != &listener) return;
  running_removed_ = true;
  if (poller_ == std::this_thread::get_id()) return;
  idle_.wait(lock, [&] { return running_ != &listener; });
  detach(listener);  // for it may have watched anew while it ran
}

FANFARE_DECL void ShardCore::queue(Listener& listener) noexcept {
  if (listener.queued_ || !listener.watched_) return;
  listener.queued_ = true;
  listener.next_ready_ = nullptr;
  (ready_last_ ? ready_last_->next_ready_ : ready_first_) = &listener;
  ready_last_ = &listener;
}

FANFARE_DECL void ShardCore::ready(Listener& listener) {
  {
    const std::lock_guard lock(mutex_);
    queue(listener);
    if (poller_ == std::this_thread::get_id()) return;  // poll is about to see it
  }
  if (target_->arm()) target_->call();
}

FANFARE_DECL void ShardCore::defer(Deferred& work) {
  if (!work.next_) work.insert_before(deferred_);
  {
    const std::lock_guard lock(mutex_);
    if (poller_ == std::this_thread::get_id()) return;  // poll is about to see it
  }
  if (target_->arm()) target_->call();
}

FANFARE_DECL bool ShardCore::work_for_a_while() {
  constexpr std::chrono::milliseconds a_while(1);
  if (deferred_.next_ == &deferred_) return false;
  const auto until = std::chrono::steady_clock::now() + a_while;
  do {
    Deferred& first = *deferred_.next_;
    first.take_out();
    first.work();
  } while (deferred_.next_ != &deferred_ && std::chrono::steady_clock::now() < until);
  return deferred_.next_ != &deferred_;
}

FANFARE_DECL void ShardCore::post(std::function<void()> function) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
  }
  if (target_->arm()) target_->call();
}

FANFARE_DECL void ShardCore::enlist(Subscriber& subscriber) {
  const std::lock_guard lock(mutex_);
  subscribers_.add(subscriber);
}

FANFARE_DECL void ShardCore::delist(Subscriber& subscriber) noexcept {
  const std::lock_guard lock(mutex_);
  subscribers_.remove(subscriber);
}

FANFARE_DECL void ShardCore::end_subscribers(std::string tag, std::error_code why) {
  post([this, tag = std::move(tag), why] {
    // Those that may be destroyed by any thread are noted under the lock; the others only by this one.
    std::vector<Subscriber*> ours;
    {
      const std::lock_guard lock(mutex_);
      subscribers_.each([&](Subscriber& subscriber) {
        if (!tag.empty() && !subscriber.carries(tag)) return;
        if (Listener* listener = subscriber.note_end(why)) queue(*listener);
        else ours.push_back(&subscriber);
      });
    }
    for (Subscriber* subscriber : ours) subscriber->end(why);
  });
}

// ---- one turn --------------------------------------------------------------------------------------

FANFARE_DECL void ShardCore::take_news() {
  WakeLink* link = target_->disarm_and_take();
  const std::lock_guard lock(mutex_);
  poller_ = std::this_thread::get_id();
  while (link) {
    const Ref<WakeLink> taken = Ref<WakeLink>::adopt(link);
    link = link->next;
    taken->clear();  // before anybody reads: what comes from now on wakes again
    for (Listener* listener : taken->listeners) queue(*listener);
  }
}

FANFARE_DECL void ShardCore::run_posted() {
  if (running_posted_.empty()) {
    const std::lock_guard lock(mutex_);
    running_posted_.swap(posted_);
    std::reverse(running_posted_.begin(), running_posted_.end());
  }
  while (!running_posted_.empty()) {  // what one throws leaves the rest to the next turn
    const auto function = std::move(running_posted_.back());
    running_posted_.pop_back();
    function();
  }
}

FANFARE_DECL Listener* ShardCore::next_ready() noexcept {
  const std::lock_guard lock(mutex_);
  Listener* listener = ready_first_;
  if (!listener) return nullptr;
  ready_first_ = listener->next_ready_;
  if (!ready_first_) ready_last_ = nullptr;
  listener->queued_ = false;
  running_ = listener;
  running_removed_ = false;
  return listener;
}

FANFARE_DECL void ShardCore::begin_turn() noexcept {
  turn_limit_ = 0;
  backlog_.forget();
}

/// A host's callback, format or state threw. Nobody waits for it any more, and the rest gets another turn.
FANFARE_DECL void ShardCore::break_off() noexcept {
  begin_turn();
  {
    const std::lock_guard lock(mutex_);
    poller_ = {};
    running_ = nullptr;
    idle_.notify_all();
  }
  try {
    if (target_->arm()) target_->call();
  } catch (...) {
    return;  // out of memory: it goes on with the next news
  }
}

FANFARE_DECL std::chrono::milliseconds ShardCore::poll() {
  struct Turn {
    ShardCore& shard;
    bool whole = false;
    ~Turn() {
      if (!whole) shard.break_off();
    }
  } turn{*this};
  begin_turn();
  take_news();
  run_posted();
  const auto now = context_.clock->now();
  wheel_.advance(now);

  Slice slice;
  while (slice.sends > 0) {
    Listener* listener = next_ready();
    if (!listener) break;
    --slice.sends;
    const bool more = listener->on_ready(slice);
    const std::lock_guard lock(mutex_);
    if (more && !running_removed_) queue(*listener);
    running_ = nullptr;
    idle_.notify_all();
  }
  for (Cohort* cohort : std::exchange(maybe_empty_, {})) {
    const auto found = std::find_if(cohorts_.begin(), cohorts_.end(),
                                    [cohort](const auto& entry) { return entry.second.get() == cohort; });
    if (found != cohorts_.end() && cohort->empty()) cohorts_.erase(found);
  }
  const bool more_work = work_for_a_while();
  begin_turn();  // of whoever can write between now and the next poll
  turn.whole = true;
  {
    const std::lock_guard lock(mutex_);
    poller_ = {};
    if (ready_first_ || !posted_.empty() || more_work) return std::chrono::milliseconds(0);
  }
  return wheel_.next(context_.clock->now(), std::chrono::hours(1));
}

// ---- cohorts ---------------------------------------------------------------------------------------

FANFARE_DECL void ShardCore::join(Member& member, const Replay& replay, const Format& format,
                                  std::chrono::milliseconds beat) {
  const Selection& selection = *replay.selection();
  std::size_t hash = format.id();
  for (const auto& topic : selection.topics) hash = hash * 31 + std::hash<const void*>{}(topic.get());
  for (const auto& tag : selection.audience) hash = hash * 31 + std::hash<std::string>{}(tag);
  const auto [first, last] = cohorts_.equal_range(hash);
  for (auto entry = first; entry != last; ++entry) {
    if (entry->second->serves(selection, format, beat)) return entry->second->join(member);
  }
  auto cohort = std::make_unique<Cohort>(*this, replay.selection(), format, beat, replay.at());
  cohorts_.emplace(hash, std::move(cohort))->second->join(member);
}

FANFARE_DECL Transport* ShardCore::common_transport(std::unique_ptr<Transport>& own) {
  constexpr std::size_t most = 64;  // as many as there are mounts and formats; a host that makes more shares fewer
  if (!own->kind()) return nullptr;
  const auto same = std::find_if(transports_.begin(), transports_.end(), [&](const auto& other) {
    return other->kind() == own->kind() && &other->format() == &own->format();
  });
  if (same != transports_.end()) return own.reset(), same->get();
  if (transports_.size() == most) return nullptr;
  transports_.push_back(std::move(own));
  return transports_.back().get();
}

FANFARE_DECL void ShardCore::forget_if_empty(Cohort& cohort) { maybe_empty_.push_back(&cohort); }

}  // namespace fanfare::detail
