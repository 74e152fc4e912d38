#pragma once

#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/burst.hpp>
#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/subscription_core.hpp>
#include <fanfare/wire/utf8.hpp>

#include <algorithm>
#include <random>

namespace fanfare::detail {

/// Longest name of a topic, event type, key or audience tag.
inline constexpr std::size_t max_name_bytes = 128;

/// Names reach the wire in control fields, so they carry no control characters.
FANFARE_DECL bool is_valid_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= max_name_bytes && std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  }) && wire::is_valid_utf8(name);
}

/// Sorted and each once, so that one audience includes another tag by tag.
FANFARE_DECL void sort_tags(std::vector<std::string>& tags) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
}

class BrokerCore::Feed final : public Uplink {
 public:
  explicit Feed(BrokerCore& core) : core_(core) {}

  void epoch(std::uint64_t epoch) override { core_.context_.sequencer->set_epoch(epoch); }
  void committed(std::span<const Committed> events) override {
    for (const Committed& event : events) core_.commit_from_feed(event);
  }
  void lost(std::uint64_t token, std::error_code why) override { core_.report(token, {why, {}, 0}); }
  void command(const Command& command) override { core_.command(command); }
  void revoked(std::string_view audience) override { core_.end_subscribers(audience, make_error_code(Error::revoked)); }

 private:
  BrokerCore& core_;
};

FANFARE_DECL BrokerCore::BrokerCore(BrokerOptions options)
    : options_(std::move(options)), pump_(options_.clock ? *options_.clock : Clock::system(), [this] { report_thrown(context_, "a timer"); }) {
  std::random_device random;
  context_.sequencer = std::make_shared<Sequencer>(std::uint64_t{random()} << 32 | random());
  context_.unnamed = std::make_shared<TopicAccount>(std::string(), std::make_shared<BrokerAccount>());
  context_.clock = options_.clock ? options_.clock : &Clock::system();
  context_.limits = options_.limits;
  if (options_.log) context_.log = std::make_shared<const std::function<void(Level, std::string_view)>>(options_.log);
}

FANFARE_DECL BrokerCore::~BrokerCore() { close(); }

FANFARE_DECL void BrokerCore::start() {
  if (!options_.backplane) return;
  feed_ = std::make_unique<Feed>(*this);
  options_.backplane->start(*feed_);
}

FANFARE_DECL void BrokerCore::close() {
  if (closed_.exchange(true)) return;
  if (feed_) options_.backplane->stop();
  end_subscribers({}, make_error_code(Error::shut_down));
  pump_.stop();
  decltype(outbox_) given_up;
  {
    const std::lock_guard lock(outbox_mutex_);
    given_up.swap(outbox_);
  }
  for (const auto& [token, on_commit] : given_up) {
    if (on_commit) on_commit({make_error_code(Error::shut_down), {}, 0});
  }
}

FANFARE_DECL void BrokerCore::log(Level level, std::string_view text) const {
  if (options_.log) options_.log(level, text);
}

// ---- the table of topics ---------------------------------------------------------------------------

FANFARE_DECL std::shared_ptr<TopicLog> BrokerCore::open(std::string name, TopicOptions options,
                                                        std::unique_ptr<StateHolder> state, Reuse reuse) {
  if (closed()) throw std::system_error(Error::shut_down, "topic '" + name + "'");
  if (!is_valid_name(name)) {
    throw std::system_error(Error::invalid_name, "topic: a name has 1 to 128 bytes of UTF-8 without control characters");
  }
  const std::unique_lock lock(table_mutex_);
  auto& entry = topics_[name];
  if (entry) {
    const bool finished = entry->bounds().done_n != 0;
    if (reuse == Reuse::find) {
      if (state && entry->state_tag() != state->tag()) {
        throw std::system_error(Error::topic_exists, "topic '" + name + "' is open with a state of another type");
      }
      return entry;
    }
    if (!finished) throw std::system_error(Error::topic_exists, "topic '" + name + "'");
  } else if (topics_.size() > options_.limits.max_topics) {
    topics_.erase(name);
    throw std::system_error(Error::too_many_topics, "topic '" + name + "': limits.max_topics is " +
                                                        std::to_string(options_.limits.max_topics));
  }
  auto account = std::make_shared<TopicAccount>(std::move(name), context_.unnamed->broker);
  // A number of its own tells positions from before the topic's birth, which are reset, from those after.
  const std::uint64_t born = feed_ ? context_.sequencer->committed() : context_.sequencer->commit([](std::uint64_t) {});
  entry = std::make_shared<TopicLog>(std::move(account), context_.sequencer, std::move(options), std::move(state), born);
  return entry;
}

FANFARE_DECL std::shared_ptr<TopicLog> BrokerCore::find(const std::string& name) const {
  const std::shared_lock lock(table_mutex_);
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second;
}

FANFARE_DECL bool BrokerCore::expired(const std::string& name) const {
  const std::shared_lock lock(table_mutex_);
  return tombstones_.contains(name, context_.clock->now());
}

FANFARE_DECL void BrokerCore::expire(const std::string& name, const std::weak_ptr<TopicLog>& log) {
  std::shared_ptr<TopicLog> expired;  // freed after the lock
  const std::unique_lock lock(table_mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end() || found->second != log.lock()) return;  // begun anew meanwhile
  expired = std::move(found->second);
  topics_.erase(found);
  tombstones_.add(name, context_.clock->now(), options_.limits);
}

FANFARE_DECL Resolved BrokerCore::resolve(const std::vector<std::string>& names, std::vector<std::string> types,
                                          std::vector<std::string> audience, double max_rate) const {
  Resolved resolved;
  auto selection = std::make_shared<Selection>();
  for (const auto& name : names) {
    auto log = find(name);
    if (!log) {
      resolved.any_expired = resolved.any_expired || expired(name);
      resolved.unknown.push_back(name);
    } else if (std::find(selection->topics.begin(), selection->topics.end(), log) == selection->topics.end()) {
      selection->topics.push_back(std::move(log));
    }
  }
  std::sort(types.begin(), types.end());
  std::sort(audience.begin(), audience.end());
  selection->types = std::move(types);
  selection->audience = std::move(audience);
  selection->max_rate = max_rate;
  resolved.selection = std::move(selection);
  return resolved;
}

FANFARE_DECL void BrokerCore::reclaim() {
  constexpr std::size_t topics_a_turn = 8;  // keeps publish short; the next one goes on
  const auto limit = static_cast<std::int64_t>(options_.limits.max_total_history_bytes);
  const auto& total = context_.unnamed->broker->history_bytes;
  if (total.load(std::memory_order_relaxed) <= limit) return;
  std::vector<std::shared_ptr<TopicLog>> turn;
  {
    const std::unique_lock lock(table_mutex_);
    for (std::size_t looked = 0; looked < topics_.bucket_count() && turn.size() < topics_a_turn; ++looked) {
      reclaim_cursor_ = (reclaim_cursor_ + 1) % topics_.bucket_count();
      for (auto entry = topics_.begin(reclaim_cursor_); entry != topics_.end(reclaim_cursor_); ++entry) {
        turn.push_back(entry->second);
      }
    }
  }
  for (const auto& log : turn) {
    if (total.load(std::memory_order_relaxed) <= limit) return;
    log->shrink();
  }
}

// ---- publishing ------------------------------------------------------------------------------------

FANFARE_DECL std::error_code BrokerCore::check(Payload& payload, const PublishOptions& options) const {
  if (closed()) return Error::shut_down;
  if (payload.json().size() > options_.limits.max_payload_bytes) return Error::payload_too_large;
  if (!is_valid_name(payload.type())) return Error::invalid_name;
  if (payload.key().size() > max_name_bytes && !payload.trusted()) return Error::invalid_name;
  for (const auto& tag : options.audience) {
    if (!is_valid_name(tag)) return Error::invalid_name;
  }
  if (payload.check()) return Error::invalid_payload;
  return {};
}

FANFARE_DECL Receipt BrokerCore::publish(const std::shared_ptr<TopicLog>& log, Payload&& payload,
                                         PublishOptions&& options, Ending ending) {
  if (const auto error = check(payload, options)) return {error, {}, 0};
  if (feed_) return accept(*log, std::move(payload), std::move(options), ending);
  sort_tags(options.audience);
  const void* described = payload.described();
  const void* tag = payload.tag();
  const Ref<EventRecord> event(new EventRecord(log->account(), std::move(payload), std::move(options.audience)));
  event->time = context_.clock->wall();
  const Receipt receipt = commit(log, event, {event->type, event->json, described, tag}, ending, {}, 0);
  if (options.on_commit) options.on_commit(receipt);
  return receipt;
}

FANFARE_DECL Receipt BrokerCore::commit(const std::shared_ptr<TopicLog>& log, Ref<EventRecord> event,
                                        const Applied& applied, Ending ending, std::optional<Position> at,
                                        std::uint64_t seq) {
  WakeList wakes;
  Burst* const burst = Burst::current();
  const Receipt receipt = log->commit(std::move(event), applied, ending, burst ? nullptr : &wakes, at, seq);
  if (receipt.error) return receipt;
  // The event is in the log: who was told of a failure would publish it again.
  try {
    if (burst) burst->add(log);
    else Counters::add(context_.unnamed->broker->counters.shard_wakes, wakes.call_all());
  } catch (...) {
    report_thrown(context_, "the wake after an event of '" + log->name() + "'");
  }
  if (ending != Ending::none) expire_later(log, ending);
  reclaim();
  return receipt;
}

FANFARE_DECL void BrokerCore::expire_later(const std::shared_ptr<TopicLog>& log, Ending ending) noexcept {
  const auto keep = ending == Ending::failed ? log->options().keep_failed : log->options().keep_completed;
  const auto now = context_.clock->now();
  const auto longest = std::chrono::duration_cast<std::chrono::seconds>(SteadyTime::max() - now);
  try {
    pump_.at(now + std::min(keep, longest),
             [core = weak_from_this(), name = log->name(), weak = std::weak_ptr<TopicLog>(log)] {
               if (const auto self = core.lock()) self->expire(name, weak);
             });
  } catch (...) {  // without a thread now, it expires when there is one
    report_thrown(context_, "the expiry of '" + log->name() + "'");
  }
}

// ---- publishing through a backplane ----------------------------------------------------------------

FANFARE_DECL Receipt BrokerCore::accept(const TopicLog& log, Payload&& payload, PublishOptions&& options,
                                        Ending ending) {
  constexpr std::size_t max_outbox = 65'536;
  if (const auto bounds = log.bounds(); bounds.ending != Ending::none) {
    if (ending != bounds.ending) return {make_error_code(Error::topic_finished), {}, 0};
    return {{}, Position{context_.sequencer->epoch(), bounds.done_n}, bounds.last_seq};
  }
  std::uint64_t token = 0;
  {
    const std::lock_guard lock(outbox_mutex_);
    if (closed()) return {make_error_code(Error::shut_down), {}, 0};
    if (outbox_.size() >= max_outbox) return {make_error_code(Error::backplane_lost), {}, 0};
    token = ++last_token_;
    outbox_.emplace(token, std::move(options.on_commit));
  }
  const Outgoing outgoing{log.name(), payload.take_type(), payload.take_key(), payload.take_json(), payload.delivery(),
                          std::move(options.audience), ending != Ending::none, ending == Ending::failed, token};
  options_.backplane->publish({&outgoing, 1});
  return {{}, Position{context_.sequencer->epoch(), 0}, 0};
}

FANFARE_DECL void BrokerCore::commit_from_feed(const Committed& committed) {
  const Outgoing& event = committed.event;
  const auto log = find(event.topic);
  const Position at{context_.sequencer->epoch(), committed.n};
  if (!log) {
    if (committed.n > context_.sequencer->committed()) context_.sequencer->commit_at(committed.n, [](std::uint64_t) {});
    return report(event.token, {make_error_code(Error::unknown_topic), at, committed.seq});
  }
  auto audience = event.audience;
  sort_tags(audience);
  const Ref<EventRecord> record(new EventRecord(
      log->account(), Payload(event.type, Json{event.json}, event.delivery, event.key), std::move(audience)));
  record->time = context_.clock->wall();
  const Ending ending = !event.last ? Ending::none : event.failed ? Ending::failed : Ending::completed;
  report(event.token, commit(log, record, {record->type, record->json, nullptr, nullptr}, ending, at, committed.seq));
}

FANFARE_DECL void BrokerCore::report(std::uint64_t token, const Receipt& receipt) {
  std::function<void(const Receipt&)> on_commit;
  {
    const std::lock_guard lock(outbox_mutex_);
    const auto found = outbox_.find(token);
    if (found == outbox_.end()) return;
    on_commit = std::move(found->second);
    outbox_.erase(found);
  }
  if (on_commit) on_commit(receipt);
}

// ---- commands, ends --------------------------------------------------------------------------------

FANFARE_DECL std::error_code BrokerCore::command(const Command& command) {
  const auto log = find(command.topic);
  if (!log) return expired(command.topic) ? Error::topic_expired : Error::unknown_topic;
  if (log->bounds().done_n != 0) return Error::topic_finished;
  if (const auto handler = log->command_handler()) return handler->on_command(command);
  if (!log->options().on_command) return Error::no_handler;
  log->options().on_command(command);
  return {};
}

FANFARE_DECL std::error_code BrokerCore::answer(const std::string& topic, std::string_view prompt,
                                                std::string_view answer) {
  const auto log = find(topic);
  if (!log) return expired(topic) ? Error::topic_expired : Error::unknown_topic;
  const auto handler = log->command_handler();
  if (!handler) return log->bounds().done_n != 0 ? Error::topic_finished : Error::unknown_prompt;
  return handler->on_answer(prompt, answer);
}

FANFARE_DECL void BrokerCore::revoke(std::string_view audience) {
  if (audience.empty()) return;
  if (feed_) options_.backplane->revoke(audience);
  end_subscribers(audience, make_error_code(Error::revoked));
}

template <class Visit>
void BrokerCore::each_shard(Visit&& visit) {
  std::vector<std::shared_ptr<ShardCore>> shards;
  {
    const std::lock_guard lock(shards_mutex_);
    std::erase_if(shards_, [](const auto& shard) { return shard.expired(); });
    for (const auto& shard : shards_) {
      if (auto held = shard.lock()) shards.push_back(std::move(held));
    }
  }
  for (const auto& shard : shards) visit(*shard);
}

FANFARE_DECL void BrokerCore::end_subscribers(std::string_view tag, std::error_code why) {
  each_shard([&](ShardCore& shard) { shard.end_subscribers(std::string(tag), why); });
  const std::lock_guard lock(shards_mutex_);
  loose_.each([&](Subscriber& subscriber) {
    if (tag.empty() || subscriber.carries(tag)) subscriber.note_end(why);
  });
}

FANFARE_DECL void BrokerCore::enlist(Subscriber& subscriber) {
  const std::lock_guard lock(shards_mutex_);
  loose_.add(subscriber);
}

FANFARE_DECL void BrokerCore::delist(Subscriber& subscriber) noexcept {
  const std::lock_guard lock(shards_mutex_);
  loose_.remove(subscriber);
}

FANFARE_DECL std::shared_ptr<ShardCore> BrokerCore::make_shard(std::function<void()> wake) {
  auto shard = std::make_shared<ShardCore>(context_, std::move(wake));
  const std::lock_guard lock(shards_mutex_);
  shards_.push_back(shard);
  return shard;
}

FANFARE_DECL std::shared_ptr<ShardCore> BrokerCore::waiting_shard() {
  {
    const std::lock_guard lock(shards_mutex_);
    if (waiting_shard_) return waiting_shard_;
  }
  auto made = std::make_shared<ShardCore>(context_, [this] { pump_.wake(); });
  const std::lock_guard lock(shards_mutex_);
  if (waiting_shard_) return waiting_shard_;
  waiting_shard_ = made;
  pump_.serve([this, shard = std::move(made)] {
    const auto again = shard->poll();
    if (again.count() == 0) pump_.wake();
    else if (again < std::chrono::hours(1)) pump_.at(context_.clock->now() + again, [this] { pump_.wake(); });
  });
  return waiting_shard_;
}

FANFARE_DECL Metrics BrokerCore::metrics() const {
  const auto& account = *context_.unnamed->broker;
  const Counters& c = account.counters;
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  Metrics metrics;
  metrics.events_published = read(c.events_published);
  metrics.events_evicted = read(c.events_evicted);
  metrics.events_superseded = read(c.events_superseded);
  metrics.lossy_skipped = read(c.lossy_skipped);
  metrics.resets = read(c.resets);
  metrics.snapshots_serialised = read(c.snapshots_serialised);
  metrics.images_encoded = read(c.images_encoded);
  metrics.shard_wakes = read(c.shard_wakes);
  metrics.cohort_deliveries = read(c.cohort_deliveries);
  metrics.members_fell_short = read(c.members_fell_short);
  metrics.history_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(0, read(account.history_bytes)));
  const std::shared_lock lock(table_mutex_);
  metrics.topics = topics_.size();
  return metrics;
}

}  // namespace fanfare::detail
