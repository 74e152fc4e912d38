/// What ffprobe and ffmpeg are told. The files are strangers', so both read from files only, never from what a file
/// names, and only containers that name nothing: a playlist (HLS, concat, DASH) would make them read other files of
/// this machine, or of others that it can reach.
#pragma once

#include "vocabulary.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

struct Tools {
  std::string ffmpeg, ffprobe;  ///< paths
  std::string preset;           ///< of x264
  std::chrono::seconds time;    ///< for one transcode
  std::chrono::milliseconds every;  ///< how often ffmpeg tells how far it is
};

/// A reason that is fit for the eyes of whoever sent the file.
struct MediaError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Cancelled : MediaError {
  Cancelled() : MediaError("cancelled") {}
};

struct Media {
  unsigned width = 0, height = 0;         ///< as it is shown, turned as it says
  std::chrono::microseconds duration{0};  ///< 0: not known
  std::uint64_t frames = 0;               ///< about; 0: not known
};

/// A resolution is the length of the shorter side, so that a portrait is a 720p as well.
struct Target {
  std::string name;  ///< "720p"
  unsigned width = 0, height = 0;
};

/// Throws MediaError: it is no video, or a monster.
Media probe(const Tools& tools, const std::filesystem::path& file, std::stop_token stop);

/// The resolutions that are not above the video's own; its own if all of them are.
std::vector<Target> plan(const Media& media, const std::vector<unsigned>& resolutions);

std::vector<std::string> transcode_command(const Tools& tools, const std::filesystem::path& from, const Target& target,
                                           const std::filesystem::path& to);

/// The last line that ffmpeg wrote to its errors, without the paths in it.
std::string reason_in(std::string_view errors, const std::filesystem::path& file);
