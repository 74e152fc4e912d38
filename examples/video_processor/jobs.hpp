/// Jobs: the program's videos, each with its thread, of which some are processed and the others wait for their turn.
#pragma once

#include "video_job.hpp"

#include "../support/turns.hpp"

#include <fanfare/core/broker.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

struct JobsOptions {
  VideoOptions video;
  std::size_t jobs = 2, transcodes = 2;  ///< at a time
  std::size_t keep = 20;                 ///< results
};

/// Thread: any. Lifetime: broker and folders outlive it.
class Jobs {
 public:
  static constexpr std::size_t max_jobs = 32;  // processed and waiting

  Jobs(fanfare::Broker& broker, const Folders& folders, JobsOptions options)
      : broker_(broker), folders_(folders), options_(std::move(options)), turns_(options_.jobs), transcodes_(options_.transcodes) {}
  /// Its end is stop().
  ~Jobs() { stop(); }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// @param file_name  as its sender calls it: to be shown, never to be opened
  /// @return the job's id, which is its topic's name; none: there are max_jobs already, no thread
  ///         is to be had, or after stop()
  std::optional<std::string> start(TemporaryFile file, std::string file_name, std::vector<unsigned> resolutions);
  /// Cancels all of them, waits for their ends, and starts nothing any more.
  void stop();

 private:
  struct Entry {
    Entry(std::stop_source source, examples::Turns& turns) : stop(std::move(source)), place(turns) {}
    std::stop_source stop;
    std::optional<examples::Turns::Place> place;
    std::atomic<bool> over{false};
    std::jthread thread;
  };
  void run(Entry& entry, VideoTopic topic, Order order);

  fanfare::Broker& broker_;
  const Folders& folders_;
  const JobsOptions options_;
  examples::Turns turns_, transcodes_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::list<Entry> entries_;
};
