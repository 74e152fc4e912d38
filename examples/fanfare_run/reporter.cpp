#include "reporter.hpp"

#include "../support/plain_text.hpp"

#include <algorithm>
#include <utility>

using examples::LineEnd, fanfare::Level;

bool LineBudget::take(Time now) noexcept {
  if (at_ != Time{} && now > at_) {
    left_ = std::min(at_once, left_ + per_second * std::chrono::duration<double>(now - at_).count());
  }
  at_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

Reporter::Reporter(fanfare::Job& job, std::string stage, ProgressParser parser)
    : job_(job), stage_(std::move(stage)), parser_(std::move(parser)) {
  err_.is_err = true;
  job_.stage(stage_);
}

void Reporter::feed(Pipe& pipe, std::string_view bytes) {
  pipe.lines.feed(bytes, [&](std::string_view line, LineEnd end) { take(pipe, line, end); });
  // What is drawn over and over comes without its end, or with a CR that may yet turn out to be one of CR LF. It counts
  // now, and once more when it is complete, which changes nothing.
  if (pipe.lines.redrawn()) read(pipe.lines.pending(), true);
}

void Reporter::finish() {
  for (Pipe* pipe : {&out_, &err_}) {
    pipe->lines.finish([&](std::string_view line, LineEnd end) { take(*pipe, line, end); });
  }
  tell_left_out();
}

void Reporter::take(Pipe& pipe, std::string_view line, LineEnd end) {
  const bool for_people = read(line, end == LineEnd::cr);
  if (!for_people || end == LineEnd::cr) return;
  const std::string text = examples::plain_text(line);
  if (text.find_first_not_of(' ') == std::string::npos) return;
  pipe.last = examples::clipped(text, 200);
  log(pipe.is_err && !parser_.talks_on_stderr() ? Level::warning : Level::info, text);
}

bool Reporter::read(std::string_view line, bool redrawn) {
  const Reading reading = parser_.line(line);
  if (reading.fraction) job_.stage(stage_, *reading.fraction);
  if (reading.message) {
    job_.message(*reading.message);
  } else if (redrawn && reading.for_people) {
    const std::string text = examples::plain_text(line);
    if (text.find_first_not_of(' ') != std::string::npos) job_.message(text);
  }
  return reading.for_people;
}

void Reporter::log(Level level, const std::string& line) {
  if (!budget_.take(std::chrono::steady_clock::now())) {
    ++left_out_;
    return;
  }
  tell_left_out();
  job_.log(level, line);
}

void Reporter::tell_left_out() {
  if (left_out_ == 0) return;
  job_.log(Level::warning, "(" + std::to_string(left_out_) + (left_out_ == 1 ? " line" : " lines") + " left out here)");
  left_out_ = 0;
}
