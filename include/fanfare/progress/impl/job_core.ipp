#pragma once

#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>
#include <fanfare/progress/text.hpp>

#include <cmath>
#include <exception>

namespace fanfare::detail {

FANFARE_DECL std::string_view why_dropped(int exceptions_before) noexcept {
  return std::uncaught_exceptions() > exceptions_before ? "ended by an exception" : "abandoned";
}

FANFARE_DECL Later::~Later() {
  // A worker that wakes because its question was cancelled should find that it is to stop.
  if (stop_) stop_->request_stop();
  for (auto& [cell, text] : answers_) {
    for (const auto& callback : cell->resolve(std::move(text))) {
      try {
        callback(cell->answer());
      } catch (const std::exception& error) {
        job_.tell_host(Level::error, "a callback of a question threw: ", error.what());
      } catch (...) {
        job_.tell_host(Level::error, "a callback of a question threw");
      }
    }
  }
  for (const auto& [level, text] : lines_) job_.tell_host(level, text);
}

// ---- begin and end ---------------------------------------------------------------------------------

FANFARE_DECL std::shared_ptr<JobCore> JobCore::open(std::shared_ptr<BrokerCore> broker, std::string topic,
                                                    JobOptions options) {
  auto topic_options = std::move(options.topic).value_or(broker->options().topic_defaults);
  if (!options.on_command) options.on_command = topic_options.on_command;
  auto state = make_job_state(topic, *broker->context().clock, broker->options().backplane != nullptr);
  auto log = broker->open(std::move(topic), std::move(topic_options), std::move(state), Reuse::anew);
  auto job = std::make_shared<JobCore>(broker, Topic(broker, log), std::move(options));
  log->handle_commands(job);
  return job;
}

FANFARE_DECL JobCore::JobCore(std::shared_ptr<BrokerCore> broker, Topic topic, JobOptions options)
    : broker_(std::move(broker)),
      topic_(std::move(topic)),
      options_(std::move(options)),
      pace_(options_.min_step, options_.min_interval) {}

FANFARE_DECL JobCore::~JobCore() {
  if (desk_is_listed_) broker_->delist(*desk_);
}

FANFARE_DECL void JobCore::tell_host(Level level, std::string_view text,
                                     std::string_view detail) const noexcept {
  if (broker_->closed()) return;  // what the hook needs may have gone with the host's broker
  try {
    broker_->log(level, "job '" + topic_.name() + "': " + std::string(text) + std::string(detail));
  } catch (...) {  // there is nobody left to tell
  }
}

template <class F>
void JobCore::quietly(F&& call) noexcept {
  try {
    call();
  } catch (const std::exception& error) {
    tell_host(Level::error, error.what());
  } catch (...) {
    tell_host(Level::error, "something was thrown that is no std::exception");
  }
}

FANFARE_DECL void JobCore::end(JobStatus how, std::string_view message) {
  Turn turn(*this);
  end(turn, how, message);
}

FANFARE_DECL void JobCore::end(Turn& turn, JobStatus how, std::string_view text) {
  if (ended_ || !alive(turn)) return;
  const bool complete = how == JobStatus::complete;
  const std::string message = bounded_text(text, max_message_bytes);
  if (!complete) held_percent_ = percent();
  while (newest_) {  // parts before what they belong to
    TaskCore& task = *newest_;
    if (task.at_total() || (complete && task.total == 0)) settle(turn, task, TaskStatus::complete, {});
    else settle(turn, task, TaskStatus::error, complete ? "the job ended before it" : message);
  }
  close_prompts(turn, AnsweredBy::end);
  if (complete) held_percent_ = 100;
  status_ = how;
  message_ = message;
  if (!ended_) tell_status(turn, now());
  if (ended_) return;  // somebody else ended the topic
  const JobDone done{how, message, percent()};
  const Receipt receipt = complete ? topic_.finish(Payload(done)) : topic_.fail(Payload(done));
  ended_ = true;
  accepted(turn, receipt);
  if (hidden_ > 0) turn.later.log(Level::info, std::to_string(hidden_) + " tasks were not shown");
}

FANFARE_DECL void JobCore::drop(std::string_view reason) noexcept {
  quietly([&] {
    Turn turn(*this);
    end(turn, JobStatus::error, cancelled_ ? "cancelled" : reason);
  });
}

FANFARE_DECL void JobCore::cut_off(Turn& turn) {
  ended_ = true;
  while (newest_) unlink(*newest_);
  for (auto& prompt : prompts_) turn.later.answer(prompt.cell, prompt.cell->otherwise());
  prompts_.clear();
}

FANFARE_DECL bool JobCore::alive(Turn& turn) {
  if (!broker_->closed()) return true;
  cut_off(turn);  // and no look at the clock, which may have gone with the host's broker
  return false;
}

FANFARE_DECL bool JobCore::accepted(Turn& turn, const Receipt& receipt) {
  if (!receipt.error) return true;
  if (receipt.error == Error::topic_finished || receipt.error == Error::shut_down) {
    cut_off(turn);
  } else if (std::exchange(reported_, receipt.error) != receipt.error) {
    turn.later.log(Level::error, "cannot publish: " + receipt.error.message());
  }
  return false;
}

// ---- status ----------------------------------------------------------------------------------------

FANFARE_DECL double JobCore::percent() const noexcept {
  if (held_percent_) return *held_percent_;
  const double exact = options_.stages.empty() ? 100 * parts_.fraction() : stage_percent_;
  // Two decimals are enough for a bar. Rounded down, so that 100 means all; but not what sums of
  // fractions lose.
  return std::floor(exact * 100 + 1e-6) / 100;
}

FANFARE_DECL void JobCore::begin(Turn& turn) {
  if (status_ != JobStatus::queued) return;
  status_ = JobStatus::running;
  tell_status(turn, now());
}

FANFARE_DECL void JobCore::tell_status(Turn& turn, SteadyTime now) {
  status_is_new_ = false;
  status_due_ = now + pace_.min_interval;
  told_percent_ = percent();
  emit(turn, StatusChanged{status_, stage_, message_, told_percent_});
}

FANFARE_DECL void JobCore::status_changed(Turn& turn, bool at_once) {
  const SteadyTime time = now();
  status_is_new_ = true;
  if (status_ == JobStatus::queued) {
    status_ = JobStatus::running;
    at_once = true;
  }
  if (at_once || time >= status_due_) return tell_status(turn, time);
  if (status_timer_) return;
  broker_->pump().at(status_due_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_status_timer();
  });
  status_timer_ = true;
}

FANFARE_DECL void JobCore::on_status_timer() {
  quietly([this] {
    Turn turn(*this);
    status_timer_ = false;
    if (status_is_new_ && !ended_ && alive(turn)) tell_status(turn, now());
  });
}

FANFARE_DECL void JobCore::stage(std::string_view name, double fraction) {
  constexpr double tolerance = 1e-9;
  Turn turn(*this);
  if (ended_ || !alive(turn)) return;
  std::string bounded = bounded_text(name, max_label_bytes);
  const bool another = stage_ != bounded;
  stage_ = std::move(bounded);
  if (options_.stages.contains(stage_)) stage_percent_ = options_.stages.percent(stage_, fraction);
  const double step = std::fabs(percent() - told_percent_);
  const bool moved = step > 0 && (step >= pace_.min_step * (1 - tolerance) || fraction >= 1);
  if (another || (moved && !options_.stages.empty())) status_changed(turn, another);
}

FANFARE_DECL void JobCore::message(std::string_view text) {
  Turn turn(*this);
  if (ended_ || !alive(turn)) return;
  std::string bounded = bounded_text(text, max_message_bytes);
  if (bounded == message_ && status_ != JobStatus::queued) return;
  message_ = std::move(bounded);
  status_changed(turn, false);
}

FANFARE_DECL void JobCore::log(Level level, std::string_view text) {
  Turn turn(*this);
  if (ended_ || !alive(turn)) return;
  // Whole milliseconds, as on the wire: so the state equals what a reader makes of it.
  const WallTime time = from_unix_milliseconds(to_unix_milliseconds(broker_->context().clock->wall()));
  emit(turn, LogLine{level, bounded_text(text, max_message_bytes), time});
}

FANFARE_DECL Receipt JobCore::publish(Payload event, PublishOptions options) {
  if (is_vocabulary(event.type())) return {make_error_code(Error::invalid_payload), {}, 0};
  return topic_.publish(std::move(event), std::move(options));  // without our lock: on_commit is the host's
}

FANFARE_DECL void JobCore::read_state(JobState& out) const {
  topic_.log()->with_state([](const void* state, void* copy) {
    *static_cast<JobState*>(copy) = *static_cast<const JobState*>(state);
  }, &out);
}

}  // namespace fanfare::detail
