/// Subscribers in memory: members of cohorts that take every span whole and count its events, so that what is
/// measured is everything but the network.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/core/shard.hpp>

#include <malloc.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace micro {

struct Tick {
  std::uint64_t seq = 0, ts = 0;
  std::string job = "build-42", pad = std::string(130, 'x');
};
FANFARE_EVENT(Tick, "tick", critical, seq, ts, job, pad);

/// The newest tick: what a snapshot holds.
struct LastTick {
  using events = fanfare::Events<Tick>;
  std::uint64_t seq = 0;
  std::string pad = {};
  void apply(const Tick& tick) { seq = tick.seq, pad = tick.pad; }
};
FANFARE_DESCRIBE(LastTick, seq, pad);

/// In memory an event needs no framing: a mark of one byte is its image.
class MemoryFormat final : public fanfare::Format {
 public:
  void encode(const fanfare::Event&, std::string& out) const override { out += '.'; }
};

/// Counts the events that it is handed.
class Consumer final : public fanfare::detail::Member {
 public:
  std::size_t write(std::string_view bytes) noexcept override {
    events += bytes.size();
    return bytes.size();
  }
  void fell_short(fanfare::detail::Replay, fanfare::detail::ImageRef, std::size_t) override {}
  Level level_with(std::uint64_t) override { return Level::reached; }
  void beat() override {}
  void ended() override {}

  std::uint64_t events = 0;
};

/// Bytes that the heap has handed out, large blocks included.
inline std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// A broker, one shard, and subscribers of its topics.
class Crowd {
 public:
  explicit Crowd(fanfare::TopicOptions defaults = {.max_history_events = 64})
      : broker({.topic_defaults = std::move(defaults), .limits = {.max_topics = 2'000'000}}),
        shard(broker, [] {}) {}
  ~Crowd() {
    for (Consumer& consumer : consumers) {
      if (consumer.in_cohort()) consumer.cohort()->leave(consumer);
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  void reserve(std::size_t count) { consumers.reserve(count); }
  /// REQUIRES: room that was reserved, since cohorts keep the address.
  void subscribe(const fanfare::detail::SelectionRef& selection) {
    std::vector<fanfare::Event> first;
    const auto replay = fanfare::detail::Replay::attach(shard.core()->context(), selection, {}, first);
    shard.core()->join(consumers.emplace_back(), replay, format, std::chrono::milliseconds(0));
  }
  fanfare::detail::SelectionRef select(const std::string& topic) {
    return broker.core()->resolve({topic}, {}, {}, 0).selection;
  }
  void settle() {
    while (shard.poll() == std::chrono::milliseconds(0)) {
    }
  }

  const MemoryFormat format;
  fanfare::Broker broker;
  fanfare::Shard shard;
  std::vector<Consumer> consumers;
};

}  // namespace micro
