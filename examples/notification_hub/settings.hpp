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
  std::chrono::seconds heartbeat{30};
  std::chrono::seconds stall_limit{300};
  std::size_t max_per_address = 100;
  std::string users;                  // empty: nobody needs to sign in
  std::chrono::milliseconds demo{0};  // 0: none
  std::string web;                    // empty: the page that is compiled in

  /// None: go on. Else the status to leave with.
  std::optional<int> parse(int argc, char** argv);
};
