/// DownloadJob: one job of many URLs: what is downloaded when, what is asked, and how it ends. Shown to
/// whoever watches the fanfare::Job of the same name.
#pragma once

#include "download_options.hpp"
#include "downloader.hpp"
#include "folder.hpp"
#include "url.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_events.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// The question what to do with a file that exists; its choices are overwrite, skip and rename.
struct Duplicate {
  std::string path;  ///< its name in the folder
  std::string url;   ///< what would go there
};
FANFARE_EVENT(Duplicate, "duplicate", critical, path, url);

/// Thread: run() has one of its own; the others may be called from any.
class DownloadJob : public std::enable_shared_from_this<DownloadJob> {
 public:
  /// Opens the job, queued. Throws what fanfare::Job throws.
  DownloadJob(fanfare::Broker& broker, Folder& folder, std::string id, std::vector<Url> urls,
              DownloadOptions options);

  /// Downloads all, and ends the job. Returns soon after the job was cancelled.
  void run() noexcept;
  fanfare::JobStatus status() const noexcept { return status_; }
  /// Whether run() is through.
  bool over() const noexcept { return over_; }

 private:
  struct File {
    Url url;
    Folder::Claim name;
    fanfare::Task task;
    bool may_overwrite = false;
    std::string note = {};  // the task's last message, when all goes well
  };
  struct Answer {
    std::size_t file;
    std::string choice;
  };

  void list_files();
  void download_all();
  void start_some();
  void start(std::size_t file);
  void ask_some();
  void take_answers();
  void take(const Answer& answer);
  void rename(File& file);
  void end(Downloader::Ended ended);
  void fail(File& file, const std::string& problem);
  void end_job();
  void give_up(const std::string& reason);

  const std::vector<Url> urls_;
  const DownloadOptions options_;
  Folder& folder_;
  fanfare::Job job_;
  std::vector<File> files_;

  // Indices of files_, in the order of their turn.
  std::size_t next_ = 0;              // the first that was not looked at
  std::deque<std::size_t> doubtful_;  // exist, and are to be asked about
  std::deque<std::size_t> decided_;   // were asked about, and are to be downloaded
  std::size_t open_questions_ = 0, complete_ = 0, failed_ = 0, skipped_ = 0;

  std::mutex mutex_;
  std::vector<Answer> answers_;

  std::atomic<fanfare::JobStatus> status_{fanfare::JobStatus::queued};
  std::atomic<bool> over_{false};
  Downloader downloader_;  // last: its transfers refer to the files' tasks
};
