#pragma once

#include <fanfare/client/backoff.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL Backoff::Backoff(BackoffOptions options, std::function<double()> random)
    : options_(options), random_(std::move(random)) {}

FANFARE_DECL std::chrono::milliseconds Backoff::next(std::chrono::milliseconds at_least) {
  auto limit = options_.base;
  for (unsigned n = 0; n < failures_ && limit < options_.cap; ++n) limit *= 2;
  limit = std::min(limit, options_.cap);
  ++failures_;
  double share = random_();
  if (!(share >= 0)) share = 0;  // NaN too
  share = std::min(share, 1.0);
  const std::chrono::milliseconds jitter(
      static_cast<std::int64_t>(static_cast<double>(limit.count()) * share));
  return std::clamp(at_least, std::chrono::milliseconds(0), max_server_wait) + jitter;
}

FANFARE_DECL std::function<double()> system_random() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return [engine = std::mt19937_64(seed)]() mutable {
    constexpr double step = 1.0 / (std::uint64_t{1} << 53);  // the bits of a double's mantissa
    return static_cast<double>(engine() >> 11) * step;
  };
}

}  // namespace fanfare::detail
