#pragma once

#include <fanfare/server/address_limits.hpp>

namespace fanfare::detail {

FANFARE_DECL AddressLimits::Place AddressLimits::take(const IpAddress& address) {
  if (most_ == 0) return Place(uncounted());
  const std::lock_guard lock(mutex_);
  Entry& entry = *counts_.try_emplace(address.network(), Count{this}).first;
  if (entry.second.places >= most_) return {};
  ++entry.second.places;
  return Place(entry);
}

FANFARE_DECL AddressLimits::Entry& AddressLimits::uncounted() noexcept {
  static Entry entry{};
  return entry;
}

FANFARE_DECL void AddressLimits::release(const Entry& entry) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(entry.first);
  if (--found->second.places == 0) counts_.erase(found);
}

FANFARE_DECL std::size_t AddressLimits::addresses() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

}  // namespace fanfare::detail
