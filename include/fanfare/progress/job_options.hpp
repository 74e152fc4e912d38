/// JobOptions: how a job publishes, and its bounds.
#pragma once

#include <fanfare/core/topic.hpp>
#include <fanfare/progress/stages.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace fanfare {

struct JobOptions {
  /// With stages the job's percent comes from Job::stage alone; without them, from its tasks.
  Stages stages = {};
  /// How far a value must be from the last one published, in percentage points, and how much time must have
  /// passed since, for the next one to go out; for each task, and for stage and message of the job itself.
  /// The final value, another stage and another total need no step. 0 and 0: everything is published.
  double min_step = 0;
  std::chrono::milliseconds min_interval{100};
  /// Takes the commands that the job does not know itself, which are "cancel" and "answer". Called in the
  /// commanding thread, no lock held. Empty: TopicOptions::on_command, and without that they are
  /// Error::no_handler.
  std::function<void(const Command&)> on_command = {};
  /// The snapshot lists all tasks that a job ever had. One beyond this bound works, but is not shown and does
  /// not count in the percent. At most 100'000.
  std::size_t max_tasks = 10'000;
  /// Questions open at once. One more is answered with its `otherwise` at once. At most 1'000.
  std::size_t max_open_prompts = 64;
  /// Of the job's topic. None: BrokerOptions::topic_defaults.
  std::optional<TopicOptions> topic = {};
};

}  // namespace fanfare
