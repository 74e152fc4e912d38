/// Status: all that is told of a job. Its topic's state is the last of them.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/state.hpp>

#include <string>

enum class JobStatus { queued, processing, completed, failed };
FANFARE_ENUM(JobStatus, queued, processing, completed, failed);

struct Status {
  std::string jobId = {};
  JobStatus status = JobStatus::queued;
  double progress = 0;  ///< percent
  std::string stage = {}, message = {}, downloadUrl = {}, error = {};
};
// By stage: who reads late still sees each stage once, and of the download only how far it is now.
FANFARE_EVENT(Status, "status", conflated_by("stage"), jobId, status, progress, stage, message, downloadUrl,
              error);

using JobTopic = fanfare::TopicOf<fanfare::Latest<Status>>;
