/// Downloader: several transfers at a time in one thread, which share a rate limit. Knows nothing of jobs.
#pragma once

#include "curl.hpp"
#include "transfer.hpp"
#include "url.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// Thread: one, but for wake().
class Downloader {
 public:
  /// @param rate_limit  bytes per second of all transfers together; 0: none
  explicit Downloader(std::uint64_t rate_limit);

  /// @param id    the caller's, by which run() names it
  /// @param task  shows how far it is. Lifetime: until the transfer has ended
  void start(std::size_t id, const Url& url, PartFile file, fanfare::Task& task);
  std::size_t active() const noexcept { return transfers_.size(); }
  /// Gives up all transfers; their files are removed.
  void stop();

  struct Ended {
    std::size_t id;
    std::string problem;  // empty: the file is whole
    PartFile file;
  };
  /// Waits until there is something to do, at most that long, and does it. @return the transfers that ended
  std::vector<Ended> run(std::chrono::milliseconds patience);
  /// Makes run() return now, or next time. Thread: any.
  void wake() noexcept;

 private:
  void share_rate();

  const CurlMulti multi_;
  const std::uint64_t rate_limit_;
  std::map<std::size_t, std::unique_ptr<Transfer>> transfers_;
};
