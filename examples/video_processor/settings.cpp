#include "settings.hpp"

#include "../support/duration.hpp"
#include "../support/listen.hpp"
#include "../support/options.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

std::optional<std::vector<unsigned>> parse_resolutions(std::string_view text) {
  std::vector<unsigned> resolutions;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    more = comma != text.npos;
    unsigned resolution = 0;
    if (examples::number(resolution, 64, 4320)(text.substr(0, comma)) || resolutions.size() == 8) return std::nullopt;
    resolutions.push_back(resolution);
    text.remove_prefix(more ? comma + 1 : text.size());
  }
  std::sort(resolutions.begin(), resolutions.end(), std::greater());
  resolutions.erase(std::unique(resolutions.begin(), resolutions.end()), resolutions.end());
  return resolutions;
}

std::optional<int> Settings::parse(int argc, char** argv) {
  using examples::byte_count, examples::duration, examples::ip_address, examples::number, examples::text;
  const auto take_resolutions = [this](std::string_view value) -> std::optional<std::string> {
    const auto parsed = parse_resolutions(value);
    if (!parsed) return "up to 8 numbers from 64 to 4320 with commas between them, such as 1080,720,480";
    resolutions = *parsed;
    return std::nullopt;
  };
  const auto one_of_x264s = [this](std::string_view value) -> std::optional<std::string> {
    constexpr std::string_view known[] = {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"};
    if (std::find(std::begin(known), std::end(known), value) == std::end(known))
      return "one of ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow";
    preset = value;
    return std::nullopt;
  };
  const examples::Options options(
      "video_processor", "Takes videos, makes them smaller with ffmpeg, and tells how far it is.",
      {
          {"--port", "N", "where to listen (8080); 0 picks a free port", number(port, 0, 65535)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", ip_address(address)},
          {"--dir", "FOLDER", "where uploads and videos go (video_processor); made if it is missing", text(folder)},
          {"--max-bytes", "BYTES", "the largest upload; 500M, 4G (2G)", byte_count(max_bytes, 1'000'000'000'000)},
          {"--resolutions", "LIST", "of the shorter side; never above the video's own (1080,720,480)", take_resolutions},
          {"--jobs", "N", "videos at a time, 1 to 16 (2)", number(jobs, 1, 16)},
          {"--transcodes", "N", "runs of ffmpeg at a time, 1 to 64 (2)", number(transcodes, 1, 64)},
          {"--time", "MINUTES", "for one run of ffmpeg, 1 to 1440 (60)", duration(time, 1, 1440)},
          {"--preset", "NAME", "x264's: how much time it takes for how few bytes (veryfast)", one_of_x264s},
          {"--keep", "N", "videos that stay in the folder, the newest, 1 to 10000 (20)", number(keep, 1, 10'000)},
          {"--every", "MS", "how often a run says how far it is, 10 to 10000 (250)", duration(every, 10, 10'000)},
          {"--heartbeat", "SECONDS", "a comment after so long without an event, 1 to 3600 (15)",
           duration(heartbeat, 1, 3600)},
          {"--ffmpeg", "PROGRAM", "the ffmpeg to run (ffmpeg)", text(ffmpeg)},
          {"--ffprobe", "PROGRAM", "the ffprobe to run (ffprobe)", text(ffprobe)},
          {"--web", "FOLDER", "serve the page from there, to work on it", text(web)},
      });
  return options.parse(argc, argv);
}
