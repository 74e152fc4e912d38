#pragma once

#include <fanfare/progress/task_core.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace fanfare::detail {

/// So that sums of weights stay finite and exact enough; NaN and negative ones count as 1.
FANFARE_DECL double sane_weight(double weight) noexcept {
  constexpr double most = 1e12;
  return weight >= 0 ? std::min(weight, most) : 1;
}

FANFARE_DECL Pace::Pace(double step, std::chrono::milliseconds interval) noexcept {
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);  // a later time cannot overflow
  if (step > 0) min_step = std::min(step, 100.0);
  min_interval = std::clamp(interval, std::chrono::milliseconds(0), longest);
}

FANFARE_DECL double Parts::fraction() const noexcept {
  return weights > 0 ? std::clamp(done / weights, 0.0, 1.0) : 0;
}

FANFARE_DECL TaskCore::TaskCore(std::shared_ptr<JobCore> of, std::shared_ptr<TaskCore> under,
                                const TaskOptions& options, Pace how_often)
    : job(std::move(of)), parent(std::move(under)), weight(sane_weight(options.weight)), pace(how_often) {
  current.store(options.current, std::memory_order_relaxed);
  total.store(options.total, std::memory_order_relaxed);
  armed.store(true, std::memory_order_relaxed);  // until it is registered
}

FANFARE_DECL bool TaskCore::worth_telling() const noexcept {
  constexpr double tolerance = 1e-9;  // 29 of 100 minus 27 of 100 is a step of 2
  const std::uint64_t now = current.load(std::memory_order_relaxed),
                      whole = total.load(std::memory_order_relaxed);
  if (message_is_new || whole != told_total) return true;
  if (now == told_current) return false;
  if (whole == 0 || now >= whole) return true;
  const double moved = static_cast<double>(std::max(now, told_current) - std::min(now, told_current));
  return 100 * moved / static_cast<double>(whole) >= pace.min_step * (1 - tolerance);
}

FANFARE_DECL void TaskCore::told(SteadyTime now) noexcept {
  told_current = current.load(std::memory_order_relaxed);
  told_total = total.load(std::memory_order_relaxed);
  message_is_new = false;
  due = now + std::chrono::duration_cast<SteadyTime::duration>(pace.min_interval);
  rate.sample(now, static_cast<double>(told_current));
}

// An ended task counts as a whole, also one that its host gave up: the others go on, and when they are done
// all is. One that was dropped, though, is mostly the first to fall when the whole job does: it counts as it
// stood, or a job would leap to 100 % with its last breath.
FANFARE_DECL double TaskCore::fraction() const noexcept {
  if (!open && !abandoned) return 1;
  if (told_total > 0)
    return std::min(1.0, static_cast<double>(told_current) / static_cast<double>(told_total));
  return parts.fraction();
}

FANFARE_DECL bool TaskCore::at_total() const noexcept {
  const std::uint64_t whole = total.load(std::memory_order_relaxed);
  if (whole > 0) return current.load(std::memory_order_relaxed) >= whole;
  return count_of_parts > 0 && open_parts == 0 && failed_parts == 0;
}

FANFARE_DECL bool TaskCore::stirred() noexcept {
  const std::uint64_t before = std::exchange(seen_, current.load(std::memory_order_relaxed));
  return seen_ != before;
}

FANFARE_DECL bool TaskCore::rest() noexcept {
  armed.store(false);
  if (current.load() == seen_) return true;
  armed.store(true);
  return false;
}

}  // namespace fanfare::detail
