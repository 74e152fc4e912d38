#pragma once

#include <fanfare/core/event.hpp>
#include <fanfare/core/log/event_record.hpp>

namespace fanfare {

FANFARE_DECL const detail::EventRecord& Event::record() const noexcept {
  return static_cast<const detail::EventRecord&>(*record_);
}

FANFARE_DECL std::string_view Event::topic() const noexcept { return record().topic->name; }
FANFARE_DECL std::string_view Event::type() const noexcept { return record().type; }
FANFARE_DECL std::string_view Event::json() const noexcept { return record().json; }
FANFARE_DECL std::string_view Event::key() const noexcept { return record().key; }
FANFARE_DECL std::span<const std::string> Event::audience() const noexcept { return record().audience; }
FANFARE_DECL Delivery Event::delivery() const noexcept { return record().delivery; }
FANFARE_DECL Position Event::position() const noexcept {
  return bare_ ? Position{record().position.epoch, 0} : record().position;
}
FANFARE_DECL std::uint64_t Event::seq() const noexcept { return record().seq; }
FANFARE_DECL WallTime Event::time() const noexcept { return record().time; }
FANFARE_DECL bool Event::last() const noexcept { return record().last; }
FANFARE_DECL bool Event::control() const noexcept { return record().control; }

}  // namespace fanfare
