/// TimingWheel: all deadlines of one shard in one structure: setting and dropping one is O(1) and
/// allocates nothing. Hashed wheel: 4096 slots of 8 ms; what lies further away goes round again.
#pragma once

#include <fanfare/core/clock.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>

namespace fanfare::detail {

/// Embedded in whoever waits; leaves the wheel when destroyed.
class WheelEntry {
 public:
  WheelEntry() = default;
  WheelEntry(const WheelEntry&) = delete;
  WheelEntry& operator=(const WheelEntry&) = delete;
  virtual ~WheelEntry() { unlink(); }
  bool waiting() const noexcept { return next_ != nullptr; }
  SteadyTime deadline() const noexcept { return deadline_; }

  void unlink() noexcept {
    if (!next_) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 protected:
  /// The deadline has come; the entry has left the wheel and may enter it again or be destroyed.
  virtual void on_deadline() {}
  /// The wheel goes before the deadline came; the entry has left it and may be destroyed.
  virtual void on_dropped() noexcept {}

 private:
  friend class TimingWheel;
  WheelEntry* next_ = nullptr;
  WheelEntry* previous_ = nullptr;
  SteadyTime deadline_{};
};

/// Thread: the shard's. Precision: a deadline fires up to one tick late, never early.
class TimingWheel {
 public:
  static constexpr std::chrono::milliseconds tick{8};

  explicit TimingWheel(SteadyTime now) : slots_(std::make_unique<Slots>()), now_(index(now)) {
    for (auto& slot : *slots_) slot.next_ = slot.previous_ = &slot;
  }
  ~TimingWheel() {
    for (auto& slot : *slots_) {
      while (slot.next_ != &slot) {
        WheelEntry& entry = *slot.next_;
        entry.unlink();
        entry.on_dropped();
      }
      slot.next_ = nullptr;
    }
  }

  /// (Re)sets the entry's deadline; one in the past fires at the next `advance`.
  void set(WheelEntry& entry, SteadyTime deadline) noexcept {
    entry.unlink();
    entry.deadline_ = deadline;
    std::int64_t at = index(deadline + tick - std::chrono::nanoseconds(1));
    if (at <= now_) at = now_ + 1;
    WheelEntry& slot = slot_of(at);
    entry.previous_ = slot.previous_;
    entry.next_ = &slot;
    slot.previous_->next_ = &entry;
    slot.previous_ = &entry;
    occupied_[word(at)] |= bit(at);
  }

  /// Fires what is due. Entries set by a handler fire at a later advance.
  void advance(SteadyTime time) {
    const std::int64_t to = index(time);
    if (to - now_ > slot_count) now_ = to - slot_count;  // one round visits every slot
    while (now_ < to) {
      ++now_;
      if (occupied_[word(now_)] & bit(now_)) fire(slot_of(now_), time);
    }
  }

  /// How long until the next occupied slot comes up; `at_most` when none does before.
  std::chrono::milliseconds next(SteadyTime time, std::chrono::milliseconds at_most) const noexcept {
    const std::int64_t passed = index(time) - now_;
    const std::int64_t horizon = std::min<std::int64_t>(slot_count, at_most / tick + 1);
    for (std::int64_t ahead = 1; ahead <= horizon;) {
      const std::int64_t at = now_ + ahead;
      const std::uint64_t rest = occupied_[word(at)] >> (at & 63);
      if (rest == 0) {
        ahead += 64 - (at & 63);
        continue;
      }
      const std::int64_t found = ahead + std::countr_zero(rest);
      if (found > horizon) break;
      return std::min(at_most, std::max<std::int64_t>(0, found - passed) * tick);
    }
    return at_most;
  }

 private:
  static constexpr std::int64_t slot_count = 4096;  // 32.8 s a round
  using Slots = std::array<WheelEntry, slot_count>;

  static std::int64_t index(SteadyTime time) noexcept {
    return time.time_since_epoch() / std::chrono::duration_cast<SteadyTime::duration>(tick);
  }
  static std::size_t word(std::int64_t at) noexcept { return static_cast<std::size_t>(at & (slot_count - 1)) / 64; }
  static std::uint64_t bit(std::int64_t at) noexcept { return std::uint64_t{1} << (at & 63); }
  WheelEntry& slot_of(std::int64_t at) noexcept {
    return (*slots_)[static_cast<std::size_t>(at & (slot_count - 1))];
  }

  void fire(WheelEntry& slot, SteadyTime time) {
    // Move the slot's list aside, so that a handler may set and unlink whatever it likes.
    WheelEntry due;
    due.next_ = due.previous_ = &due;
    if (slot.next_ != &slot) {
      due.next_ = slot.next_;
      due.previous_ = slot.previous_;
      due.next_->previous_ = &due;
      due.previous_->next_ = &due;
      slot.next_ = slot.previous_ = &slot;
    }
    occupied_[word(now_)] &= ~bit(now_);
    struct Rest {  // when a handler throws, the others keep their deadlines
      TimingWheel& wheel;
      WheelEntry& due;
      ~Rest() {
        while (due.next_ != &due) wheel.set(*due.next_, due.next_->deadline_);
        due.next_ = nullptr;
      }
    } const rest{*this, due};
    while (due.next_ != &due) {
      WheelEntry& entry = *due.next_;
      const SteadyTime deadline = entry.deadline_;
      entry.unlink();
      if (deadline > time) set(entry, deadline);  // of a later round
      else entry.on_deadline();
    }
  }

  std::unique_ptr<Slots> slots_;
  std::array<std::uint64_t, slot_count / 64> occupied_{};
  std::int64_t now_;
};

}  // namespace fanfare::detail
