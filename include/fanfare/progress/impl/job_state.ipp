#pragma once

#include <fanfare/progress/job_state.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace fanfare {
namespace detail {

/// The number of "t12"; 0 for what is no such id.
FANFARE_DECL std::size_t task_number(std::string_view id) noexcept {
  if (id.size() < 2 || id[0] != 't' || id[1] < '1' || id[1] > '9') return 0;  // one spelling per number
  std::size_t number = 0;
  const char* const last = id.data() + id.size();
  const auto [end, error] = std::from_chars(id.data() + 1, last, number);
  return error == std::errc() && end == last ? number : 0;
}

/// Decodes an event and hands it on; whether that was possible.
template <class E, class F>
bool if_decoded(std::string_view json, F&& apply) {
  auto event = from_json<E>(json);
  if (!event) return false;
  apply(*event);
  return true;
}

}  // namespace detail

// A Job numbers its tasks in the order in which it registers them, so "t7" is the seventh. Only what does not
// follow that, because it is of somebody else's job, has to be searched for.
FANFARE_DECL const TaskState* JobState::task(std::string_view id) const noexcept {
  const std::size_t number = detail::task_number(id);
  if (number > 0 && number <= tasks.size() && tasks[number - 1].task == id) return &tasks[number - 1];
  const auto from = tasks.begin() + static_cast<std::ptrdiff_t>(std::min(numbered, tasks.size()));
  const auto found = std::find_if(from, tasks.end(), [id](const TaskState& task) { return task.task == id; });
  return found == tasks.end() ? nullptr : &*found;
}

FANFARE_DECL TaskState* JobState::find(std::string_view id) noexcept {
  while (numbered < tasks.size() && detail::task_number(tasks[numbered].task) == numbered + 1) ++numbered;
  return const_cast<TaskState*>(task(id));
}

FANFARE_DECL TaskState* JobState::find_or_add(std::string_view id) {
  if (TaskState* known = find(id)) return known;
  if (id.empty() || tasks.size() >= max_tasks) return nullptr;
  TaskState added;
  added.task = added.label = id;
  return &tasks.emplace_back(std::move(added));
}

FANFARE_DECL void JobState::set_percent(double now, SteadyTime at) {
  if (!(now >= 0)) return;
  percent = std::min(now, 100.0);
  pace.sample(at, percent);
  eta = pace.seconds_for(100 - percent);
  if (eta) eta = std::round(*eta * 10) / 10;
}

FANFARE_DECL void JobState::apply(const StatusChanged& event, SteadyTime at) {
  status = event.status;
  stage = event.stage;
  message = event.message;
  set_percent(event.percent, at);
  if (ended()) eta.reset();
}

FANFARE_DECL void JobState::apply(const TaskRegistered& event) {
  TaskState* task = find_or_add(event.task);
  if (!task) return;
  TaskState fresh;
  fresh.task = event.task;
  fresh.parent = event.parent;
  fresh.label = event.label;
  fresh.unit = event.unit;
  fresh.weight = event.weight;
  fresh.current = event.current;
  fresh.total = event.total;
  *task = std::move(fresh);
}

FANFARE_DECL void JobState::apply(const TaskProgressed& event, SteadyTime at) {
  // Its registration may have been skipped for a slow reader; but one that has ended stays so.
  if (TaskState* task = find_or_add(event.task); task && task->status == TaskStatus::running) {
    task->current = event.current;
    task->total = event.total;
    task->rate = event.rate;
    task->eta = event.eta;
    task->message = event.message;
  }
  set_percent(event.percent, at);
}

FANFARE_DECL void JobState::apply(const TaskFinished& event, SteadyTime at) {
  if (TaskState* task = find_or_add(event.task)) {
    task->current = event.current;
    task->total = event.total;
    task->status = event.status;
    task->message = event.message;
    task->rate.reset();
    task->eta.reset();
  }
  set_percent(event.percent, at);
}

FANFARE_DECL void JobState::apply(const LogLine& event) {
  if (log.size() >= max_log_lines) {
    log.erase(log.begin(), log.end() - static_cast<std::ptrdiff_t>(max_log_lines - 1));
  }
  log.push_back(event);
}

FANFARE_DECL void JobState::apply(const JobDone& event) {
  status = event.status;
  message = event.message;
  error = event.status == JobStatus::error ? event.message : std::string();
  if (event.percent >= 0) percent = std::min(event.percent, 100.0);
  eta.reset();
  prompts.clear();
}

FANFARE_DECL void JobState::apply(std::string_view type, const PromptAsked& event) {
  std::erase_if(prompts, [&](const PromptState& open) { return open.prompt == event.prompt; });
  if (event.prompt.empty() || prompts.size() >= max_prompts) return;
  prompts.push_back({event.prompt, std::string(type), event.choices, event.otherwise, event.question});
}

FANFARE_DECL void JobState::apply(const PromptResolved& event) {
  std::erase_if(prompts, [&](const PromptState& open) { return open.prompt == event.prompt; });
}

FANFARE_DECL bool JobState::apply(const Event& event) {
  if (!event) return false;
  const auto since_epoch = std::chrono::duration_cast<SteadyTime::duration>(event.time().time_since_epoch());
  return apply(event.type(), event.json(), SteadyTime(since_epoch));
}

FANFARE_DECL bool JobState::apply(std::string_view type, std::string_view json, SteadyTime at) {
  const auto now = [this, at](const auto& event) { apply(event, at); };
  const auto whenever = [this](const auto& event) { apply(event); };
  if (type == "snapshot") {
    return detail::if_decoded<JobState>(json, [this](JobState& whole) { *this = std::move(whole); });
  }
  if (type == event_name<TaskProgressed>()) return detail::if_decoded<TaskProgressed>(json, now);
  if (type == event_name<TaskFinished>()) return detail::if_decoded<TaskFinished>(json, now);
  if (type == event_name<TaskRegistered>()) return detail::if_decoded<TaskRegistered>(json, whenever);
  if (type == event_name<StatusChanged>()) return detail::if_decoded<StatusChanged>(json, now);
  if (type == event_name<LogLine>()) return detail::if_decoded<LogLine>(json, whenever);
  if (type == event_name<JobDone>()) return detail::if_decoded<JobDone>(json, whenever);
  return apply_question(type, json);
}

// A question's type is the host's own: it is known by what it carries.
FANFARE_DECL bool JobState::apply_question(std::string_view type, std::string_view json) {
  JsonDocument document;
  if (document.parse(json)) return false;
  const JsonValue root = document.root();
  std::string_view prompt;
  if (!root.member("prompt").get(prompt) || prompt.empty()) return false;
  if (type.ends_with(resolved_suffix)) {
    const auto resolved = from_json<PromptResolved>(root);
    if (resolved) apply(*resolved);
    return resolved.has_value();
  }
  const auto asked = from_json<PromptAsked>(root);
  if (!asked || root.member("choices").type() != JsonType::array) return false;
  apply(type, *asked);
  return true;
}

}  // namespace fanfare
