/// A peer whose appetite is scripted, joined to a StreamCore: takes n bytes, then none until it is given room,
/// or breaks. And a shard that is driven by hand.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/transport/stream_core.hpp>
#include <fanfare/wire/sse_parser.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace scripted {

/// A broker on a manual clock with one shard, polled by hand.
struct Bench {
  explicit Bench(fanfare::BrokerOptions options = {})
      : broker([&] {
          options.clock = &clock;
          return std::move(options);
        }()),
        shard(broker.core()->make_shard([this] { woken = true; })) {}

  void turn() {
    while (std::exchange(woken, false) || clock.now() >= due) {
      const auto again = shard->poll();
      due = clock.now() + again;
    }
  }
  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= std::chrono::milliseconds(100)) {
      clock.advance(std::chrono::milliseconds(100));
      turn();
    }
  }

  fanfare::ManualClock clock;
  fanfare::Broker broker;
  bool woken = false;
  fanfare::SteadyTime due = fanfare::SteadyTime::max();
  std::shared_ptr<fanfare::detail::ShardCore> shard;
};

class Peer final : private fanfare::detail::Sink {
 public:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

  Peer(Bench& bench, fanfare::Admission admission, fanfare::Request request = {}, fanfare::SseOptions options = {},
       std::size_t room = unlimited)
      : bench_(bench), room_(room) {
    open(fanfare::sse(std::move(options)), std::move(request), std::move(admission));
    stream_->start();
  }
  /// One that is not started yet.
  Peer(Bench& bench, fanfare::TransportFactory transport, fanfare::Admission admission, fanfare::Request request = {},
       std::size_t room = unlimited)
      : bench_(bench), room_(room) {
    open(std::move(transport), std::move(request), std::move(admission));
  }

  /// What the host says of further topics; answered in the shard's next turn. As it is: all of them.
  std::function<std::optional<fanfare::Admission>(std::vector<std::string>, const fanfare::Wanted&)> decide =
      [](std::vector<std::string> topics, const fanfare::Wanted& wanted) {
        fanfare::Admission admission;
        admission.topics = std::move(topics);
        admission.types = wanted.types;
        admission.max_rate = wanted.max_rate;
        return admission;
      };

  /// Has room for so many bytes more, and says so if the stream waits for it.
  void give_room(std::size_t bytes) {
    room_ = bytes > unlimited - room_ ? unlimited : room_ + bytes;
    if (room_ > 0 && std::exchange(waiting_, false)) stream_->on_writable();
  }
  /// Takes no byte more.
  void stop() { room_ = 0; }
  /// The connection is broken; the next send says so.
  void break_off() { broken_ = true; }
  /// The connection is closed, as its owner does.
  void close() { stream_.reset(); }

  fanfare::detail::StreamCore& stream() { return *stream_; }
  const std::string& got() const { return got_; }
  std::string take() { return std::exchange(got_, {}); }
  bool waiting() const { return waiting_; }
  bool finished() const { return finished_; }
  bool gone() const { return gone_; }
  std::size_t sends() const { return sends_; }

  /// The events that arrived whole.
  std::vector<fanfare::wire::SseEvent> events() const {
    fanfare::wire::SseParser parser;
    std::vector<fanfare::wire::SseEvent> all;
    for (std::string_view rest = got_; parser.parse(rest) == fanfare::wire::SseStatus::event;) all.push_back(parser.event());
    return all;
  }
  /// Their types: "snapshot note done".
  std::string types() const {
    std::string all;
    for (const auto& event : events()) all += (all.empty() ? "" : " ") + event.type;
    return all;
  }

 private:
  void open(fanfare::TransportFactory transport, fanfare::Request request, fanfare::Admission admission) {
    auto opening = open_stream(*bench_.broker.core(), {std::move(transport)}, request, std::move(admission));
    INFO(opening.head.status << " " << opening.head.body);
    REQUIRE(opening.transport);
    stream_.emplace(*bench_.shard, static_cast<Sink&>(*this), std::move(opening));
  }
  std::size_t send(std::span<const std::string_view> pieces) noexcept override {
    ++sends_;
    if (broken_) return fanfare::detail::Member::gone;
    if (misused_ || waiting_ || finished_ || gone_) misused_ = true;
    std::size_t taken = 0;
    for (const auto& piece : pieces) {
      const std::size_t part = std::min(piece.size(), room_);
      got_ += piece.substr(0, part);
      taken += part;
      if (room_ != unlimited) room_ -= part;
      if (part < piece.size()) break;
    }
    return taken;
  }
  void wait_writable() override {
    if (std::exchange(waiting_, true)) misused_ = true;
  }
  void on_finished() override {
    if (std::exchange(finished_, true)) misused_ = true;
  }
  void on_gone() override {
    if (std::exchange(gone_, true)) misused_ = true;
  }
  void admit(std::vector<std::string> topics, const fanfare::Wanted& wanted) override {
    bench_.shard->post([this, admission = decide(std::move(topics), wanted)] {
      if (stream_) stream_->on_admission(*bench_.broker.core(), admission);
    });
  }
  std::error_code command(const fanfare::Command& command) override { return bench_.broker.core()->command(command); }

  Bench& bench_;
  std::size_t room_;
  std::string got_;
  std::size_t sends_ = 0;
  bool broken_ = false, waiting_ = false, finished_ = false, gone_ = false, misused_ = false;
  std::optional<fanfare::detail::StreamCore> stream_;

 public:
  /// Whether it was written to while it had asked to wait, or told something twice.
  bool misused() const { return misused_; }
};

inline fanfare::Admission to(std::vector<std::string> topics) {
  fanfare::Admission admission;
  admission.topics = std::move(topics);
  return admission;
}

}  // namespace scripted
