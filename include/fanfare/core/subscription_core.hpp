/// SubscriptionCore: what a Subscription handle points to: a Replay, its pace, and who to tell of news.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/fanout/pacing.hpp>
#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/core/subscription.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace fanfare::detail {

/// Thread: the handle's calls one at a time; on_ready on the shard's thread; note_end on any.
class SubscriptionCore final : public Listener, public Subscriber, public std::enable_shared_from_this<SubscriptionCore> {
 public:
  using OnReady = std::function<void(Subscription&)>;

  /// @param shard  null: pulled only, or blocked on
  static Subscription make(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard,
                           SubscribeOptions options, OnReady on_ready);
  /// One whose start was found already.
  /// @param paced_until  it goes on for a client that has just read, which its pace holds up until then at the latest
  static Subscription adopt(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard, Replay replay,
                            std::vector<Event> first, OnReady on_ready, SteadyTime paced_until = {});
  SubscriptionCore(std::shared_ptr<BrokerCore> broker, std::shared_ptr<ShardCore> shard, OnReady on_ready);
  FANFARE_DECL ~SubscriptionCore() override;

  std::vector<Event> take();
  std::vector<Event> wait(std::chrono::milliseconds timeout);
  void add(std::string topic, std::string since);
  void remove(std::string_view topic);
  Position position() const;
  bool ended() const;
  std::error_code error() const;
  /// The handle has gone: no callback starts any more.
  void close() noexcept;

  FANFARE_DECL bool on_ready(Slice& slice) override;
  FANFARE_DECL bool carries(std::string_view tag) const noexcept override;
  FANFARE_DECL Listener* note_end(std::error_code why) noexcept override;

 private:
  class PacedWake;

  void open(SubscribeOptions&& options);
  void enlist(const Selection& selection);
  void opened();
  bool over() const noexcept { return error_ || (replay_.ended() && opening_.empty()); }
  void watch_again(std::unique_lock<std::mutex>& lock);
  void wake_when_due();

  const std::shared_ptr<BrokerCore> broker_;
  std::shared_ptr<ShardCore> shard_;
  const OnReady on_ready_;

  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::string> audience_;
  Replay replay_;
  Pacing pacing_{0};
  std::vector<Event> opening_;  // made by attaching, not yet taken
  std::error_code error_;
  bool watching_ = false, enlisted_in_shard_ = false, opened_ = false, closed_ = false, woken_ = false;
  std::shared_ptr<PacedWake> paced_wake_;  // touched on the shard's thread only
};

}  // namespace fanfare::detail
