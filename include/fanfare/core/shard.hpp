/// Shard: the subscriptions served by one event loop, whichever library the loop is from.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/subscription.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace fanfare {
class Broker;
namespace detail {
class ShardCore;
class BrokerCore;
}  // namespace detail

/// Thread: `poll` on the loop's thread; `subscribe` on any. Lifetime: shares what it needs of the Broker.
class Shard {
 public:
  /// @param wake  called from any thread, once per burst, never after the destructor has returned; it
  ///              must only schedule a call of `poll` on the loop, as uv_async_send or asio::post do
  Shard(Broker& broker, std::function<void()> wake);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// @param on_ready  called from `poll`, never on a publisher's thread; it may take, write, or destroy
  ///                  the Subscription, which it gets as an argument because objects move. What it throws ends the
  ///                  Subscription with handler_failed, is said in the broker's log, and reaches who called `poll`
  Subscription subscribe(SubscribeOptions options, std::function<void(Subscription&)> on_ready);

  /// Calls on_ready of what is due, within a slice. Poll again when woken, and at the latest after the
  /// time it returns (0: at once, there is more to do). Throws what an on_ready throws; the others are called by the
  /// next poll, for which it has woken the loop.
  [[nodiscard]] std::chrono::milliseconds poll();

  /// For the library.
  const std::shared_ptr<detail::ShardCore>& core() const noexcept { return core_; }
  const std::shared_ptr<detail::BrokerCore>& broker() const noexcept { return broker_; }

 private:
  std::shared_ptr<detail::BrokerCore> broker_;
  std::shared_ptr<detail::ShardCore> core_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/core.ipp>
#endif
