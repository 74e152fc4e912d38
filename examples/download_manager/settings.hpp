/// Settings: what the program can be told on its command line.
#pragma once

#include "download_options.hpp"

#include <cstdint>
#include <optional>
#include <string>

struct Settings {
  std::uint16_t port = 8080;
  std::string address = "127.0.0.1";
  std::string folder = "downloads";
  std::string web;  // empty: the page that is compiled in
  DownloadOptions downloads;

  /// None: go on. Else the status to leave with.
  std::optional<int> parse(int argc, char** argv);
};
