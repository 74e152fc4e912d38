/// The tasks of a JobCore: their place in the tree, and when their progress is published.
#pragma once

#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>
#include <fanfare/progress/text.hpp>

#include <algorithm>
#include <cmath>

namespace fanfare::detail {

/// Four significant digits for small figures, whole numbers for large ones: what people read.
FANFARE_DECL std::optional<double> shown_rate(std::optional<double> rate) noexcept {
  if (!rate || *rate <= 0) return rate;
  const double scale = *rate >= 1000 ? 1 : std::pow(10.0, 3 - std::floor(std::log10(*rate)));
  const double shown = std::round(*rate * scale) / scale;
  return std::isfinite(shown) ? std::optional(shown) : rate;
}

FANFARE_DECL std::optional<double> shown_seconds(std::optional<double> seconds) noexcept {
  if (!seconds) return seconds;
  return std::round(*seconds * 10) / 10;
}

// ---- registration ----------------------------------------------------------------------------------

FANFARE_DECL std::shared_ptr<TaskCore> JobCore::add(std::shared_ptr<TaskCore> parent, std::string_view label,
                                                    const TaskOptions& options) {
  const Pace pace(options.min_step.value_or(options_.min_step),
                  options.min_interval.value_or(options_.min_interval));
  const auto task = std::make_shared<TaskCore>(shared_from_this(), std::move(parent), options, pace);
  Turn turn(*this);
  if (ended_ || !alive(turn)) return task;
  if (task->parent && !task->parent->open) return task;
  if (const std::size_t most = std::min(options_.max_tasks, JobState::max_tasks); shown_ >= most) {
    if (hidden_++ == 0) {
      turn.later.log(Level::warning, "there are JobOptions::max_tasks, " + std::to_string(most) +
                                         "; further tasks are not shown");
    }
    return task;
  }
  begin(turn);
  if (!ended_) register_task(turn, *task, label, options);
  return task;
}

FANFARE_DECL bool JobCore::register_task(Turn& turn, TaskCore& task, std::string_view label,
                                         const TaskOptions& options) {
  const std::string id = "t" + std::to_string(shown_ + 1);
  task.told(now());  // the registration is the first that is published of it
  if (!emit(turn,
            TaskRegistered{id, task.parent ? task.parent->id : std::string(),
                           bounded_text(label, max_label_bytes), bounded_text(options.unit, max_unit_bytes),
                           task.weight, task.told_current, task.told_total})) {
    return false;
  }
  ++shown_;
  task.id = id;
  task.open = true;
  task.older = newest_;
  if (newest_) newest_->newer = &task;
  newest_ = &task;
  (task.parent ? task.parent->parts : parts_).add(task.weight);
  if (task.parent) {
    ++task.parent->count_of_parts;
    ++task.parent->open_parts;
  }
  recount(task);
  task.armed.store(false);
  return true;
}

FANFARE_DECL void JobCore::recount(TaskCore& task) noexcept {
  for (TaskCore* part = &task; part; part = part->parent.get()) {
    const double fraction = part->fraction();
    (part->parent ? part->parent->parts : parts_).move(part->weight, part->counted, fraction);
    part->counted = fraction;
  }
}

// ---- progress --------------------------------------------------------------------------------------
//
// At rest nobody looks at a task, and the next advance comes here. It publishes at once if the last event is
// long enough ago, and otherwise arms the task: a timer looks when the next may go out, and advance stays on
// its short path until then. The timer publishes, and looks again as long as the value changes; when it stood
// still, the task is at rest again. So a tight loop costs a timer per interval, a slow one none.

FANFARE_DECL void JobCore::moved(TaskCore& task) noexcept {
  quietly([&] {
    Turn turn(*this);
    if (task.open && alive(turn)) look(turn, task);
  });
}

FANFARE_DECL void JobCore::look(Turn& turn, TaskCore& task) {
  if (task.armed.load(std::memory_order_relaxed)) return;  // a timer will
  const SteadyTime time = now();
  if (!task.worth_telling()) {
    if (task.pace.min_interval.count() > 0) wait(task, time + task.pace.min_interval);
  } else if (time < task.due) {
    wait(task, task.due);
  } else {
    tell(turn, task, time);
  }
}

FANFARE_DECL void JobCore::wait(TaskCore& task, SteadyTime due) {
  task.stirred();
  task.armed.store(false);  // should setting the timer fail, the next advance tries again
  broker_->pump().at(due, [weak = task.weak_from_this()] {
    if (const auto self = weak.lock()) self->job->on_timer(*self);
  });
  task.armed.store(true);
}

FANFARE_DECL void JobCore::on_timer(TaskCore& task) noexcept {
  quietly([&] {
    Turn turn(*this);
    if (!task.open || !alive(turn)) return;
    const SteadyTime time = now();
    if (task.stirred() || !task.rest()) wait(task, time + task.pace.min_interval);
    if (task.worth_telling()) tell(turn, task, time);
  });
}

FANFARE_DECL void JobCore::tell(Turn& turn, TaskCore& task, SteadyTime time) {
  task.told(time);
  recount(task);
  TaskProgressed event;
  event.task = task.id;
  event.current = task.told_current;
  event.total = task.told_total;
  event.message = task.message;
  event.percent = percent();
  event.rate = shown_rate(task.rate.per_second());
  if (task.told_total > 0) {
    const auto total = static_cast<double>(task.told_total), current = static_cast<double>(task.told_current);
    event.eta = shown_seconds(task.rate.seconds_for(std::max(0.0, total - current)));
  }
  emit(turn, event);
}

FANFARE_DECL void JobCore::change_total(TaskCore& task, std::uint64_t total) noexcept {
  quietly([&] {
    Turn turn(*this);
    task.total.store(total, std::memory_order_relaxed);
    if (task.open && alive(turn)) look(turn, task);
  });
}

FANFARE_DECL void JobCore::say(TaskCore& task, std::string_view message) {
  Turn turn(*this);
  if (!task.open || !alive(turn)) return;
  std::string bounded = bounded_text(message, max_message_bytes);
  if (bounded == task.message) return;
  task.message = std::move(bounded);
  task.message_is_new = true;
  look(turn, task);
}

// ---- the end of a task -----------------------------------------------------------------------------

FANFARE_DECL void JobCore::finish(TaskCore& task, std::string_view message) {
  Turn turn(*this);
  if (task.open && alive(turn)) settle(turn, task, TaskStatus::complete, message);
}

FANFARE_DECL void JobCore::fail(TaskCore& task, std::string_view reason) {
  Turn turn(*this);
  if (task.open && alive(turn)) settle(turn, task, TaskStatus::error, reason);
}

FANFARE_DECL void JobCore::drop(TaskCore& task, std::string_view reason) noexcept {
  quietly([&] {
    Turn turn(*this);
    if (!task.open || !alive(turn)) return;
    if (task.at_total()) return settle(turn, task, TaskStatus::complete, {});
    task.abandoned = true;
    settle(turn, task, TaskStatus::error, cancelled_ ? "cancelled" : reason);
  });
}

FANFARE_DECL void JobCore::settle(Turn& turn, TaskCore& task, TaskStatus how, std::string_view message) {
  unlink(task);
  if (task.parent) {
    --task.parent->open_parts;
    if (how == TaskStatus::error) ++task.parent->failed_parts;
  }
  task.told_current = task.current.load();
  task.told_total = task.total.load();
  recount(task);
  emit(turn, TaskFinished{task.id, task.told_current, task.told_total, how,
                          bounded_text(message, max_message_bytes), percent()});
}

FANFARE_DECL void JobCore::unlink(TaskCore& task) noexcept {
  task.open = false;
  task.armed.store(true);  // for good: nobody wants to hear of it any more
  if (task.older) task.older->newer = task.newer;
  (task.newer ? task.newer->older : newest_) = task.older;
  task.older = task.newer = nullptr;
}

}  // namespace fanfare::detail
