/// VideoJob: one video from its upload to its files, or to its error. It knows its topic and nothing of the web.
#pragma once

#include "folders.hpp"
#include "media.hpp"
#include "vocabulary.hpp"

#include "../support/ffmpeg_progress.hpp"
#include "../support/turns.hpp"

#include <cstddef>
#include <exception>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct Order {
  std::string id;
  TemporaryFile file;
  std::vector<unsigned> resolutions;
};

struct VideoOptions {
  Tools tools;
  std::string url = "/videos/";        ///< under which the finished files are handed out
  std::uint64_t max_url_bytes = 64 << 20;  ///< larger ones are not (see Server::files)
};

/// Thread: the one that calls run, which starts one for each resolution.
class VideoJob {
 public:
  /// @param transcodes  shared by all jobs
  VideoJob(VideoTopic topic, Order order, const VideoOptions& options, const Folders& folders, examples::Turns& transcodes,
           std::stop_token stop);
  /// Ends the topic, whatever happens; the upload, and what became of a job that failed, are gone by then.
  void run() noexcept;

 private:
  void transcode_all();
  void transcode(std::size_t index);
  void advance(std::size_t index, const examples::FfmpegProgress& progress);
  void finish_task(std::size_t index);
  std::vector<Output> store();
  void fail(const std::string& why) noexcept;
  void report(std::string_view stage, std::string message, double fraction = 0);
  void report_transcoding();

  const VideoTopic topic_;
  Order order_;
  const VideoOptions& options_;
  const Folders& folders_;
  examples::Turns& transcodes_;
  const std::stop_token stop_;
  std::stop_source halt_;  // of this job's transcodes: when one fails, the others need not end
  Media media_;
  std::vector<Target> targets_;

  std::mutex mutex_;  // below: what the threads of the resolutions change
  std::string stage_ = "queued";
  Details details_;
  std::vector<double> fractions_;
  std::exception_ptr failure_;
};
