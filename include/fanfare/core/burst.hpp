/// Burst: what a thread publishes while one lives leaves together, in one send per subscriber.
#pragma once

#include <fanfare/config.hpp>

#include <memory>
#include <vector>

namespace fanfare {
namespace detail {
class TopicLog;
}

///     {
///       fanfare::Burst burst;
///       for (const auto& row : rows) topic.publish(row);
///     }  // now the subscribers' loops are woken, once
///
/// Without one the first event wakes the loops, which may send it before the second is published. Only that wake
/// waits: each event is committed as ever, and a loop that is awake for another reason sends it at once. Keep it
/// short, for events wait as long as it lives. A Burst within another adds to the outer one.
/// Thread: the one that made it; other threads' events are not held up. Memory: one entry for each topic, at
/// most 64 topics; of more, the first ones are woken earlier.
class Burst {
 public:
  Burst() noexcept;
  ~Burst();
  Burst(const Burst&) = delete;
  Burst& operator=(const Burst&) = delete;

  /// For the library: the calling thread's outermost, null when there is none.
  static Burst* current() noexcept;
  void add(const std::shared_ptr<detail::TopicLog>& topic);

 private:
  void wake_all();

  std::vector<std::shared_ptr<detail::TopicLog>> topics_;
};

}  // namespace fanfare
