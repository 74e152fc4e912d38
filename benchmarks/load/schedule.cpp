#include "schedule.hpp"

#include "observe.hpp"
#include "support.hpp"

#include <algorithm>

namespace load {

void Schedule::tick(std::uint64_t now) {
  if (options_.slow_share > 0 && options_.slow_bytes_per_second > 0) let_slow_read(now);
  if (options_.churn > 0 && crowd_.measuring()) churn(now);
  if (options_.herd >= 0 && crowd_.measuring() && !scattered_) scatter(now);
  crowd_.bring_back(now);
  if (now - looked_ < 200'000'000) return;
  looked_ = now;
  note_resident(resident_bytes(options_.server_pids));
}

void Schedule::note_resident(std::uint64_t bytes) {
  max_resident_ = std::max(max_resident_, bytes);
}

void Schedule::let_slow_read(std::uint64_t now) {
  constexpr std::uint64_t every = 50'000'000;
  if (now - slow_read_ < every) return;
  const double rate = options_.slow_bytes_per_second, passed = seconds(slow_read_ ? now - slow_read_ : every);
  slow_read_ = now;
  for (auto& subscriber : crowd_.subscribers()) {
    if (!subscriber.slow || subscriber.state != State::live) continue;
    subscriber.allowance = std::min(subscriber.allowance + rate * passed, rate + 1);
    if (subscriber.allowance < 1) continue;
    const auto most = std::size_t(subscriber.allowance);
    const std::uint64_t before = crowd_.counts().slow_bytes;
    crowd_.read_slowly(subscriber, most);
    subscriber.allowance -= crowd_.measuring() ? double(crowd_.counts().slow_bytes - before) : double(most);
  }
}

void Schedule::churn(std::uint64_t now) {
  if (!churn_began_) churn_began_ = now;
  const auto due = std::uint64_t(seconds(now - churn_began_) * options_.churn);
  auto& subscribers = crowd_.subscribers();
  for (; churned_ < due; ++churned_) {
    for (std::size_t i = 0; i < subscribers.size(); ++i) {
      // A prime, so that neighbours do not leave together.
      Subscriber& subscriber = subscribers[next_ = (next_ + 7919) % subscribers.size()];
      if (subscriber.state != State::live || subscriber.slow) continue;
      crowd_.send_away(subscriber, now + nanoseconds(options_.away));
      break;
    }
  }
}

void Schedule::scatter(std::uint64_t now) {
  scattered_ = true;
  for (auto& subscriber : crowd_.subscribers()) {
    if (subscriber.state == State::live) crowd_.send_away(subscriber, now + nanoseconds(options_.herd));
  }
}

}  // namespace load
