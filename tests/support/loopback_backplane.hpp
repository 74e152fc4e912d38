/// A Backplane without a network: numbers what is published, and feeds it back when it is told to, in the
/// order that the test wants. Several brokers may share one.
#pragma once

#include <fanfare/core/backplane.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What the processes have in common: the numbered feed.
struct LoopbackHub {
  std::uint64_t epoch = 0xFA17;
  std::uint64_t last_n = 0;
  std::map<std::string, std::uint64_t> seqs = {};
  std::vector<fanfare::Committed> feed = {};
  std::vector<std::uint64_t> origins = {};  ///< of which process each is
  std::uint64_t processes = 0;
};

class LoopbackBackplane final : public fanfare::Backplane {
 public:
  explicit LoopbackBackplane(std::shared_ptr<LoopbackHub> hub) : hub_(std::move(hub)), self_(++hub_->processes) {}

  void start(fanfare::Uplink& uplink) override {
    uplink_ = &uplink;
    uplink.epoch(hub_->epoch);
  }
  void stop() override { uplink_ = nullptr; }
  void publish(std::span<const fanfare::Outgoing> events) override {
    waiting.insert(waiting.end(), events.begin(), events.end());
  }
  void follow(std::string_view, std::uint64_t) override {}
  void unfollow(std::string_view) override {}
  void send(const fanfare::Command& command) override { sent.push_back(command); }
  void store(std::string_view, std::uint64_t, fanfare::Json) override {}
  void revoke(std::string_view audience) override { revoked.emplace_back(audience); }

  /// What was published gets its numbers, in order.
  void number() {
    for (auto& event : waiting) {
      const std::uint64_t seq = ++hub_->seqs[event.topic];
      hub_->feed.push_back({std::move(event), ++hub_->last_n, seq});
      hub_->origins.push_back(self_);
    }
    waiting.clear();
  }
  /// One event of the feed reaches this process.
  void feed(std::size_t index) {
    auto committed = hub_->feed.at(index);
    if (hub_->origins[index] != self_) committed.event.token = 0;
    if (uplink_) uplink_->committed({&committed, 1});
  }
  /// All that this process has not seen.
  void feed_all() {
    while (fed_ < hub_->feed.size()) feed(fed_++);
  }
  /// The oldest that waits for a number never gets one.
  void lose(std::error_code why) {
    const auto token = waiting.front().token;
    waiting.erase(waiting.begin());
    uplink_->lost(token, why);
  }
  fanfare::Uplink* uplink() const noexcept { return uplink_; }

  std::vector<fanfare::Outgoing> waiting;
  std::vector<fanfare::Command> sent;
  std::vector<std::string> revoked;

 private:
  const std::shared_ptr<LoopbackHub> hub_;
  const std::uint64_t self_;
  fanfare::Uplink* uplink_ = nullptr;
  std::size_t fed_ = 0;
};
