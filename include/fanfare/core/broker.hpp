/// Broker: owns the topics. Publish and subscribe from any thread.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/core/limits.hpp>
#include <fanfare/core/metrics.hpp>
#include <fanfare/core/subscription.hpp>
#include <fanfare/core/topic.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare {
class Backplane;

enum class Level { debug, info, warning, error };

struct BrokerOptions {
  /// Joins this process with others; without one the broker numbers its events itself.
  std::shared_ptr<Backplane> backplane = {};
  TopicOptions topic_defaults = {};
  Limits limits = {};
  /// Null: the system's clocks. The host's must outlast the broker.
  const Clock* clock = nullptr;
  /// Gets what the library has to say; called from any thread, no lock held. Empty: it is silent.
  std::function<void(Level, std::string_view)> log = {};
};

/// Thread: any. Lifetime: handles share what they need; after `close` they say shut_down.
class Broker {
 public:
  explicit Broker(BrokerOptions options = {});
  /// Its end is `close`.
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Opens a topic, or finds the one of that name, finished ones included. As with O_CREAT, options and
  /// initial state count when it is new.
  /// Throws std::system_error: invalid_name (1 to 128 bytes without control characters), too_many_topics,
  /// shut_down, topic_exists (open with a state of another type).
  Topic topic(std::string name);
  Topic topic(std::string name, TopicOptions options);
  template <State S>
  TopicOf<S> topic(std::string name, S initial) {
    return topic(std::move(name), std::move(initial), topic_defaults());
  }
  template <State S>
  TopicOf<S> topic(std::string name, S initial, TopicOptions options) {
    return TopicOf<S>(open(std::move(name), std::move(options), std::make_unique<detail::StateOf<S>>(std::move(initial))));
  }

  /// Unknown topics: one alone ends the subscription with unknown_topic, among others it gives `gone`.
  Subscription subscribe(SubscribeOptions options);

  /// Hands a command to the topic's publisher. Errors: unknown_topic, topic_finished, no_handler.
  std::error_code command(Command command);
  /// Asks the job to stop; its stop_token says so. The same errors.
  std::error_code cancel(std::string_view topic);
  /// Answers an open question of a job. Errors: unknown_topic, unknown_prompt, already_answered, invalid_choice.
  std::error_code answer(std::string_view topic, std::string_view prompt, std::string_view answer);
  /// Ends the streams and subscriptions that carry the tag, soon, with Error::revoked.
  void revoke(std::string_view audience);
  /// Waiters wake, streams end, publish says shut_down. Idempotent.
  void close();

  Metrics metrics() const;
  const TopicOptions& topic_defaults() const noexcept;

  /// For the library.
  const std::shared_ptr<detail::BrokerCore>& core() const noexcept { return core_; }

 private:
  Topic open(std::string name, TopicOptions options, std::unique_ptr<detail::StateHolder> state);

  std::shared_ptr<detail::BrokerCore> core_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/core.ipp>
#endif
