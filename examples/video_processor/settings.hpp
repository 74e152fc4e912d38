/// Settings: what the program can be told on its command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Settings {
  std::uint16_t port = 8080;
  std::string address = "127.0.0.1";
  std::string folder = "video_processor";
  std::uint64_t max_bytes = 2'000'000'000;
  std::vector<unsigned> resolutions{1080, 720, 480};  ///< falling
  std::size_t jobs = 2, transcodes = 2, keep = 20;
  std::string preset = "veryfast", ffmpeg = "ffmpeg", ffprobe = "ffprobe";
  std::chrono::minutes time{60};
  std::chrono::milliseconds every{250};
  std::chrono::seconds heartbeat{15};
  std::string web;  ///< empty: the page that is compiled in

  /// None: go on. Else the status to leave with.
  std::optional<int> parse(int argc, char** argv);
};

/// "1080,720,480", at most 8 of 64 to 4320, falling and each once. None: it is something else.
std::optional<std::vector<unsigned>> parse_resolutions(std::string_view text);
