#include "progress_parser.hpp"

#include "../support/percent.hpp"

#include <array>
#include <cstddef>
#include <cstdio>
#include <utility>

using examples::CurlLine, examples::FfmpegLine;

std::optional<ParseMode> parse_mode_of(std::string_view word) noexcept {
  static constexpr std::array<std::pair<std::string_view, ParseMode>, 5> modes{{{"auto", ParseMode::automatic},
                                                                               {"ffmpeg", ParseMode::ffmpeg},
                                                                               {"curl", ParseMode::curl},
                                                                               {"percent", ParseMode::percent},
                                                                               {"none", ParseMode::none}}};
  for (const auto& [name, mode] : modes) {
    if (name == word) return mode;
  }
  return std::nullopt;
}

// "frame 75, 61 fps, 2.44x"
static std::string in_words(const examples::FfmpegValues& values) {
  std::array<char, 32> number{};
  std::string words;
  const auto add = [&](const char* format, double value, const char* unit) {
    std::snprintf(number.data(), number.size(), format, value);
    words.append(words.empty() ? "" : ", ").append(number.data()).append(unit);
  };
  if (values.frame) words = "frame " + std::to_string(*values.frame);
  if (values.fps && *values.fps > 0) add("%.0f", *values.fps, " fps");
  if (values.speed) add("%.3g", *values.speed, "x");
  return words;
}

ProgressParser::ProgressParser(ParseMode mode, std::string_view program) noexcept
    : mode_(mode),
      is_ffmpeg_(mode == ParseMode::automatic && program.substr(program.rfind('/') + 1) == "ffmpeg") {}

std::optional<Reading> ProgressParser::as_ffmpeg(std::string_view line) {
  const FfmpegLine kind = ffmpeg_.line(line);
  if (kind == FfmpegLine::other) return std::nullopt;
  // Other programs may write a "fps=3", too, and mean it for people.
  if (kind == FfmpegLine::part && mode_ != ParseMode::ffmpeg && !is_ffmpeg_) return std::nullopt;
  Reading reading{.for_people = false, .fraction = {}, .message = {}};
  if (kind == FfmpegLine::part) return reading;
  is_ffmpeg_ = true;
  reading.fraction = ffmpeg_.fraction();
  reading.message = in_words(ffmpeg_.values());
  return reading;
}

std::optional<Reading> ProgressParser::as_curl(std::string_view line) {
  const CurlLine kind = curl_.line(line);
  if (kind == CurlLine::other) return std::nullopt;
  is_curl_ = true;
  Reading reading{.for_people = false, .fraction = {}, .message = {}};
  if (kind == CurlLine::head) return reading;
  reading.fraction = curl_.fraction();
  std::array<char, 48> text{};
  if (const auto speed = curl_.speed()) {
    std::snprintf(text.data(), text.size(), "%.1f MB/s", static_cast<double>(*speed) / 1e6);
    reading.message = text.data();
  }
  return reading;
}

Reading ProgressParser::line(std::string_view line) {
  if (mode_ == ParseMode::ffmpeg || mode_ == ParseMode::automatic) {
    if (auto reading = as_ffmpeg(line)) return *std::move(reading);
  }
  if (mode_ == ParseMode::curl || mode_ == ParseMode::automatic) {
    if (auto reading = as_curl(line)) return *std::move(reading);
  }
  // ffmpeg's other percentages ("muxing overhead: 4.77%") are no progress; those of `curl -#` are.
  Reading reading;
  if (mode_ == ParseMode::ffmpeg || mode_ == ParseMode::none || is_ffmpeg_) return reading;
  if (const auto percent = examples::percent_in(line)) reading.fraction = *percent / 100;
  return reading;
}

bool ProgressParser::talks_on_stderr() const noexcept {
  return mode_ == ParseMode::ffmpeg || mode_ == ParseMode::curl || is_ffmpeg_ || is_curl_;
}
