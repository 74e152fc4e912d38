/// Member: one subscriber as its cohort sees it; and Subscriber: as its shard or broker sees it.
#pragma once

#include <fanfare/core/fanout/replay.hpp>
#include <fanfare/core/log/image.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace fanfare::detail {

class Cohort;

class Listener;

/// Whoever can be told that it is over: by a revoked audience, or by the broker's end.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  virtual bool carries(std::string_view tag) const noexcept = 0;
  /// Only notes the end, for it is called under the owner's lock. Returns the listener to make ready, so
  /// that the rest happens there; null when `end` is to be called on the shard's thread.
  virtual Listener* note_end(std::error_code why) noexcept = 0;
  virtual void end(std::error_code why) { (void)why; }

 private:
  friend class SubscriberList;
  Subscriber* next_ = nullptr;
  Subscriber* previous_ = nullptr;
};

/// All subscribers of a shard, or those of a broker that belong to no shard. Thread: the owner locks.
class SubscriberList {
 public:
  void add(Subscriber& subscriber) noexcept {
    subscriber.next_ = first_;
    if (first_) first_->previous_ = &subscriber;
    first_ = &subscriber;
    ++size_;
  }
  void remove(Subscriber& subscriber) noexcept {
    (subscriber.previous_ ? subscriber.previous_->next_ : first_) = subscriber.next_;
    if (subscriber.next_) subscriber.next_->previous_ = subscriber.previous_;
    subscriber.next_ = subscriber.previous_ = nullptr;
    --size_;
  }
  template <class Visit>
  void each(Visit&& visit) {
    for (Subscriber* subscriber = first_; subscriber;) {
      Subscriber* next = subscriber->next_;
      visit(*subscriber);
      subscriber = next;
    }
  }
  std::size_t size() const noexcept { return size_; }

 private:
  Subscriber* first_ = nullptr;
  std::size_t size_ = 0;
};

/// Thread: its shard's.
class Member {
 public:
  /// What `write` says when the connection broke; the member has left its cohort by then.
  static constexpr std::size_t gone = static_cast<std::size_t>(-1);
  enum class Level {
    reached,  ///< stands exactly at the number with nothing left to send
    busy,     ///< still has bytes to send; it asks again itself
    ahead,    ///< has read further than the number; ask again after the cohort's next read
  };

  virtual ~Member() = default;

  /// Takes as many of the bytes as it can at once. Never waits, never keeps the view.
  virtual std::size_t write(std::string_view bytes) noexcept = 0;
  /// It took only part of a span and has left the cohort: it owes its client the rest of `image` from
  /// `offset`, then what `replay` reads.
  virtual void fell_short(Replay replay, ImageRef image, std::size_t offset) = 0;
  /// Reads and sends on its own up to `at`.
  virtual Level level_with(std::uint64_t at) = 0;
  virtual void beat() = 0;
  /// Its topics have ended, it has sent everything and left the cohort.
  virtual void ended() = 0;
  /// What it waits for cannot be read or encoded, which was reported; it has left the cohort.
  virtual void failed() {}

  /// It came in. `selection` is equal to its own and shared by all members; `sum` is of all that the cohort has
  /// sent so far, if its format sums.
  virtual void joined(const SelectionRef& selection, const wire::Checksum& sum) { (void)selection, (void)sum; }
  /// The sum by now for this member, called before fell_short and ended.
  virtual void passed(const wire::Checksum& sum) { (void)sum; }

 private:
  friend class Cohort;
  Cohort* cohort_ = nullptr;
  std::uint32_t slot_ = 0;

 public:
  bool in_cohort() const noexcept { return cohort_ != nullptr; }
  Cohort* cohort() const noexcept { return cohort_; }
};

}  // namespace fanfare::detail
