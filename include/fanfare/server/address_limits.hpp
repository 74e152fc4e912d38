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
  struct Count {
    AddressLimits* limits = nullptr;  ///< to which it belongs
    std::size_t places = 0;
  };
  using Counts = std::map<IpAddress, Count>;
  using Entry = Counts::value_type;
  void release(const Entry& entry) noexcept;
  static Entry& uncounted() noexcept;

  const std::size_t most_;
  mutable std::mutex mutex_;
  Counts counts_;
};

/// Given back when destroyed. Thread: one at a time. Lifetime: the limits outlast it.
class AddressLimits::Place {
 public:
  Place() = default;
  Place(Place&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Place& operator=(Place&& other) noexcept {
    Place taken(std::move(other));
    std::swap(entry_, taken.entry_);
    return *this;
  }
  ~Place() {
    if (entry_ && entry_->second.limits) entry_->second.limits->release(*entry_);
  }

  /// Whether it was there to take.
  explicit operator bool() const noexcept { return entry_ != nullptr; }

 private:
  friend class AddressLimits;
  explicit Place(Entry& entry) noexcept : entry_(&entry) {}

  Entry* entry_ = nullptr;  // one word, for every connection has a place
};

}  // namespace fanfare::detail
