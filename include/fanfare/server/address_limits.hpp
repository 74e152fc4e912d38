/// AddressLimits: how many connections or streams each address has, so that no single one takes them all.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/ip_address.hpp>

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

namespace fanfare::detail {

/// Counts by IPv4 address and by IPv6 /64. Thread: any.
/// Memory: an entry for each address that holds a place, none for others.
class AddressLimits {
 public:
  /// @param most  places of one address; 0: no limit, and nothing is counted
  explicit AddressLimits(std::size_t most) noexcept : most_(most) {}

  class Place;
  /// A place, if the address may have one more; else one that is empty.
  Place take(const IpAddress& address);
  /// Those that hold a place.
  std::size_t addresses() const;

 private:
  using Counts = std::map<IpAddress, std::size_t>;
  void release(Counts::iterator entry) noexcept;

  const std::size_t most_;
  mutable std::mutex mutex_;
  Counts counts_;
};

/// Given back when destroyed. Thread: one at a time. Lifetime: the limits outlast it.
class AddressLimits::Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept
      : granted_(std::exchange(other.granted_, false)),
        limits_(std::exchange(other.limits_, nullptr)),
        entry_(other.entry_) {}
  Place& operator=(Place&& other) noexcept {
    Place(std::move(other)).swap(*this);
    return *this;
  }
  ~Place() {
    if (limits_) limits_->release(entry_);
  }

  /// Whether it was there to take.
  explicit operator bool() const noexcept { return granted_; }

 private:
  friend class AddressLimits;
  void swap(Place& other) noexcept {
    std::swap(granted_, other.granted_);
    std::swap(limits_, other.limits_);
    std::swap(entry_, other.entry_);
  }

  bool granted_ = false;
  AddressLimits* limits_ = nullptr;  // none: not counted
  Counts::iterator entry_{};
};

}  // namespace fanfare::detail
