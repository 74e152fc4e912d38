/// ProgressParser: what a line of a command's output says about how far the command is.
#pragma once

#include "../support/curl_progress.hpp"
#include "../support/ffmpeg_progress.hpp"

#include <optional>
#include <string>
#include <string_view>

enum class ParseMode { automatic, ffmpeg, curl, percent, none };

/// "auto", "ffmpeg", "curl", "percent", "none".
std::optional<ParseMode> parse_mode_of(std::string_view word) noexcept;

struct Reading {
  bool for_people = true;            ///< false: made for programs, or a meter; of no use in a log
  std::optional<double> fraction;    ///< 0 to 1
  std::optional<std::string> message;  ///< the meter in a few words; none: the line itself will do
};

/// Thread: distinct objects on any threads.
class ProgressParser {
 public:
  /// @param program  what the command is called: it helps automatic mode to know ffmpeg before its first words
  explicit ProgressParser(ParseMode mode, std::string_view program = {}) noexcept;

  /// Takes a line without its end.
  Reading line(std::string_view line);
  /// Whether this command's stderr is where it talks, and not where it complains.
  bool talks_on_stderr() const noexcept;

 private:
  std::optional<Reading> as_ffmpeg(std::string_view line);
  std::optional<Reading> as_curl(std::string_view line);

  const ParseMode mode_;
  examples::FfmpegProgress ffmpeg_;
  examples::CurlProgress curl_;
  bool is_ffmpeg_ = false, is_curl_ = false;  // it wrote what only these write
};
