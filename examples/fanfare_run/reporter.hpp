/// Reporter: turns what a command writes into events of a job: lines into its log, lines that are drawn over each
/// other into its message, percentages into its progress. A flood of lines is cut down to what a log is good for.
#pragma once

#include "progress_parser.hpp"

#include "../support/lines.hpp"

#include <fanfare/progress/job.hpp>
#include <fanfare/progress/job_events.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// How many lines may go through: so many at once, and so many each second. Time is passed in.
class LineBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr double at_once = 1000, per_second = 200;

  /// Whether one more may pass.
  bool take(Time now) noexcept;

 private:
  double left_ = at_once;
  Time at_{};
};

/// Thread: one at a time.
class Reporter {
 public:
  /// The job must outlast it, and have one stage of that name from 0 to 100.
  Reporter(fanfare::Job& job, std::string stage, ProgressParser parser);

  void out(std::string_view bytes) { feed(out_, bytes); }
  void err(std::string_view bytes) { feed(err_, bytes); }
  /// The output is over.
  void finish();
  /// The last line for people that came on stderr, or if there is none, on stdout; a clipped one.
  const std::string& last_words() const noexcept { return err_.last.empty() ? out_.last : err_.last; }

 private:
  struct Pipe {
    examples::Lines lines{max_line_bytes};
    bool is_err = false;
    std::string last = {};
  };
  static constexpr std::size_t max_line_bytes = 4096;  // as the log has them

  void feed(Pipe& pipe, std::string_view bytes);
  void take(Pipe& pipe, std::string_view line, examples::LineEnd end);
  /// Progress and message of a line. Returns whether people would like to read it.
  bool read(std::string_view line, bool redrawn);
  void log(fanfare::Level level, const std::string& line);
  void tell_left_out();

  fanfare::Job& job_;
  const std::string stage_;
  ProgressParser parser_;
  Pipe out_, err_;
  LineBudget budget_;
  std::uint64_t left_out_ = 0;
};
