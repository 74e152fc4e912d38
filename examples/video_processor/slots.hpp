/// Slots: how many may do something at a time; the others wait for their turn.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

/// Thread: any.
class Slots {
 public:
  explicit Slots(std::size_t count) : free_(count) {}

  /// One of the slots, for as long as it lives; or none, because `stop` was requested first.
  class Held {
   public:
    Held(Slots& slots, std::stop_token stop) : slots_(slots), held_(slots.take(stop)) {}
    ~Held() {
      if (held_) slots_.give();
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    explicit operator bool() const noexcept { return held_; }

   private:
    Slots& slots_;
    const bool held_;
  };

 private:
  bool take(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return free_ > 0; }) || stop.stop_requested()) return false;
    --free_;
    return true;
  }
  void give() {
    const std::lock_guard lock(mutex_);
    ++free_;
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t free_;
};
