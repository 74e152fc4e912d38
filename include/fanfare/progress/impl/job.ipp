#pragma once

#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>

#include <exception>

namespace fanfare {

FANFARE_DECL Job::Job(Broker& broker, std::string topic, JobOptions options)
    : core_(detail::JobCore::open(broker.core(), std::move(topic), std::move(options))),
      exceptions_(std::uncaught_exceptions()) {}

FANFARE_DECL Job::Job(Job&& other) noexcept
    : core_(std::move(other.core_)), exceptions_(std::uncaught_exceptions()) {}

FANFARE_DECL Job& Job::operator=(Job&& other) noexcept {
  if (this == &other) return *this;
  drop();
  core_ = std::move(other.core_);
  exceptions_ = std::uncaught_exceptions();
  return *this;
}

FANFARE_DECL Job::~Job() { drop(); }

FANFARE_DECL void Job::drop() noexcept {
  if (core_) core_->drop(detail::why_dropped(exceptions_));
}

FANFARE_DECL Task Job::task(std::string label, TaskOptions options) {
  return Task(core_ ? core_->add(nullptr, label, options) : nullptr);
}

FANFARE_DECL Task Job::task(std::string label, std::uint64_t total) {
  TaskOptions options;
  options.total = total;
  return task(std::move(label), std::move(options));
}

FANFARE_DECL void Job::stage(std::string_view name, double fraction) {
  if (core_) core_->stage(name, fraction);
}

FANFARE_DECL void Job::message(std::string_view text) {
  if (core_) core_->message(text);
}

FANFARE_DECL void Job::log(Level level, std::string_view text) {
  if (core_) core_->log(level, text);
}

FANFARE_DECL Prompt Job::ask(Payload question, AskOptions options) {
  if (core_) return core_->ask(std::move(question), std::move(options));
  const auto desk = std::make_shared<detail::PromptDesk>();
  const auto cell = std::make_shared<detail::PromptCell>(desk, std::move(options.otherwise));
  cell->resolve(cell->otherwise());
  return Prompt(cell);
}

FANFARE_DECL std::stop_token Job::stop_token() const noexcept {
  return core_ ? core_->stop_token() : std::stop_token();
}

FANFARE_DECL Receipt Job::publish(Payload event, PublishOptions options) {
  if (!core_) return {make_error_code(Error::topic_finished), {}, 0};
  return core_->publish(std::move(event), std::move(options));
}

FANFARE_DECL void Job::finish(std::string_view message) {
  if (core_) core_->end(JobStatus::complete, message);
}

FANFARE_DECL void Job::fail(std::string_view reason) {
  if (core_) core_->end(JobStatus::error, reason);
}

FANFARE_DECL JobState Job::state() const {
  JobState copy;
  if (core_) core_->read_state(copy);
  return copy;
}

}  // namespace fanfare
