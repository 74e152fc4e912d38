/// Work: one job from its beginning to its end. Stands for a download from somewhere else: the bytes are made
/// here, not fetched, but hashed, written, copied and checked for good. It knows its topic and nothing of the
/// web, so that it can run in another process as well.
#pragma once

#include "status.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <string_view>

struct Order {
  std::string id;
  std::uint64_t bytes = 0;
};

struct WorkOptions {
  std::filesystem::path folder;  ///< gets ID.bin and ID.txt, its checksum
  std::uint64_t rate = 0;        ///< bytes per second; 0: as fast as it goes
};

/// Thread: the one that calls run.
class Work {
 public:
  Work(JobTopic topic, Order order, const WorkOptions& options, std::stop_token stop);
  /// Ends the topic, whatever happens.
  void run() noexcept;

 private:
  void check_space();
  std::uint64_t download();
  void upload(std::uint64_t checksum);
  void store(std::uint64_t checksum);
  void report(std::string_view stage, std::string message, double fraction = 0);
  void pause(std::chrono::steady_clock::duration time);
  void fail(const std::string& why);
  void remove_part() noexcept;

  const JobTopic topic_;
  const Order order_;
  const std::uint64_t rate_;
  const std::filesystem::path part_, file_, checksum_file_;
  const std::stop_token stop_;
  double progress_ = 0;
};
