/// A thread that publishes on the schedule of a Feed, stamping each burst with the time at which it was due:
/// what it is late by counts as latency. Measures the processor time that publishing costs it.
#pragma once

#include "feed.hpp"

#include <errno.h>
#include <time.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

namespace bench {

inline std::uint64_t thread_cpu_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::uint64_t(time.tv_sec) * 1'000'000'000 + std::uint64_t(time.tv_nsec);
}

class Publisher {
 public:
  Publisher(double rate, std::uint64_t burst) : rate_(rate), burst_(burst) {}
  ~Publisher() { stop(); }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  /// @param publish  called as publish(due_ns, count) for each burst
  template <class Publish>
  void start(Publish publish) {
    if (rate_ <= 0) return;
    calibrate();
    thread_ = std::thread([this, publish = std::move(publish)]() mutable { run(publish); });
  }
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// The clock starts with the first subscriber.
  void somebody_watches() noexcept { watched_.store(true, std::memory_order_relaxed); }

  std::uint64_t published() const noexcept { return published_; }
  /// Of the publishing thread, without what reading its clock costs. The mean over all, nanoseconds.
  double cpu_ns_per_publish() const noexcept {
    return published_ ? double(cpu_ns_) / double(published_) - double(clock_cost_ns_) / double(burst_) : 0;
  }

 private:
  static constexpr std::uint64_t most_behind_ns = 1'000'000'000;

  void calibrate() {
    const std::uint64_t began = thread_cpu_ns();
    for (int i = 0; i < 1000; ++i) thread_cpu_ns();
    clock_cost_ns_ = (thread_cpu_ns() - began) / 1001;
  }
  static void sleep_until(std::uint64_t due) {
    const timespec at{time_t(due / 1'000'000'000), long(due % 1'000'000'000)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
    }
  }
  template <class Publish>
  void run(Publish& publish) {
    const auto interval = std::uint64_t(1e9 * double(burst_) / rate_);
    std::uint64_t due = now_ns();
    while (!stopping_) {
      if (!watched_.load(std::memory_order_relaxed)) {
        sleep_until(now_ns() + 1'000'000);
        due = now_ns();
        continue;
      }
      due += interval;
      const std::uint64_t now = now_ns();
      if (now < due) sleep_until(due);
      // A publisher that cannot keep up gives up what it owes, as the other servers do.
      if (now > due + most_behind_ns) due = now;
      const std::uint64_t before = thread_cpu_ns();
      publish(due, burst_);
      cpu_ns_ += thread_cpu_ns() - before;
      published_ += burst_;
    }
  }

  const double rate_;
  const std::uint64_t burst_;
  std::atomic<bool> watched_{false}, stopping_{false};
  std::uint64_t published_ = 0, cpu_ns_ = 0, clock_cost_ns_ = 0;
  std::thread thread_;
};

}  // namespace bench
