#pragma once

#include <fanfare/core/format.hpp>

#include <atomic>

namespace fanfare {

FANFARE_DECL Format::Format() noexcept {
  static std::atomic<std::uint64_t> last{0};
  id_ = ++last;
}

}  // namespace fanfare
