/// Account: how many bytes the histories hold, per topic and in all.
#pragma once

#include <fanfare/core/metrics.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace fanfare::detail {

/// What all topics of a broker share. Thread: any.
struct BrokerAccount {
  std::atomic<std::int64_t> history_bytes{0};
  Counters counters;
};

/// What all events of a topic share: its name, and the bytes that its history holds. Thread: any.
struct TopicAccount {
  TopicAccount(std::string topic_name, std::shared_ptr<BrokerAccount> total)
      : name(std::move(topic_name)), broker(std::move(total)) {}

  void charge(std::int64_t bytes) noexcept {
    history_bytes.fetch_add(bytes, std::memory_order_relaxed);
    broker->history_bytes.fetch_add(bytes, std::memory_order_relaxed);
  }

  const std::string name;
  const std::shared_ptr<BrokerAccount> broker;
  std::atomic<std::int64_t> history_bytes{0};
};

}  // namespace fanfare::detail
