/// Task: one bar of a Job: a label, how much is done, and how much there is to do.
#pragma once

#include <fanfare/config.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare {
namespace detail {

class TaskCore;

/// The part of a task that its hot path touches.
/// Both operations of `advance` are sequentially consistent, as are the two with which a timer goes to rest
/// (TaskCore::rest): either the timer sees the new value, or `advance` sees that nobody looks any more. On
/// x86-64 they are the same instructions that relaxed ones would be.
struct TaskMeter {
  std::atomic<std::uint64_t> current{0}, total{0};
  /// Somebody will look at `current` by himself: a timer, or nobody ever again.
  std::atomic<bool> armed{false};
};

}  // namespace detail

struct TaskOptions {
  std::string unit = {};      ///< of current and total, for people: "bytes", "frames". At most 32 bytes
  std::uint64_t total = 0;    ///< 0: not known yet
  std::uint64_t current = 0;  ///< where it begins, for work that is resumed
  /// How much it counts in the percent of what it belongs to, beside its siblings: 0 to 1e12.
  double weight = 1;
  /// When a new value is published, as JobOptions has it for all tasks. None: as the job says.
  std::optional<double> min_step = {};
  std::optional<std::chrono::milliseconds> min_interval = {};
};

/// Made by Job::task and Task::task, which register it. Its progress is throttled: however often the value
/// changes, the newest goes out at most `min_interval` late, also if the worker then stalls; only what moved
/// less than `min_step` and is not the final value is held back.
/// A task that is dropped unfinished is reported: at its total as complete, below as failed. One with total 0
/// is at its total when it has sub-tasks and all of them are complete.
/// Calls after its end, after the job's, or on a moved-from task are ignored. What cannot be published is
/// told to BrokerOptions::log.
/// Thread: any, but for moving and destroying. Lifetime: may outlive its job, parent and broker.
class Task {
 public:
  Task(Task&& other) noexcept;
  /// The task that is replaced is dropped.
  Task& operator=(Task&& other) noexcept;
  ~Task();

  /// Some nanoseconds: no lock, no clock, no allocation, unless nothing was published for `min_interval`.
  void advance(std::uint64_t n = 1) noexcept {
    if (!meter_) return;
    meter_->current.fetch_add(n);
    if (!meter_->armed.load()) moved();
  }
  /// The same for a value that is known as a whole; it may go back.
  void set_current(std::uint64_t value) noexcept {
    if (!meter_ || meter_->current.load(std::memory_order_relaxed) == value) return;
    meter_->current.store(value);
    if (!meter_->armed.load()) moved();
  }
  /// 0: not known. May be called again and again with the same value, which costs nothing.
  void set_total(std::uint64_t total) noexcept {
    if (meter_ && meter_->total.load(std::memory_order_relaxed) != total) change_total(total);
  }

  /// What it is doing just now, at most 4 KiB; the last one goes out with the progress.
  void message(std::string_view text);

  /// A part of this one. If this has no total of its own, it is as far as the weighted mean of its parts.
  Task task(std::string label, TaskOptions options = {});
  Task task(std::string label, std::uint64_t total);

  /// The first of these ends it, wherever it stands; the values are published as they are, at once.
  void finish(std::string_view message = {});
  void fail(std::string_view reason);

  /// For the library. Null: one that ignores everything.
  explicit Task(std::shared_ptr<detail::TaskCore> core) noexcept;

 private:
  void moved() noexcept;
  void change_total(std::uint64_t total) noexcept;
  void drop() noexcept;

  std::shared_ptr<detail::TaskCore> core_;
  detail::TaskMeter* meter_ = nullptr;  // in core_
  int exceptions_ = 0;  // under way when it was made: more of them when it is dropped are to blame
};

}  // namespace fanfare
