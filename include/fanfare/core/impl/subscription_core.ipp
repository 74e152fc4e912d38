#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/subscription_core.hpp>

#include <algorithm>

namespace fanfare::detail {

/// A deadline in the shard's wheel that outlives its subscription, which any thread may destroy while
/// the wheel belongs to the shard's.
class SubscriptionCore::PacedWake final : public WheelEntry {
 public:
  explicit PacedWake(std::weak_ptr<SubscriptionCore> core) : core_(std::move(core)) {}
  void arm(TimingWheel& wheel, SteadyTime due, std::shared_ptr<PacedWake> self) {
    in_wheel_ = std::move(self);
    wheel.set(*this, due);
  }

 private:
  void on_deadline() override {
    const auto self = std::move(in_wheel_);
    if (const auto core = core_.lock()) core->shard_->ready(*core);
  }
  void on_dropped() noexcept override { const auto self = std::move(in_wheel_); }

  std::weak_ptr<SubscriptionCore> core_;
  std::shared_ptr<PacedWake> in_wheel_;
};

FANFARE_DECL SubscriptionCore::SubscriptionCore(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard,
                                                OnReady on_ready)
    : broker_(std::move(broker)),
      shard_(std::move(shard)),
      on_ready_(std::move(on_ready)),
      replay_(std::make_shared<Selection>(), 0) {}

FANFARE_DECL SubscriptionCore::~SubscriptionCore() = default;

FANFARE_DECL Subscription SubscriptionCore::make(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard,
                                                 SubscribeOptions options, OnReady on_ready) {
  auto core = std::make_shared<SubscriptionCore>(std::move(broker), std::move(shard), std::move(on_ready));
  core->open(std::move(options));
  return Subscription(std::move(core));
}

FANFARE_DECL void SubscriptionCore::open(SubscribeOptions&& options) {
  auto resolved = broker_->resolve(options.topics, std::move(options.types), std::move(options.audience), options.max_rate);
  audience_ = resolved.selection->audience;
  if (options.topics.size() > broker_->options().limits.max_topics_per_subscription)
    error_ = make_error_code(Error::too_many_subscriptions);
  else if (resolved.selection->topics.empty() && !options.topics.empty())
    error_ = make_error_code(resolved.any_expired ? Error::topic_expired : Error::unknown_topic);
  pacing_ = Pacing(options.max_rate);

  // Watch first, then look where the log stands: what comes in between wakes, so nothing is lost.
  enlist(*resolved.selection);
  {
    const std::lock_guard lock(mutex_);
    if (!error_) {
      for (const auto& name : resolved.unknown) opening_.push_back(gone_event(broker_->context(), name));
      replay_ = Replay::attach(broker_->context(), resolved.selection, {{options.since}, false, options.rewind}, opening_);
    }
  }
  opened();
}

FANFARE_DECL Subscription SubscriptionCore::adopt(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard,
                                                  Replay replay, std::vector<Event> first, OnReady on_ready,
                                                  SteadyTime paced_until) {
  auto core = std::make_shared<SubscriptionCore>(std::move(broker), std::move(shard), std::move(on_ready));
  core->audience_ = replay.selection()->audience;
  core->pacing_ = Pacing(replay.selection()->max_rate);
  core->pacing_.go_on(core->broker_->context().clock->now(), paced_until);
  core->enlist(*replay.selection());
  {
    const std::lock_guard lock(core->mutex_);
    core->replay_ = std::move(replay);
    core->opening_ = std::move(first);
  }
  core->opened();
  return Subscription(std::move(core));
}

FANFARE_DECL void SubscriptionCore::opened() {
  {
    // Until now news found nobody to call, for the replay was not there yet; and who was enlisted after the
    // broker told everybody of its end has not heard of it.
    const std::lock_guard lock(mutex_);
    opened_ = true;
    if (broker_->closed() && !over()) error_ = make_error_code(Error::shut_down);
  }
  if (shard_) shard_->ready(*this);
}

FANFARE_DECL void SubscriptionCore::enlist(const Selection& selection) {
  enlisted_in_shard_ = shard_ != nullptr;
  if (!shard_) return broker_->enlist(*this);
  shard_->enlist(*this);
  shard_->watch(*this, selection);
  watching_ = true;
}

FANFARE_DECL void SubscriptionCore::close() noexcept {
  bool first = false;  // the handle that a callback is lent may close it before its owner does
  {
    const std::lock_guard lock(mutex_);
    first = !std::exchange(closed_, true);
  }
  if (first && enlisted_in_shard_) shard_->delist(*this);
  else if (first) broker_->delist(*this);
  if (watching_) shard_->unwatch(*this);
}

// ---- taking ----------------------------------------------------------------------------------------

FANFARE_DECL std::vector<Event> SubscriptionCore::take() {
  const std::lock_guard lock(mutex_);
  if (error_) return {};
  std::vector<Event> events = std::exchange(opening_, {});
  const auto& context = broker_->context();
  const std::uint64_t limit = context.sequencer->committed();
  const auto now = context.clock->now();
  if (!pacing_.may_read(now, replay_, limit)) return events;
  const std::size_t before = events.size();
  while (replay_.read(context, limit, false, {}, events)) {
  }
  if (events.size() > before) pacing_.did_read(now);
  return events;
}

FANFARE_DECL std::vector<Event> SubscriptionCore::wait(std::chrono::milliseconds timeout) {
  constexpr std::chrono::hours longest(24 * 365);  // what is meant as "for ever" must not overflow
  const auto until = std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(timeout, longest);
  if (!watching_) {
    shard_ = broker_->waiting_shard();
    shard_->watch(*this, *replay_.selection());
    watching_ = true;
  }
  for (;;) {
    auto events = take();
    if (!events.empty() || ended()) return events;
    std::unique_lock lock(mutex_);
    // A paced subscription has no news to wait for while its next read is merely not due yet.
    auto deadline = until;
    if (!pacing_.unlimited()) {
      const auto due = pacing_.due() - broker_->context().clock->now();
      if (due.count() > 0) deadline = std::min(until, std::chrono::steady_clock::now() + due);
    }
    news_.wait_until(lock, deadline, [this] { return woken_ || error_; });
    woken_ = false;
    lock.unlock();
    if (std::chrono::steady_clock::now() >= until) return take();
  }
}

FANFARE_DECL bool SubscriptionCore::on_ready(Slice&) {
  const auto self = shared_from_this();  // the callback may destroy the handle
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || !opened_) return false;
    woken_ = true;
    news_.notify_all();
    if (!on_ready_) return false;
    if (!pacing_.unlimited()) wake_when_due();
  }
  Subscription handle(self);
  try {
    on_ready_(handle);
  } catch (...) {
    const SelectionRef selection = [this] {
      const std::lock_guard lock(mutex_);
      return replay_.selection();
    }();
    report_thrown(broker_->context(), "on_ready", *selection);
    note_end(make_error_code(Error::handler_failed));
    throw;  // and the handle closes it
  }
  handle.core_.reset();  // without closing: the handle is only lent
  return false;
}

FANFARE_DECL void SubscriptionCore::wake_when_due() {
  const auto now = broker_->context().clock->now();
  if (now >= pacing_.due()) return;
  if (!paced_wake_) paced_wake_ = std::make_shared<PacedWake>(weak_from_this());
  if (!paced_wake_->waiting()) paced_wake_->arm(shard_->wheel(), pacing_.due(), paced_wake_);
}

// ---- topics ----------------------------------------------------------------------------------------

FANFARE_DECL void SubscriptionCore::watch_again(std::unique_lock<std::mutex>& lock) {
  const auto selection = replay_.selection();
  lock.unlock();
  if (!watching_) return;
  shard_->unwatch(*this);
  shard_->watch(*this, *selection);
  shard_->ready(*this);  // for what came while nobody watched
}

FANFARE_DECL void SubscriptionCore::add(std::string topic, std::string since) {
  const auto log = broker_->find(topic);
  std::unique_lock lock(mutex_);
  if (error_) return;
  const auto& topics = replay_.selection()->topics;
  const bool present = std::find(topics.begin(), topics.end(), log) != topics.end();
  if (!log || (!present && topics.size() >= broker_->options().limits.max_topics_per_subscription)) {
    opening_.push_back(gone_event(broker_->context(), topic));
    lock.unlock();
    if (watching_) shard_->ready(*this);
    return;
  }
  replay_.add(broker_->context(), log, {{std::move(since)}, false, 0}, opening_);
  watch_again(lock);
}

FANFARE_DECL void SubscriptionCore::remove(std::string_view topic) {
  std::unique_lock lock(mutex_);
  replay_.remove(topic);
  watch_again(lock);
}

// ---- state -----------------------------------------------------------------------------------------

FANFARE_DECL Position SubscriptionCore::position() const {
  const std::lock_guard lock(mutex_);
  const bool whole = !replay_.opening() && opening_.empty();
  return {broker_->context().sequencer->epoch(), whole ? replay_.at() : 0};
}

FANFARE_DECL bool SubscriptionCore::ended() const {
  const std::lock_guard lock(mutex_);
  return over();
}

FANFARE_DECL std::error_code SubscriptionCore::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

FANFARE_DECL bool SubscriptionCore::carries(std::string_view tag) const noexcept {
  return std::binary_search(audience_.begin(), audience_.end(), tag);
}

FANFARE_DECL Listener* SubscriptionCore::note_end(std::error_code why) noexcept {
  const std::lock_guard lock(mutex_);
  if (!over()) error_ = why;
  news_.notify_all();
  return this;
}

}  // namespace fanfare::detail
