#include "ffmpeg_progress.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace examples {
namespace {

using std::chrono::microseconds;

// Above any film, and far from where a sum of microseconds overflows.
constexpr std::uint64_t max_hours = 1'000'000;

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// Digits only, and no sign.
std::optional<std::uint64_t> whole(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> real(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // No infinity and no NaN: from_chars reads these, too.
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0 && number < 1e15)) {
    return std::nullopt;
  }
  return number;
}

// "2.34x"
std::optional<double> times(std::string_view text) noexcept {
  if (!text.ends_with('x')) return std::nullopt;
  text.remove_suffix(1);
  return real(trim(text));
}

std::optional<microseconds> micro(std::string_view text) noexcept {
  if (text.starts_with('-')) return microseconds(0);  // before the first frame, with streams that begin early
  const auto count = whole(text);
  if (!count || *count > max_hours * 3'600'000'000) return std::nullopt;
  return microseconds(*count);
}

// Takes the word after "name=" and blanks: ffmpeg pads the numbers. Empty: there is none.
std::string_view field(std::string_view line, std::string_view name) noexcept {
  for (std::size_t at = line.find(name); at != std::string_view::npos; at = line.find(name, at + 1)) {
    if (at > 0 && line[at - 1] != ' ') continue;  // "Lsize=" is not "size=", nor "out_time=" "time="
    std::string_view rest = line.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    return rest.substr(0, rest.find(' '));
  }
  return {};
}

}  // namespace

std::optional<microseconds> ffmpeg_time(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto hours = whole(text.substr(0, first));
  const auto minutes = whole(text.substr(first + 1, second - first - 1));
  std::string_view rest = text.substr(second + 1);
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  const auto seconds = whole(rest.substr(0, dot));
  if (!hours || !minutes || !seconds || *hours > max_hours || *minutes > 59 || *seconds > 59) return std::nullopt;

  std::uint64_t fraction = 0, unit = 100'000;
  rest.remove_prefix(std::min(dot + 1, rest.size()));
  for (const char digit : rest) {
    if (digit < '0' || digit > '9') return std::nullopt;
    fraction += unit * static_cast<std::uint64_t>(digit - '0');
    unit /= 10;
  }
  if (negative) return microseconds(0);
  return microseconds(((*hours * 60 + *minutes) * 60 + *seconds) * 1'000'000 + fraction);
}

FfmpegLine FfmpegProgress::line(std::string_view line) noexcept {
  // ffmpeg calls an input's length "Duration:" and an output's header "Output #0"; chapters and metadata of the
  // input, such as "DURATION        : 00:00:03.0", come indented deeper or spelled otherwise.
  if (line.starts_with("  Duration: ")) take_duration(line);
  if (line.starts_with("Output #")) outputs_ = true;

  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return FfmpegLine::other;
  if (statistics(line)) return FfmpegLine::update;
  return pair(line.substr(0, equals), trim(line.substr(equals + 1)));
}

void FfmpegProgress::take_duration(std::string_view line) noexcept {
  if (given_ || outputs_) return;
  const std::string_view text = trim(line).substr(std::string_view("Duration:").size());
  if (const auto length = ffmpeg_time(trim(text.substr(0, text.find(','))))) {
    duration_ = std::max(duration_, *length);
  }
}

// "frame=   12 fps=0.0 q=0.0 size=       0kB time=00:00:00.51 bitrate=   0.8kbits/s speed=2.34x", of sound alone
// without the first three.
bool FfmpegProgress::statistics(std::string_view line) noexcept {
  const std::string_view time = field(line, "time=");
  if (time.empty() || field(line, "bitrate=").empty()) return false;
  if (time != "N/A" && !ffmpeg_time(time)) return false;
  FfmpegValues said;
  said.out_time = ffmpeg_time(time);
  said.frame = whole(field(line, "frame="));
  said.fps = real(field(line, "fps="));
  said.speed = times(field(line, "speed="));
  std::string_view size = field(line, "size=");
  if (size.empty()) size = field(line, "Lsize=");
  size = size.substr(0, size.find_first_not_of("0123456789"));
  if (const auto kib = whole(size); kib && *kib < (1ull << 50)) said.total_size = *kib * 1024;
  values_ = said;
  return true;
}

FfmpegLine FfmpegProgress::pair(std::string_view key, std::string_view value) noexcept {
  if (key == "frame") block_.frame = whole(value);
  else if (key == "fps") block_.fps = real(value);
  else if (key == "total_size") block_.total_size = whole(value);
  else if (key == "speed") block_.speed = times(value);
  // Beside "out_time_us" there is "out_time_ms", which is in microseconds too, and is all that old ones have.
  else if (key == "out_time_us" || key == "out_time_ms") block_.out_time = micro(value);
  else if (key == "progress" && (value == "continue" || value == "end")) {
    values_ = block_;
    block_ = {};
    if (value == "continue") return FfmpegLine::update;
    ended_ = true;
    return FfmpegLine::end;
  } else {
    static constexpr std::array<std::string_view, 4> rest{"bitrate", "out_time", "dup_frames", "drop_frames"};
    const bool known = std::find(rest.begin(), rest.end(), key) != rest.end() ||
                       (key.starts_with("stream_") && key.find(' ') == std::string_view::npos);
    return known ? FfmpegLine::part : FfmpegLine::other;
  }
  return FfmpegLine::part;
}

std::optional<double> FfmpegProgress::fraction() const noexcept {
  if (ended_) return 1;
  if (duration_.count() == 0 || !values_.out_time) return std::nullopt;
  const double done = static_cast<double>(values_.out_time->count()) / static_cast<double>(duration_.count());
  return std::clamp(done, 0.0, 0.999);
}

std::optional<double> FfmpegProgress::eta() const noexcept {
  if (ended_) return 0;
  if (duration_.count() == 0 || !values_.out_time || !values_.speed || *values_.speed <= 0) return std::nullopt;
  const auto left = std::max(duration_ - *values_.out_time, microseconds(0));
  return std::chrono::duration<double>(left).count() / *values_.speed;
}

}  // namespace examples
