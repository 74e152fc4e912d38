/// TaskCore: what a Task handle points to: its values, what of them was published, and when the next may be.
/// It decides; publishing is JobCore's. Internal.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/progress/rate.hpp>
#include <fanfare/progress/task.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace fanfare::detail {

class JobCore;

/// The weighted mean of what belongs to a task, or to the job, kept up to date part by part.
struct Parts {
  double weights = 0, done = 0;

  void add(double weight) noexcept { weights += weight; }
  void move(double weight, double from, double to) noexcept { done += weight * (to - from); }
  /// 0 to 1; 0 without parts.
  double fraction() const noexcept;
};

/// When a value may go out, and how far it must have moved: TaskOptions with the job's defaults, made sane.
struct Pace {
  double min_step = 0;
  std::chrono::nanoseconds min_interval{0};

  Pace(double step, std::chrono::milliseconds interval) noexcept;
};

/// Thread: TaskMeter's part any; all that follows the constants, under the job's lock.
class TaskCore final : public TaskMeter, public std::enable_shared_from_this<TaskCore> {
 public:
  TaskCore(std::shared_ptr<JobCore> of, std::shared_ptr<TaskCore> under, const TaskOptions& options,
           Pace pace);

  const std::shared_ptr<JobCore> job;
  const std::shared_ptr<TaskCore> parent;  ///< null: of the job itself
  const double weight;
  const Pace pace;

  /// Whether there is something that must or should be published.
  bool worth_telling() const noexcept;
  /// Takes what is published now.
  void told(SteadyTime now) noexcept;
  /// How much of it is done, as it was last published: 0 to 1.
  double fraction() const noexcept;
  /// Whether all of its work is done, as far as can be known.
  bool at_total() const noexcept;
  /// Notes the value; whether it has changed since it was last noted, which is when the timer was set.
  bool stirred() noexcept;
  /// Asks to be told of the next change. Returns false if one has slipped in, so that a timer must stay.
  /// REQUIRES: stirred() just said false.
  bool rest() noexcept;

  std::string id;
  std::string message;
  bool message_is_new = false;
  bool open = false;       ///< registered and not ended; else nothing of it is published, and `armed` stays
  bool abandoned = false;  ///< it was dropped below its total
  SteadyTime due{};        ///< when the next may be published
  std::uint64_t told_current = 0, told_total = 0;
  Rate rate;

  Parts parts;
  std::size_t count_of_parts = 0, open_parts = 0, failed_parts = 0;
  double counted = 0;  ///< its fraction as it is in its parent's parts

  TaskCore* older = nullptr;  ///< the job's open tasks, in the order of their registration
  TaskCore* newer = nullptr;

 private:
  std::uint64_t seen_ = 0;  // the value that was noted
};

}  // namespace fanfare::detail
