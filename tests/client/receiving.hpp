/// What a receiver told, one line each.
#pragma once

#include <fanfare/client/client.hpp>
#include <fanfare/client/receiver.hpp>

#include <string>
#include <utility>
#include <vector>

namespace clients {

class RecordingSink final : public fanfare::detail::ReceiverSink {
 public:
  void on_event(fanfare::detail::Incoming&& in) override {
    std::string line = in.topic + '|' + in.type + '|' + in.json + '|' + in.id + '|' + std::to_string(in.seq);
    lines.push_back(line + (in.control ? "|control" : ""));
  }
  void on_position(std::string_view id) override { lines.push_back("position " + std::string(id)); }
  void on_heartbeat(std::chrono::milliseconds interval) override {
    lines.push_back("heartbeat " + std::to_string(interval.count()));
  }
  void on_beat() override { lines.push_back("beat"); }
  void on_retry(std::chrono::milliseconds wait) override {
    lines.push_back("retry " + std::to_string(wait.count()));
  }
  void on_problem(fanfare::Problem problem) override { lines.push_back("problem " + problem.detail); }
  void on_reply(std::string_view bytes) override { replies += bytes; }

  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::string replies;
};

using Lines = std::vector<std::string>;
using What = fanfare::detail::AnswerEnd::What;

}  // namespace clients
