/// Delivery: what may happen to an event on its way to a reader that is slow.
#pragma once

#include <cstdint>

namespace fanfare {

enum class Delivery : std::uint8_t {
  critical,   ///< never skipped silently: delivered, or covered by a `reset` whose snapshot holds its effect
  conflated,  ///< the newest per key is enough; one that a newer replaced is skipped by whoever reads late
  lossy,      ///< may be skipped for a reader that lags; a `skipped` block says how many
};

}  // namespace fanfare
