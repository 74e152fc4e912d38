/// What the command line asks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace load {

struct Options {
  std::string url, host = "127.0.0.1", path = "/", label;
  int port = 80;
  bool websocket = false;
  int subscribers = 100, per_address = 20000, first_address = 2, pending = 256, topics = 1;
  double open_rate = 5000, open_timeout = 60, settle = 0.5, warmup = 1, time = 5, max_time = 300;
  std::uint64_t messages = 0;
  std::vector<int> server_pids;
  int server_cpu = 0;
  double slow_share = 0, slow_bytes_per_second = 0;
  int slow_receive_buffer = 0, receive_buffer = 0;
  double churn = 0, away = 0, herd = -1;
  std::string since_parameter;
  bool resume_by_header = false, resume_by_query = false;
  std::string headers, websocket_text, subprotocol;
  std::string seq_key = "seq", stamp_key;
  bool seq_from_id = false, several_per_payload = false, compressed = false;
  bool idle = false, quiet = false, allow_partial = false, by_second = false;
  int coalesce_us = 0;

  bool resumes() const { return resume_by_header || resume_by_query; }
};

/// Exits with status 2 and a word on what is wrong.
Options parse(int argc, char** argv);

/// Host, port and path of a loopback URL; anything else than 127.0.0.0/8 is refused.
struct Address {
  std::string host, path;
  int port;
};
Address parse_url(std::string_view url, std::string_view scheme);

}  // namespace load
