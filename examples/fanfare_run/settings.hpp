/// Settings: what the program can be told on its command line.
#pragma once

#include "progress_parser.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

struct Settings {
  static constexpr std::uint16_t usual_port = 8080;

  std::optional<std::uint16_t> port;  // none: the usual one, or a free one if that is taken
  std::string address = "127.0.0.1";
  std::string topic = "run";
  std::string title;  // empty: the command line
  ParseMode parse = ParseMode::automatic;
  bool quiet = false;
  std::optional<bool> may_cancel;              // none: if only this machine can watch
  std::optional<std::chrono::seconds> linger;  // none: see linger_time
  std::chrono::seconds kill_after{5};
  std::vector<std::string> command;

  /// None: go on. Else the status to leave with.
  std::optional<int> read(int argc, char** argv);

  bool watchers_may_cancel() const;
  /// How long the server stays after the command's end. @param watched  whether somebody has watched
  std::chrono::seconds linger_time(bool watched) const;
};
