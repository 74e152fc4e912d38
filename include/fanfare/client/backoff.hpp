/// Backoff: how long to wait before the next try ("full jitter"). Has no clock.
#pragma once

#include <fanfare/client/client_options.hpp>

#include <chrono>
#include <functional>
#include <optional>

namespace fanfare::detail {

/// The longest wait that a server can ask for.
inline constexpr std::chrono::milliseconds max_server_wait = std::chrono::hours(1);

/// Thread: one at a time.
class Backoff {
 public:
  /// @param random  in [0, 1); what is outside counts as the nearer end
  Backoff(BackoffOptions options, std::function<double()> random);

  /// After one more failure. @param at_least  what the server asked for; the jitter is added to it
  std::chrono::milliseconds next(std::chrono::milliseconds at_least = {});
  /// Ends the row of failures.
  void reset() noexcept { failures_ = 0; }

 private:
  BackoffOptions options_;
  std::function<double()> random_;
  unsigned failures_ = 0;
};

/// A generator for the jitter, seeded by the system.
std::function<double()> system_random();

}  // namespace fanfare::detail
