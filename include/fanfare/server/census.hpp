/// Census: how one thread learns what all loops of a server carry, while they go on: each is asked and
/// answers on its own thread, so nothing of theirs needs a lock.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/connection_info.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace fanfare::detail {

/// Thread: as each function says. A thread that is a loop's own answers for itself, and goes on answering
/// others while it waits: two loops that ask each other at once are both served.
class Census {
 public:
  using Rows = std::vector<ConnectionInfo>;

  /// What is counted. The functions are called between `enter` and `leave` only.
  class Loop {
   public:
    virtual ~Loop() = default;
    /// Whether the calling thread runs this loop. Called under the census' lock.
    virtual bool is_here() const noexcept = 0;
    /// Schedules a call of `serve` on the loop's thread. Any thread; called under the census' lock.
    virtual void call_to_serve() = 0;
    /// Appends a row for each stream. On the loop's thread, no lock held; must not wait.
    virtual void list(Rows& rows) = 0;
  };

  /// From now on the loop is asked. On its thread.
  void enter(Loop& loop);
  /// It is asked no more, and nobody waits for it. On its thread, or when it does not run any more.
  void leave(Loop& loop) noexcept;
  /// Answers what the loop was asked. On its thread.
  void serve(Loop& loop);

  /// Asks all loops. Any thread; on one of theirs it answers for that one itself.
  /// @param at_most  to wait for loops that are busy; then what came is returned
  Rows take(std::chrono::milliseconds at_most);

 private:
  struct Question {
    std::size_t awaited = 0;  // loops that have not answered
    Rows rows = {};
  };
  /// Bound: one question for each thread that is inside `take`.
  struct Desk {
    Loop* loop;
    std::vector<std::shared_ptr<Question>> questions = {};
  };
  Desk* desk_of(const Loop& loop) noexcept;
  void withdraw(const std::shared_ptr<Question>& question) noexcept;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Desk> desks_;
};

}  // namespace fanfare::detail
