/// What is told of a video: the state that every watcher gets first, named "status", and the events after it.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/state.hpp>
#include <fanfare/core/wall_time.hpp>
#include <fanfare/progress/job_state.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

enum class VideoStatus { pending, processing, completed, failed };
FANFARE_ENUM(VideoStatus, pending, processing, completed, failed);

/// A task for each resolution, as the snapshot of a fanfare::Job has them. Each event has all of them, so one that
/// replaces another loses nothing.
struct Details {
  std::vector<fanfare::TaskState> tasks = {};
};
FANFARE_DESCRIBE(Details, tasks);

/// A finished file.
struct Output {
  std::string name = {};  ///< "720p"
  unsigned width = 0, height = 0;
  std::uint64_t bytes = 0;
  std::string url = {};  ///< empty: larger than the server hands out; it is in the folder
};
FANFARE_DESCRIBE(Output, name, width, height, bytes, url);

struct Progress {
  std::string job_id = {}, stage = {};
  double progress = 0;  ///< percent of the whole job
  std::string message = {};
  fanfare::WallTime timestamp = {};
  Details details = {};
};
// By stage: who reads late still sees each stage once, and of the transcoding only how far it is now.
FANFARE_EVENT(Progress, "progress", conflated_by("stage"), job_id, stage, progress, message, timestamp, details);

struct Complete {
  std::string job_id = {};
  double progress = 100;
  std::string message = {};
  fanfare::WallTime timestamp = {};
  std::vector<Output> outputs = {};
};
FANFARE_EVENT(Complete, "complete", critical, job_id, progress, message, timestamp, outputs);

// Browsers call a broken connection "error", too: who uses EventSource tells them apart by `data`.
struct Failed {
  std::string job_id = {}, stage = {}, message = {};
  fanfare::WallTime timestamp = {};
};
FANFARE_EVENT(Failed, "error", critical, job_id, stage, message, timestamp);

struct Video {
  using events = fanfare::Events<Progress, Complete, Failed>;
  static constexpr std::string_view snapshot_type = "status";

  std::string job_id = {}, file_name = {};
  VideoStatus status = VideoStatus::pending;
  std::string stage = "queued";
  double progress = 5;
  std::string message = "Waiting for its turn", error = {};
  Details details = {};
  std::vector<Output> outputs = {};

  void apply(const Progress& event) {
    status = VideoStatus::processing;
    stage = event.stage;
    progress = event.progress;
    message = event.message;
    details = event.details;
  }
  void apply(const Complete& event) {
    status = VideoStatus::completed;
    stage = "done";
    progress = 100;
    message = event.message;
    outputs = event.outputs;
    for (auto& task : details.tasks) task.status = fanfare::TaskStatus::complete;
  }
  void apply(const Failed& event) {
    status = VideoStatus::failed;
    message = error = event.message;
    for (auto& task : details.tasks) {
      if (task.status == fanfare::TaskStatus::running) task.status = fanfare::TaskStatus::error;
    }
  }
};
FANFARE_DESCRIBE(Video, job_id, file_name, status, stage, progress, message, error, details, outputs);

using VideoTopic = fanfare::TopicOf<Video>;
