/// Turns: so many at a time, and the others in the order in which they came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <stop_token>

namespace examples {

/// Thread: any. Lifetime: it outlives its places.
class Turns {
 public:
  explicit Turns(std::size_t at_a_time) : at_a_time_(at_a_time) {}

  /// A place in the queue, the last one when it is made, until it is left or destroyed. Whoever made it may have another
  /// thread wait.
  class Place {
   public:
    explicit Place(Turns& turns) : turns_(turns) {
      const std::lock_guard lock(turns_.mutex_);
      turns_.queue_.push_back(this);
    }
    ~Place() {
      {
        const std::lock_guard lock(turns_.mutex_);
        turns_.queue_.remove(this);
      }
      turns_.changed_.notify_all();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// Whether its turn has come; else a stop was requested before.
    bool wait(const std::stop_token& stop) {
      std::unique_lock lock(turns_.mutex_);
      return turns_.changed_.wait(lock, stop, [this] { return turns_.is_turn_of(*this); }) && !stop.stop_requested();
    }

   private:
    Turns& turns_;
  };

 private:
  // Who has a turn stays in the queue, and nobody overtakes.
  bool is_turn_of(const Place& place) const {
    std::size_t ahead = 0;
    for (auto other = queue_.begin(); *other != &place && ahead < at_a_time_; ++other) ++ahead;
    return ahead < at_a_time_;
  }

  const std::size_t at_a_time_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<const Place*> queue_;
};

}  // namespace examples
