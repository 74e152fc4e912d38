/// BrokerCore: the table of topics and the way of an event into its log. What Broker, Topic, Job and the
/// server share.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/backplane.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/fanout/pump.hpp>
#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/core/log/tombstones.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace fanfare::detail {

/// How `open` treats a name that is there already.
enum class Reuse : std::uint8_t {
  find,   ///< give the one that is there
  anew,   ///< a finished one is replaced by a new log; an open one is topic_exists
};

/// Names asked for, and what became of them.
struct Resolved {
  SelectionRef selection;             ///< of the topics that are there
  std::vector<std::string> unknown;   ///< expired ones included
  bool any_expired = false;           ///< among the unknown
};

/// Thread: any.
class BrokerCore : public std::enable_shared_from_this<BrokerCore> {
 public:
  explicit BrokerCore(BrokerOptions options);
  ~BrokerCore();

  /// Starts the backplane, if there is one.
  void start();
  void close();
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }

  std::shared_ptr<TopicLog> open(std::string name, TopicOptions options, std::unique_ptr<StateHolder> state,
                                 Reuse reuse);
  std::shared_ptr<TopicLog> find(const std::string& name) const;
  bool expired(const std::string& name) const;

  Receipt publish(const std::shared_ptr<TopicLog>& log, Payload&& payload, PublishOptions&& options, Ending ending);

  Resolved resolve(const std::vector<std::string>& names, std::vector<std::string> types,
                   std::vector<std::string> audience, double max_rate) const;

  std::error_code command(const Command& command);
  std::error_code answer(const std::string& topic, std::string_view prompt, std::string_view answer);
  void revoke(std::string_view audience);

  std::shared_ptr<ShardCore> make_shard(std::function<void()> wake);
  /// The shard that the pump serves, for blocking waits; made when first needed.
  std::shared_ptr<ShardCore> waiting_shard();
  /// Subscriptions of no shard, so that revoking and closing reach them.
  void enlist(Subscriber& subscriber);
  void delist(Subscriber& subscriber) noexcept;

  const ReadContext& context() const noexcept { return context_; }
  const BrokerOptions& options() const noexcept { return options_; }
  Pump& pump() noexcept { return pump_; }
  Metrics metrics() const;
  void log(Level level, std::string_view text) const;

 private:
  std::error_code check(Payload& payload, const PublishOptions& options) const;
  Receipt accept(const TopicLog& log, Payload&& payload, PublishOptions&& options, Ending ending);
  Receipt commit(const std::shared_ptr<TopicLog>& log, Ref<EventRecord> event, const Applied& applied, Ending ending,
                 std::optional<Position> at, std::uint64_t seq);
  void expire_later(const std::shared_ptr<TopicLog>& log, Ending ending) noexcept;
  void expire(const std::string& name, const std::weak_ptr<TopicLog>& log);
  void reclaim();
  template <class Visit>
  void each_shard(Visit&& visit);
  void end_subscribers(std::string_view tag, std::error_code why);

  /// What the backplane calls.
  class Feed;
  void commit_from_feed(const Committed& committed);
  void report(std::uint64_t token, const Receipt& receipt);

  const BrokerOptions options_;
  ReadContext context_;
  Pump pump_;
  std::atomic<bool> closed_{false};

  mutable std::shared_mutex table_mutex_;
  std::unordered_map<std::string, std::shared_ptr<TopicLog>> topics_;
  Tombstones tombstones_;
  std::size_t reclaim_cursor_ = 0;

  std::mutex shards_mutex_;
  std::vector<std::weak_ptr<ShardCore>> shards_;
  std::shared_ptr<ShardCore> waiting_shard_;
  SubscriberList loose_;

  std::unique_ptr<Feed> feed_;
  std::mutex outbox_mutex_;
  std::uint64_t last_token_ = 0;
  std::unordered_map<std::uint64_t, std::function<void(const Receipt&)>> outbox_;
};

}  // namespace fanfare::detail
