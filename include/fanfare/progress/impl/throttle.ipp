#pragma once

#include <fanfare/progress/throttle.hpp>

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace fanfare {
namespace detail {

/// Steps are sums of decimals: 0.1 taken twenty times is a little less than 2, and still a step of 2.
inline constexpr double step_tolerance = 1e-9;

}  // namespace detail

struct Throttle::Table {
  struct Passed {
    std::string key;
    double value;
    SteadyTime at;
  };

  ThrottleOptions options;
  std::mutex mutex;
  std::list<Passed> passed;  // the newest first
  std::unordered_map<std::string_view, std::list<Passed>::iterator> by_key;  // views of the keys in `passed`

  bool pass(std::string_view key, double value, bool last) {
    const std::lock_guard lock(mutex);
    const auto found = by_key.find(key);
    if (last) {
      if (found != by_key.end()) forget(found->second);
      return true;
    }
    if (std::isnan(value)) return false;  // nothing could be compared with it afterwards
    const SteadyTime now = options.clock->now();
    if (found == by_key.end()) {
      remember(key, value, now);
      return true;
    }
    Passed& before = *found->second;
    const double step = std::fabs(value - before.value);
    if (step < options.min_step * (1 - detail::step_tolerance) || now - before.at < options.min_interval)
      return false;
    before.value = value;
    before.at = now;
    passed.splice(passed.begin(), passed, found->second);
    return true;
  }

  void remember(std::string_view key, double value, SteadyTime now) {
    if (passed.size() >= std::max<std::size_t>(1, options.max_keys)) forget(std::prev(passed.end()));
    passed.push_front({std::string(key), value, now});
    by_key.emplace(passed.front().key, passed.begin());
  }
  void forget(std::list<Passed>::iterator entry) {
    by_key.erase(entry->key);
    passed.erase(entry);
  }
};

FANFARE_DECL Throttle::Throttle(ThrottleOptions options) : table_(std::make_unique<Table>()) {
  table_->options = options;
  if (!options.clock) table_->options.clock = &Clock::system();
}
FANFARE_DECL Throttle::Throttle(Throttle&&) noexcept = default;
FANFARE_DECL Throttle& Throttle::operator=(Throttle&&) noexcept = default;
FANFARE_DECL Throttle::~Throttle() = default;

FANFARE_DECL bool Throttle::pass(std::string_view key, double value, bool last) {
  return table_->pass(key, value, last);
}
FANFARE_DECL bool Throttle::pass_number(std::int64_t key, double value, bool last) {
  return table_->pass(std::to_string(key), value, last);
}
FANFARE_DECL bool Throttle::pass_number(std::uint64_t key, double value, bool last) {
  return table_->pass(std::to_string(key), value, last);
}

FANFARE_DECL std::size_t Throttle::keys() const noexcept {
  const std::lock_guard lock(table_->mutex);
  return table_->passed.size();
}

}  // namespace fanfare
