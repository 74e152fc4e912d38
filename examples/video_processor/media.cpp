#include "media.hpp"
#include "process.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace {

// Containers with the data in them, and none that leads elsewhere.
constexpr const char* formats = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf";
constexpr unsigned max_side = 8192;
constexpr std::size_t max_said = 16 << 10;  // of what ffprobe says

std::vector<std::string> input(const std::filesystem::path& file) {
  return {"-protocol_whitelist", "file", "-format_whitelist", formats, "-i", "file:" + file.string()};
}

void append(std::vector<std::string>& command, std::vector<std::string> more) {
  command.insert(command.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// 0 for what is no number, as "N/A".
double number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > -1e9 && value < 1e9 ? value : 0;
}

/// "30000/1001"
double ratio(std::string_view text) {
  const auto slash = text.find('/');
  const double below = slash == text.npos ? 1 : number(text.substr(slash + 1));
  return below > 0 ? number(text.substr(0, slash)) / below : 0;
}

unsigned even(double value) {
  return std::max(2u, static_cast<unsigned>(value / 2 + 0.5) * 2);
}

struct Said {
  Media media;
  double rate = 0, frames = 0;
  bool turned = false;

  void line(std::string_view line) {
    const auto equals = line.find('=');
    if (equals == line.npos) return;
    const std::string_view key = line.substr(0, equals), value = line.substr(equals + 1);
    const auto positive = std::max(0.0, number(value));
    if (key == "width") media.width = static_cast<unsigned>(positive);
    if (key == "height") media.height = static_cast<unsigned>(positive);
    if (key == "avg_frame_rate") rate = ratio(value);
    if (key == "nb_frames") frames = positive;
    if (key == "duration") media.duration = std::chrono::microseconds(static_cast<std::int64_t>(positive * 1e6));
    if (key == "rotation" || key == "TAG:rotate") turned = static_cast<int>(number(value)) % 180 != 0;
  }
};

}  // namespace

Media probe(const Tools& tools, const std::filesystem::path& file, std::stop_token stop) {
  std::vector<std::string> command{tools.ffprobe, "-v", "error", "-select_streams", "V:0", "-show_entries",
                                   "stream=width,height,avg_frame_rate,nb_frames:stream_side_data=rotation:"
                                   "stream_tags=rotate:format=duration",
                                   "-of", "default=noprint_wrappers=1"};
  append(command, input(file));
  std::string text, errors;
  const auto into = [](std::string& to) {
    return [&to](std::string_view bytes) { to += bytes.substr(0, max_said - std::min(max_said, to.size())); };
  };
  const ProcessEnd end = run_process(command, std::chrono::seconds(30), stop, into(text), into(errors));
  if (end.how == ProcessEnd::How::stopped) throw Cancelled();
  if (end.how == ProcessEnd::How::too_long) throw MediaError("it takes too long to read");
  if (!end.well()) throw MediaError("this is no video: " + reason_in(errors, file));

  Said said;
  for (std::string_view rest = text; !rest.empty();) {
    const auto stop_at = std::min(rest.find('\n'), rest.size());
    said.line(rest.substr(0, stop_at));
    rest.remove_prefix(std::min(stop_at + 1, rest.size()));
  }
  Media media = said.media;
  if (media.width == 0 || media.height == 0) throw MediaError("there is no picture in it");
  if (std::max(media.width, media.height) > max_side)
    throw MediaError("it is larger than " + std::to_string(max_side) + " pixels");
  if (said.turned) std::swap(media.width, media.height);
  const double seconds = std::chrono::duration<double>(media.duration).count();
  media.frames = static_cast<std::uint64_t>(said.frames > 0 ? said.frames : seconds * said.rate);
  return media;
}

std::vector<Target> plan(const Media& media, const std::vector<unsigned>& resolutions) {
  const unsigned shorter = std::min(media.width, media.height);
  const auto target = [&](unsigned size) {
    const double scale = static_cast<double>(size) / shorter;
    return Target{std::to_string(size) + "p", even(media.width * scale), even(media.height * scale)};
  };
  std::vector<Target> targets;
  for (const unsigned size : resolutions) {
    if (size <= shorter) targets.push_back(target(size));
  }
  if (targets.empty()) targets.push_back(target(std::max(2u, shorter / 2 * 2)));
  return targets;
}

std::vector<std::string> transcode_command(const Tools& tools, const std::filesystem::path& from, const Target& target,
                                           const std::filesystem::path& to) {
  const double period = std::chrono::duration<double>(tools.every).count();
  std::vector<std::string> command{tools.ffmpeg, "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-progress",
                                   "pipe:1", "-stats_period", std::to_string(period)};
  append(command, input(from));
  append(command, {"-map", "0:V:0", "-map", "0:a:0?", "-sn", "-dn"});
  append(command, {"-map_metadata", "-1", "-map_chapters", "-1"});  // where it was filmed is nobody's business
  append(command, {"-vf", "scale=" + std::to_string(target.width) + ":" + std::to_string(target.height)});
  append(command, {"-c:v", "libx264", "-preset", tools.preset, "-crf", "23", "-pix_fmt", "yuv420p"});
  append(command, {"-c:a", "aac", "-b:a", "128k", "-ac", "2"});
  append(command, {"-movflags", "+faststart", "-f", "mp4", "-n", "file:" + to.string()});
  return command;
}

std::string reason_in(std::string_view errors, const std::filesystem::path& file) {
  while (!errors.empty() && errors.back() <= ' ') errors.remove_suffix(1);
  std::string line(errors.substr(errors.rfind('\n') + 1));
  for (const std::string& path : {"file:" + file.string(), file.string()}) {
    for (auto at = line.find(path); at != line.npos; at = line.find(path, at)) line.replace(at, path.size(), "the file");
  }
  return line.empty() ? "no reason was given" : line.substr(0, 300);
}
