/// JobState: what a job's snapshot says, and what its events make of it. The publisher keeps one for those
/// who come later; a C++ client keeps one of its own.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/progress/job_events.hpp>
#include <fanfare/progress/rate.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

struct TaskState {
  std::string task = {}, parent = {}, label = {}, unit = {};
  double weight = 1;
  std::uint64_t current = 0, total = 0;
  std::optional<double> rate = {}, eta = {};
  TaskStatus status = TaskStatus::running;
  std::string message = {};
};
FANFARE_DESCRIBE(TaskState, task, parent, label, unit, weight, current, total, rate, eta, status, message);

/// A question that is still open.
struct PromptState {
  std::string prompt = {}, type = {};
  std::vector<std::string> choices = {};
  std::string otherwise = {};
  Json question = {};
};
FANFARE_DESCRIBE(PromptState, prompt, type, choices, otherwise, question);

///     fanfare::JobState state;
///     client.on_other([&](const fanfare::Event& event) { if (state.apply(event)) show(state); });
///
/// A plain value; as JSON it is the job's snapshot. Thread: distinct objects on any threads.
struct JobState {
  std::string job = {};
  JobStatus status = JobStatus::queued;
  double percent = 0;
  std::string message = {}, stage = {};
  std::string error = {};            ///< why it failed
  std::optional<double> eta = {};    ///< seconds, from how fast `percent` grew lately
  std::vector<TaskState> tasks = {}; ///< in the order of their registration
  std::vector<PromptState> prompts = {};
  std::vector<LogLine> log = {};     ///< the last `max_log_lines`

  static constexpr std::size_t max_log_lines = 100;
  /// What more than these a publisher tells is left out: a bound for a client, far above what a Job sends.
  static constexpr std::size_t max_tasks = 100'000, max_prompts = 1'000;

  /// Whether there is an end: the last event was, or will be, `done`.
  bool ended() const noexcept { return status == JobStatus::complete || status == JobStatus::error; }
  /// Null if there is none. Complexity: constant for tasks that a Job registered.
  const TaskState* task(std::string_view id) const noexcept;

  /// Takes any event of the job's stream: a snapshot replaces all, the others change their part.
  /// @return  false, and nothing has changed: it is none of a job's, or malformed
  bool apply(const Event& event);
  /// The same from what an event consists of. @param at  when it was published, on any scale that grows
  bool apply(std::string_view type, std::string_view json, SteadyTime at);

  /// The same, decoded already.
  void apply(const StatusChanged& event, SteadyTime at);
  void apply(const TaskRegistered& event);
  void apply(const TaskProgressed& event, SteadyTime at);
  void apply(const TaskFinished& event, SteadyTime at);
  void apply(const LogLine& event);
  void apply(const JobDone& event);
  void apply(std::string_view type, const PromptAsked& event);
  void apply(const PromptResolved& event);

  // Not a part of the snapshot, and nothing to change.
  /// How fast `percent` grows, for `eta`. Calmer than a task's, because the percent of a job moves in jumps.
  Rate pace = Rate(std::chrono::seconds(15));
  /// How many of the first tasks are "t1", "t2" ... in this order, as far as was looked.
  std::size_t numbered = 0;

 private:
  TaskState* find(std::string_view id) noexcept;
  TaskState* find_or_add(std::string_view id);
  void set_percent(double percent, SteadyTime at);
  bool apply_question(std::string_view type, std::string_view json);
};
FANFARE_DESCRIBE(JobState, job, status, percent, message, stage, error, eta, tasks, prompts, log);

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/progress.ipp>
#endif
