/// Settings: what the program can be told on its command line.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

struct Settings {
  std::uint16_t port = 8080;
  std::string address = "127.0.0.1";
  std::string folder = "download_service";
  std::uint64_t rate = 2'000'000;
  std::size_t workers = 2;
  std::chrono::seconds heartbeat{15};
  std::string web;  // empty: the page that is compiled in

  /// None: go on. Else the status to leave with.
  std::optional<int> parse(int argc, char** argv);
};
