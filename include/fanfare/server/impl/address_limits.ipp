#pragma once

#include <fanfare/server/address_limits.hpp>

namespace fanfare::detail {

FANFARE_DECL AddressLimits::Place AddressLimits::take(const IpAddress& address) {
  Place place;
  if (most_ == 0) {
    place.granted_ = true;
    return place;
  }
  const std::lock_guard lock(mutex_);
  const auto entry = counts_.try_emplace(address.network(), 0).first;
  if (entry->second >= most_) return place;
  ++entry->second;
  place.granted_ = true;
  place.limits_ = this;
  place.entry_ = entry;
  return place;
}

FANFARE_DECL void AddressLimits::release(Counts::iterator entry) noexcept {
  const std::lock_guard lock(mutex_);
  if (--entry->second == 0) counts_.erase(entry);
}

FANFARE_DECL std::size_t AddressLimits::addresses() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace fanfare::detail
