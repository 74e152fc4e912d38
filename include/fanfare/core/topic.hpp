/// Topic: a copyable handle to a named log with bounded history, current state, and an end.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/payload.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/core/state.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace fanfare {
namespace detail {
class TopicLog;
class BrokerCore;
}  // namespace detail

/// What became of a publish. With a backplane `position.n` and `seq` are 0: accepted, not yet committed;
/// on_commit reports the rest.
struct Receipt {
  std::error_code error;
  Position position;
  std::uint64_t seq = 0;

  explicit operator bool() const noexcept { return !error; }
};

struct PublishOptions {
  /// Only subscribers that carry all of these tags receive it. Such an event never reaches the state.
  std::vector<std::string> audience = {};
  /// Called once the event is committed, or was given up: in the publisher's thread before `publish`
  /// returns, or with a backplane later in the backplane's thread. No lock is held.
  std::function<void(const Receipt&)> on_commit = {};
};

/// From a watcher to the topic's publisher.
struct Command {
  std::string topic, name;
  Json data = {};
};

struct TopicOptions {
  /// Events kept for those who come back, whichever bound is reached first. At least one is kept.
  std::size_t max_history_events = 4096, max_history_bytes = 4 << 20;
  /// Takes commands; called in the commanding thread, no lock held.
  std::function<void(const Command&)> on_command = {};
  /// How long a finished topic can still be read.
  std::chrono::seconds keep_completed = std::chrono::minutes(30), keep_failed = std::chrono::hours(2);
};

/// Thread: any. Lifetime: shares what it needs; after the broker closed, publishing says shut_down.
class Topic {
 public:
  const std::string& name() const noexcept;

  /// Appends an event to the topic and wakes the shards that serve it.
  /// Never waits for a subscriber. Calls no user code under a lock but the state's `apply`.
  /// @return  the position it was committed at, or topic_finished, payload_too_large, invalid_payload,
  ///          invalid_name, state_refused, shut_down, backplane_lost
  /// Complexity: O(shards) wakes, whatever the number of subscribers.
  Receipt publish(Payload event, PublishOptions options = {}) const;
  /// Publishes the last event. Ending twice the same way is no error; the second event is dropped.
  Receipt finish(Payload last = Done{}) const;
  /// The same for an end in failure, which is kept longer (TopicOptions::keep_failed).
  Receipt fail(Payload last) const;
  bool finished() const noexcept;

  /// For the library.
  Topic(std::shared_ptr<detail::BrokerCore> broker, std::shared_ptr<detail::TopicLog> log) noexcept;
  const std::shared_ptr<detail::TopicLog>& log() const noexcept { return log_; }

 protected:
  /// Calls `visit` with the state under the topic's lock.
  void with_state(void (*visit)(const void* state, void* out), void* out) const;

 private:
  std::shared_ptr<detail::BrokerCore> broker_;
  std::shared_ptr<detail::TopicLog> log_;
};

/// A topic with a state of type S: publishing an event that S does not list does not compile.
template <State S>
class TopicOf : public Topic {
 public:
  explicit TopicOf(Topic topic) noexcept : Topic(std::move(topic)) {}

  /// A copy, taken under the topic's lock.
  S state() const {
    std::optional<S> copy;
    with_state([](const void* state, void* out) {
      static_cast<std::optional<S>*>(out)->emplace(*static_cast<const S*>(state));
    }, &copy);
    return *std::move(copy);
  }
  template <ListedIn<S> E>
  Receipt publish(const E& event, PublishOptions options = {}) const {
    return Topic::publish(Payload(event), std::move(options));
  }
  template <ListedIn<S> E>
  Receipt finish(const E& last) const {
    return Topic::finish(Payload(last));
  }
  template <ListedIn<S> E>
  Receipt fail(const E& last) const {
    return Topic::fail(Payload(last));
  }
};

}  // namespace fanfare
