#include "video_job.hpp"
#include "process.hpp"

#include "../support/lines.hpp"

#include <fanfare/progress/stages.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <thread>

namespace fs = std::filesystem;

namespace {

const fanfare::Stages stages{{"probe", 6}, {"transcode", 10, 95}, {"store", 98}};

fanfare::WallTime now() { return std::chrono::system_clock::now(); }

/// The end of what ffmpeg complains about, which may be long.
class Tail {
 public:
  void add(std::string_view bytes) {
    text_ += bytes;
    if (text_.size() > 2 * kept) text_.erase(0, text_.size() - kept);
  }
  const std::string& text() const noexcept { return text_; }

 private:
  static constexpr std::size_t kept = 4096;
  std::string text_;
};

}  // namespace

VideoJob::VideoJob(VideoTopic topic, Order order, const VideoOptions& options, const Folders& folders, examples::Turns& transcodes,
                   std::stop_token stop)
    : topic_(std::move(topic)),
      order_(std::move(order)),
      options_(options),
      folders_(folders),
      transcodes_(transcodes),
      stop_(std::move(stop)) {}

void VideoJob::run() noexcept try {
  if (stop_.stop_requested()) throw Cancelled();
  report("probe", "Looking at the file");
  media_ = probe(options_.tools, order_.file.path(), stop_);
  targets_ = plan(media_, order_.resolutions);
  for (const auto& target : targets_) {
    const double pixels = static_cast<double>(target.width) * target.height;
    details_.tasks.push_back({.task = target.name, .label = target.name, .unit = "frames", .weight = pixels / 1e6, .total = media_.frames});
  }
  fractions_.resize(targets_.size());
  fs::create_directory(folders_.work_of(order_.id));
  transcode_all();
  report("store", "Putting the files in place");
  auto outputs = store();
  order_.file.remove();
  topic_.finish(Complete{order_.id, 100, "The video is ready", now(), std::move(outputs)});
} catch (const MediaError& error) {
  fail(error.what());
} catch (const std::exception& error) {
  std::cerr << order_.id << ": " << error.what() << '\n';
  fail("the server could not process it");
}

void VideoJob::transcode_all() {
  report_transcoding();
  const std::stop_callback pass_on(stop_, [this] { halt_.request_stop(); });
  const auto halt = [this] {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
    halt_.request_stop();
  };
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < targets_.size() && !halt_.stop_requested(); ++i) {
      try {
        threads.emplace_back([this, i, halt] {
          try {
            transcode(i);
          } catch (...) {
            halt();
          }
        });
      } catch (...) {  // it does not start, and the others have begun
        halt();
      }
    }
  }
  if (stop_.stop_requested()) throw Cancelled();
  if (failure_) std::rethrow_exception(failure_);
}

void VideoJob::transcode(std::size_t index) {
  const Target& target = targets_[index];
  examples::Turns::Place place(transcodes_);
  if (!place.wait(halt_.get_token())) throw Cancelled();
  examples::Lines lines;
  examples::FfmpegProgress progress(media_.duration);
  const auto on_line = [&](std::string_view line, examples::LineEnd) {
    const auto kind = progress.line(line);
    if (kind == examples::FfmpegLine::update || kind == examples::FfmpegLine::end) advance(index, progress);
  };
  Tail errors;
  const auto command = transcode_command(options_.tools, order_.file.path(), target,
                                         folders_.work_of(order_.id) / (target.name + ".mp4"));
  const ProcessEnd end = run_process(
      command, options_.tools.time, halt_.get_token(), [&](std::string_view bytes) { lines.feed(bytes, on_line); },
      [&](std::string_view bytes) { errors.add(bytes); });
  if (end.how == ProcessEnd::How::stopped) throw Cancelled();
  if (end.how == ProcessEnd::How::too_long) throw MediaError(target.name + " took too long");
  if (!end.well()) throw MediaError(target.name + ": " + reason_in(errors.text(), order_.file.path()));
  finish_task(index);
}

void VideoJob::advance(std::size_t index, const examples::FfmpegProgress& progress) {
  const std::lock_guard lock(mutex_);
  fanfare::TaskState& task = details_.tasks[index];
  const auto& values = progress.values();
  task.current = std::max(task.current, values.frame.value_or(0));
  if (task.total > 0) task.total = std::max(task.total, task.current);
  task.rate = values.fps.value_or(0) > 0 ? values.fps : std::nullopt;
  task.eta = progress.eta();
  fractions_[index] = std::max(fractions_[index], progress.fraction().value_or(0));
  report_transcoding();
}

void VideoJob::finish_task(std::size_t index) {
  const std::lock_guard lock(mutex_);
  fanfare::TaskState& task = details_.tasks[index];
  task.status = fanfare::TaskStatus::complete;
  task.total = task.current = std::max<std::uint64_t>(task.current, 1);
  task.rate = task.eta = std::nullopt;
  fractions_[index] = 1;
  report_transcoding();
}

std::vector<Output> VideoJob::store() {
  std::vector<Output> outputs;
  for (const auto& target : targets_) {
    const std::string file = target.name + ".mp4";
    const auto bytes = fs::file_size(folders_.work_of(order_.id) / file);
    const std::string url = bytes <= options_.max_url_bytes ? options_.url + order_.id + "/" + file : std::string();
    outputs.push_back({target.name, target.width, target.height, bytes, url});
  }
  fs::rename(folders_.work_of(order_.id), folders_.result_of(order_.id));
  return outputs;
}

void VideoJob::fail(const std::string& why) noexcept try {
  order_.file.remove();
  std::error_code ignored;
  fs::remove_all(folders_.work_of(order_.id), ignored);
  topic_.fail(Failed{order_.id, stage_, why, now()});
} catch (const std::exception& error) {
  std::cerr << order_.id << ": " << error.what() << '\n';
}

void VideoJob::report(std::string_view stage, std::string message, double fraction) {
  stage_ = stage;
  const double percent = std::round(stages.percent(stage, fraction) * 100) / 100;
  topic_.publish(Progress{order_.id, stage_, percent, std::move(message), now(), details_});
}

void VideoJob::report_transcoding() {
  double done = 0, all = 0;
  std::size_t ready = 0;
  for (std::size_t i = 0; i < fractions_.size(); ++i) {
    const auto& task = details_.tasks[i];
    done += task.weight * fractions_[i];
    all += task.weight;
    if (task.status == fanfare::TaskStatus::complete) ++ready;
  }
  const std::string message = std::to_string(ready) + " of " + std::to_string(fractions_.size()) + " resolutions are ready";
  report("transcode", message, all > 0 ? done / all : 0);
}
