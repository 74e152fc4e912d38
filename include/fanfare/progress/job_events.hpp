/// The vocabulary of a Job's topic: the events that it publishes, for those who decode them. To publish them
/// use Job and Task; to follow a job with them, JobState.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/core/wall_time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

FANFARE_ENUM(Level, debug, info, warning, error);

/// `queued` until the first task, stage or message.
enum class JobStatus : std::uint8_t { queued, running, complete, error };
FANFARE_ENUM(JobStatus, queued, running, complete, error);

enum class TaskStatus : std::uint8_t { running, complete, error };
FANFARE_ENUM(TaskStatus, running, complete, error);

/// `percent`, in all of these: of the whole job, 0 to 100, in steps of 0.01.
struct StatusChanged {
  JobStatus status = JobStatus::queued;
  std::string stage = {}, message = {};
  double percent = 0;
};
FANFARE_EVENT(StatusChanged, "status", critical, status, stage, message, percent);

/// A new task. `parent` is empty for one of the job itself; `total` 0: not known yet.
struct TaskRegistered {
  std::string task = {}, parent = {}, label = {}, unit = {};
  double weight = 1;
  std::uint64_t current = 0, total = 0;
};
FANFARE_EVENT(TaskRegistered, "register", conflated_by("task"), task, parent, label, unit, weight, current,
              total);

/// `rate` in units per second and `eta` in seconds; null: not known.
struct TaskProgressed {
  std::string task = {};
  std::uint64_t current = 0, total = 0;
  std::optional<double> rate = {}, eta = {};
  std::string message = {};
  double percent = 0;
};
FANFARE_EVENT(TaskProgressed, "progress", conflated_by("task"), task, current, total, rate, eta, message,
              percent);

/// The last word about a task: `complete` or `error`.
struct TaskFinished {
  std::string task = {};
  std::uint64_t current = 0, total = 0;
  TaskStatus status = TaskStatus::complete;
  std::string message = {};
  double percent = 0;
};
FANFARE_EVENT(TaskFinished, "finish", conflated_by("task"), task, current, total, status, message, percent);

struct LogLine {
  Level level = Level::info;
  std::string message = {};
  WallTime time = {};
};
FANFARE_EVENT(LogLine, "log", lossy, level, message, time);

/// The last event of the topic: `complete` or `error`.
struct JobDone {
  JobStatus status = JobStatus::complete;
  std::string message = {};
  double percent = 100;
};
FANFARE_EVENT(JobDone, "done", critical, status, message, percent);

/// A question. The event's type is the host's, for instance "duplicate", as is `question`. Critical.
struct PromptAsked {
  std::string prompt = {};
  std::vector<std::string> choices = {};  ///< empty: any text
  std::string otherwise = {};             ///< what counts when nobody answers
  Json question = {};
};
FANFARE_DESCRIBE(PromptAsked, prompt, choices, otherwise, question);

enum class AnsweredBy : std::uint8_t { watcher, timeout, cancel, end };
FANFARE_ENUM(AnsweredBy, watcher, timeout, cancel, end);

/// Its answer. The event's type is the question's with "-resolved" after it. Critical.
struct PromptResolved {
  std::string prompt = {}, answer = {};
  AnsweredBy by = AnsweredBy::watcher;
};
FANFARE_DESCRIBE(PromptResolved, prompt, answer, by);

inline constexpr std::string_view resolved_suffix = "-resolved";

/// What the data of the command "answer" is, which answers as Broker::answer does.
struct PromptAnswer {
  std::string prompt = {}, answer = {};
};
FANFARE_DESCRIBE(PromptAnswer, prompt, answer);

}  // namespace fanfare
