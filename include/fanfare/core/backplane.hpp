/// Backplane: joins the brokers of several processes. An interface; implementations live in backplane/.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/delivery.hpp>
#include <fanfare/core/topic.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare {

/// An event on its way to the other processes, and back.
struct Outgoing {
  std::string topic, type, key, json;
  Delivery delivery = Delivery::critical;
  std::vector<std::string> audience = {};
  bool last = false, failed = false;
  std::uint64_t token = 0;  ///< the publishing broker's, to find its own again; 0 from other processes
};

/// An event of the ordered feed: numbered by the backplane.
struct Committed {
  Outgoing event;
  std::uint64_t n = 0;    ///< over all topics, strictly increasing
  std::uint64_t seq = 0;  ///< within the topic, without holes
};

/// What a backplane calls on its broker. Thread: one at a time, the backplane's.
class Uplink {
 public:
  virtual ~Uplink() = default;
  /// The log's incarnation; before the first event.
  virtual void epoch(std::uint64_t epoch) = 0;
  /// The feed in order, this process's own events included. Nothing is committed otherwise.
  virtual void committed(std::span<const Committed> events) = 0;
  /// An accepted event that will not be committed.
  virtual void lost(std::uint64_t token, std::error_code why) = 0;
  virtual void command(const Command& command) = 0;
  virtual void revoked(std::string_view audience) = 0;
};

/// Thread: any but for what it says of Uplink. `publish` must not block on the network.
class Backplane {
 public:
  virtual ~Backplane() = default;
  virtual void start(Uplink& uplink) = 0;
  /// No call on the uplink afterwards.
  virtual void stop() = 0;
  virtual void publish(std::span<const Outgoing> events) = 0;
  virtual void follow(std::string_view topic, std::uint64_t after) = 0;
  virtual void unfollow(std::string_view topic) = 0;
  virtual void send(const Command& command) = 0;
  virtual void store(std::string_view topic, std::uint64_t n, Json state) = 0;
  virtual void revoke(std::string_view audience) = 0;
};

}  // namespace fanfare
