/// Subscription: a move-only handle to a position in one or more topics. Pull it, block on it, or be
/// told when it has news.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare {
namespace detail {
class SubscriptionCore;
}

struct SubscribeOptions {
  std::vector<std::string> topics = {};
  /// A position as a client said it, well formed or not; empty: the snapshot, then what is newer.
  std::string since = {};
  /// Only events of these types; empty: all. Never hides reset, snapshot or a topic's last event.
  std::vector<std::string> types = {};
  /// The tags that the subscriber carries; events with an audience reach it when it has them all.
  std::vector<std::string> audience = {};
  double max_rate = 0;      ///< updates per second; 0: unlimited. Critical events are never held up
  std::size_t rewind = 0;   ///< without `since`, of topics without a state: the last events to repeat
};

/// Thread: one at a time; it may be destroyed by any. After its destructor no callback of it starts, and
/// a running one has returned unless it is the caller. Lifetime: may outlive its Broker and Shard.
class Subscription {
 public:
  Subscription() noexcept;
  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  /// What is due now, oldest first; empty when there is nothing. Never waits.
  /// First come `reset` and snapshots as needed; several topics end their opening with `synced`.
  std::vector<Event> take();
  /// The same, but waits until something is due, the subscription has ended, or the time is over.
  /// Not for a loop's thread.
  std::vector<Event> wait(std::chrono::milliseconds timeout);

  /// Adds a topic: its snapshot or missing events come next, without ids until `synced`. An unknown one,
  /// or one beyond limits.max_topics_per_subscription, gives a `gone` event.
  void add(std::string topic, std::string since = {});
  void remove(std::string_view topic);

  /// Up to where everything was taken: what to hand in as `since`. n is 0 while the opening of several
  /// topics has not been taken whole.
  Position position() const noexcept;
  /// Nothing more will come.
  bool ended() const noexcept;
  /// Why it ended: unknown_topic, revoked, shut_down, handler_failed; none when all of its topics have ended.
  std::error_code error() const noexcept;

  /// For the library.
  explicit Subscription(std::shared_ptr<detail::SubscriptionCore> core) noexcept;

 private:
  friend class detail::SubscriptionCore;
  std::shared_ptr<detail::SubscriptionCore> core_;
};

}  // namespace fanfare
