/// Transfer: one file on its way from a URL to the disk. A Downloader has it, and moves it along.
#pragma once

#include "pace.hpp"
#include "part_file.hpp"

#include <fanfare/progress/task.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// Thread: its downloader's. Lifetime: the task outlives it.
class Transfer {
 public:
  Transfer(PartFile file, fanfare::Task& task) : file_(std::move(file)), task_(task) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  virtual ~Transfer() = default;

  /// Bytes per second; 0: as fast as it goes.
  void set_rate_limit(std::uint64_t rate) noexcept { pace_.set_rate(rate); }
  /// Does what can be done now without waiting. @return when to call again at the latest
  virtual std::chrono::milliseconds step() = 0;

  bool over() const noexcept { return over_; }
  /// Why it failed; empty: it did not. REQUIRES: over().
  const std::string& problem() const noexcept { return problem_; }
  PartFile take_file() noexcept { return std::move(file_); }

 protected:
  Pace& pace() noexcept { return pace_; }
  void set_total(std::uint64_t bytes) noexcept { task_.set_total(bytes); }
  /// False: the disk did not take them.
  bool receive(std::string_view bytes) noexcept {
    if (!file_.write(bytes)) return false;
    pace_.take(bytes.size());
    task_.advance(bytes.size());
    return true;
  }
  void end(std::string problem = {}) {
    problem_ = file_.error() ? "cannot write the file: " + file_.error().message() : std::move(problem);
    over_ = true;
  }

 private:
  PartFile file_;
  fanfare::Task& task_;
  Pace pace_;
  std::string problem_;
  bool over_ = false;
};
