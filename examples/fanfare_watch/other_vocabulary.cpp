#include "other_vocabulary.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using fanfare::JobState, fanfare::JobStatus, fanfare::JsonValue, fanfare::TaskState, fanfare::TaskStatus;

namespace {

constexpr std::size_t max_text_bytes = 4096;

std::optional<JobStatus> status_of(std::string_view word) {
  for (const std::string_view good : {"complete", "completed", "done", "finished", "succeeded", "success"}) {
    if (word == good) return JobStatus::complete;
  }
  for (const std::string_view bad : {"error", "failed", "failure", "cancelled", "canceled"}) {
    if (word == bad) return JobStatus::error;
  }
  if (word == "queued" || word == "pending") return JobStatus::queued;
  if (word == "running" || word == "processing") return JobStatus::running;
  return std::nullopt;
}

bool take_text(JsonValue root, std::string_view name, std::string& to) {
  std::string_view text;
  if (!root.member(name).get(text)) return false;
  to = text.substr(0, max_text_bytes);
  return true;
}

bool take_percent(JobState& state, JsonValue root, fanfare::SteadyTime at) {
  double value = 0;
  if (!root.member("percent").get(value)) {
    if (!root.member("progress").get(value)) return false;
    double total = 0;
    if (root.member("total").get(total) && total > 0 && value <= total) value *= 100 / total;
  }
  if (!std::isfinite(value)) return false;
  state.percent = std::clamp(value, 0.0, 100.0);
  state.pace.sample(at, state.percent);
  state.eta = state.pace.seconds_for(100 - state.percent);
  return true;
}

bool take_tasks(JobState& state, JsonValue root) {
  JsonValue list = root.member("tasks");
  if (!list) list = root.member("details").member("tasks");
  std::vector<TaskState> tasks;
  const bool all = list.for_each_element([&](JsonValue element) {
    auto task = fanfare::from_json<TaskState>(element);
    if (!task || tasks.size() == JobState::max_tasks) return false;
    tasks.push_back(*std::move(task));
    return true;
  });
  if (!all || tasks.empty()) return false;
  state.tasks = std::move(tasks);
  state.numbered = 0;
  return true;
}

}  // namespace

Understood absorb(JobState& state, std::string_view type, JsonValue root, fanfare::SteadyTime at) {
  Understood understood;
  understood.progress = take_percent(state, root, at);
  understood.progress |= take_tasks(state, root);
  understood.progress |= take_text(root, "stage", state.stage);
  take_text(root, "message", state.message);
  take_text(root, "error", state.error);

  std::string word;
  std::optional<JobStatus> status;
  if (take_text(root, "status", word)) status = status_of(word);
  if (!status && type != "status") {
    status = status_of(type);
    if (status && *status != JobStatus::complete && *status != JobStatus::error) status.reset();
  }
  if (status) state.status = *status;
  else if (understood.progress && state.status == JobStatus::queued) state.status = JobStatus::running;
  if (!status || !state.ended()) return understood;

  understood.end = true;
  state.eta.reset();
  if (state.status == JobStatus::complete) state.percent = 100;
  if (state.status == JobStatus::error && state.error.empty()) state.error = state.message;
  for (TaskState& task : state.tasks) {
    if (task.status != TaskStatus::running) continue;
    task.status = state.status == JobStatus::complete ? TaskStatus::complete : TaskStatus::error;
    task.rate.reset();
    task.eta.reset();
  }
  return understood;
}
