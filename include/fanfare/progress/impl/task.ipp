#pragma once

#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/task.hpp>
#include <fanfare/progress/task_core.hpp>

#include <exception>
#include <utility>

namespace fanfare {
FANFARE_DECL Task::Task(std::shared_ptr<detail::TaskCore> core) noexcept
    : core_(std::move(core)), meter_(core_.get()), exceptions_(std::uncaught_exceptions()) {}

FANFARE_DECL Task::Task(Task&& other) noexcept
    : core_(std::move(other.core_)),
      meter_(std::exchange(other.meter_, nullptr)),
      exceptions_(std::uncaught_exceptions()) {}

FANFARE_DECL Task& Task::operator=(Task&& other) noexcept {
  if (this == &other) return *this;
  drop();
  core_ = std::move(other.core_);
  meter_ = std::exchange(other.meter_, nullptr);
  exceptions_ = std::uncaught_exceptions();
  return *this;
}

FANFARE_DECL Task::~Task() { drop(); }

FANFARE_DECL void Task::drop() noexcept {
  if (core_) core_->job->drop(*core_, detail::why_dropped(exceptions_));
}

FANFARE_DECL void Task::moved() noexcept { core_->job->moved(*core_); }
FANFARE_DECL void Task::change_total(std::uint64_t total) noexcept {
  core_->job->change_total(*core_, total);
}

FANFARE_DECL void Task::message(std::string_view text) {
  if (core_) core_->job->say(*core_, text);
}

FANFARE_DECL Task Task::task(std::string label, TaskOptions options) {
  return Task(core_ ? core_->job->add(core_, label, options) : nullptr);
}

FANFARE_DECL Task Task::task(std::string label, std::uint64_t total) {
  TaskOptions options;
  options.total = total;
  return task(std::move(label), std::move(options));
}

FANFARE_DECL void Task::finish(std::string_view message) {
  if (core_) core_->job->finish(*core_, message);
}

FANFARE_DECL void Task::fail(std::string_view reason) {
  if (core_) core_->job->fail(*core_, reason);
}

}  // namespace fanfare
