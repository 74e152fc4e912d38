#pragma once

#include <fanfare/core/clock.hpp>

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace fanfare {
namespace detail {

class SystemClock final : public Clock {
 public:
  SteadyTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  WallTime wall() const noexcept override { return std::chrono::system_clock::now(); }
};

}  // namespace detail

FANFARE_DECL const Clock& Clock::system() noexcept {
  static const detail::SystemClock clock;
  return clock;
}

struct ManualClock::Watchers {
  std::atomic<std::int64_t> elapsed_ns{0};
  std::mutex mutex;
  std::vector<std::pair<std::weak_ptr<void>, std::function<void()>>> list;
};

FANFARE_DECL ManualClock::ManualClock() : watchers_(std::make_unique<Watchers>()) {}
FANFARE_DECL ManualClock::~ManualClock() = default;

FANFARE_DECL SteadyTime ManualClock::now() const noexcept {
  return SteadyTime(std::chrono::hours(1) + std::chrono::nanoseconds(watchers_->elapsed_ns.load()));
}

FANFARE_DECL WallTime ManualClock::wall() const noexcept {
  constexpr std::chrono::seconds start_of_2024{1704067200};
  return WallTime(std::chrono::duration_cast<WallTime::duration>(
      start_of_2024 + std::chrono::nanoseconds(watchers_->elapsed_ns.load())));
}

FANFARE_DECL void ManualClock::on_advance(std::weak_ptr<void> alive, std::function<void()> callback) const {
  const std::lock_guard lock(watchers_->mutex);
  watchers_->list.emplace_back(std::move(alive), std::move(callback));
}

FANFARE_DECL void ManualClock::advance(std::chrono::nanoseconds step) {
  watchers_->elapsed_ns += step.count();
  std::vector<std::pair<std::shared_ptr<void>, std::function<void()>>> due;
  {
    const std::lock_guard lock(watchers_->mutex);
    std::erase_if(watchers_->list, [](const auto& entry) { return entry.first.expired(); });
    for (const auto& [alive, callback] : watchers_->list) due.emplace_back(alive.lock(), callback);
  }
  for (const auto& [alive, callback] : due) {
    if (alive) callback();
  }
}

}  // namespace fanfare
