/// Downloads: the program's jobs, each with its thread. Starts them, lists them, and ends them with the
/// program.
#pragma once

#include "download_job.hpp"
#include "download_options.hpp"
#include "folder.hpp"
#include "url.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job_events.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// Thread: any. Lifetime: broker and folder outlive it.
class Downloads {
 public:
  static constexpr std::size_t max_running = 16;
  static constexpr std::size_t max_listed = 100;

  Downloads(fanfare::Broker& broker, Folder& folder) : broker_(broker), folder_(folder) {}
  /// Its end is stop().
  ~Downloads() { stop(); }
  Downloads(const Downloads&) = delete;
  Downloads& operator=(const Downloads&) = delete;

  /// @return the job's id; none when max_running are running already, or after stop()
  std::optional<std::string> start(std::vector<Url> urls, DownloadOptions options);

  struct Listed {
    std::string id;
    fanfare::JobStatus status;
  };
  /// The newest first. A job that the broker has forgotten is not listed any more.
  std::vector<Listed> list();

  /// Cancels what is running, waits for it, and starts nothing any more.
  void stop();

 private:
  struct Entry {
    std::string id;
    std::shared_ptr<DownloadJob> job;  // null: it is over
    fanfare::JobStatus status;         // then
    std::chrono::steady_clock::time_point ended;
    std::jthread thread;
  };
  /// Lets go of jobs that are over, and of entries that are too old or too many. REQUIRES: mutex_ is held.
  void tidy();
  bool forgotten(const Entry& entry) const;

  fanfare::Broker& broker_;
  Folder& folder_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::deque<Entry> entries_;  // the newest first
};
