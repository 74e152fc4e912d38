/// FfmpegProgress: how far a run of ffmpeg is, from the lines that it writes: the blocks of `-progress`
/// ("out_time_us=510839", ..., "progress=continue"), and what it tells people on stderr ("Duration: 00:00:03.00",
/// "frame=   12 fps=0.0 ... time=00:00:00.51 ... speed=2.34x"). It neither starts ffmpeg nor reads from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace examples {

enum class FfmpegLine {
  other,   ///< nothing of progress; for people to read, if they like
  part,    ///< of a block that is not complete yet
  update,  ///< there are new values
  end,     ///< the last block: it has written all that it will. Whether that went well its exit status says
};

/// What it said last. None: it has not said it, or said "N/A".
struct FfmpegValues {
  std::optional<std::chrono::microseconds> out_time = {};  ///< of the output, as far as it is written
  std::optional<std::uint64_t> frame = {};
  std::optional<std::uint64_t> total_size = {};  ///< bytes, so far
  std::optional<double> fps = {};
  std::optional<double> speed = {};  ///< 2: twice as fast as it plays
};

///     examples::Lines lines;              // one for each pipe, and one FfmpegProgress for both
///     examples::FfmpegProgress progress;  // or (duration), if it is known from ffprobe
///     lines.feed(bytes, [&](std::string_view line, examples::LineEnd) {
///       if (progress.line(line) == examples::FfmpegLine::update) show(progress.fraction());
///     });
///
/// A plain value of constant size. Thread: distinct objects on any threads.
class FfmpegProgress {
 public:
  /// @param duration  how long the output will be; 0: as long as the longest of the inputs, which ffmpeg
  ///                  says before it begins
  explicit FfmpegProgress(std::chrono::microseconds duration = std::chrono::microseconds(0)) noexcept
      : duration_(duration), given_(duration.count() > 0) {}

  /// Takes a line without its end, as it is: any bytes, any length. What is malformed is `other`, or a value
  /// that is not known. Complexity: linear.
  FfmpegLine line(std::string_view line) noexcept;

  const FfmpegValues& values() const noexcept { return values_; }
  /// How long the output will be; 0: not known, as of a live source or a generated one.
  std::chrono::microseconds duration() const noexcept { return duration_; }
  /// 0 to 1; none: not known. 1 only at the end, since the last frames take their time.
  std::optional<double> fraction() const noexcept;
  /// Seconds of wall time until it will be done; none: not known.
  std::optional<double> eta() const noexcept;
  bool ended() const noexcept { return ended_; }

 private:
  FfmpegLine pair(std::string_view key, std::string_view value) noexcept;
  bool statistics(std::string_view line) noexcept;
  void take_duration(std::string_view line) noexcept;

  std::chrono::microseconds duration_;
  bool given_, outputs_ = false, ended_ = false;
  FfmpegValues values_;
  FfmpegValues block_;  ///< of the block that is being read
};

/// ffmpeg's "HH:MM:SS.ffffff", with any number of digits in front and behind. None: it is something else.
std::optional<std::chrono::microseconds> ffmpeg_time(std::string_view text) noexcept;

}  // namespace examples
