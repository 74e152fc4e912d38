/// Jobs: the program's jobs, each with its thread, of which some run and the others wait for their turn.
#pragma once

#include "work.hpp"

#include "../support/turns.hpp"

#include <fanfare/core/broker.hpp>

#include <atomic>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

/// Thread: any. Lifetime: the broker outlives it.
class Jobs {
 public:
  static constexpr std::size_t max_jobs = 32;  // running and waiting

  /// @param workers  how many run at a time
  Jobs(fanfare::Broker& broker, WorkOptions options, std::size_t workers)
      : broker_(broker), options_(std::move(options)), turns_(workers) {}
  /// Its end is stop().
  ~Jobs() { stop(); }
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  /// @return the job's id, which is its topic's name; none: there are max_jobs already, no thread
  ///         is to be had, or after stop()
  std::optional<std::string> start(std::uint64_t bytes);
  /// Cancels all of them, waits for their ends, and starts nothing any more.
  void stop();

 private:
  struct Entry {
    Entry(std::stop_source source, examples::Turns& turns) : stop(std::move(source)), place(turns) {}
    std::stop_source stop;
    std::optional<examples::Turns::Place> place;
    std::atomic<bool> over{false};
    std::jthread thread;
  };
  void run(Entry& entry, JobTopic topic, std::string id, std::uint64_t bytes);

  fanfare::Broker& broker_;
  const WorkOptions options_;
  examples::Turns turns_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::list<Entry> entries_;
};
