/// CurlProgress: how far curl is, from the meter that it draws on stderr when it writes to a file:
///
///       % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
///                                      Dload  Upload   Total   Spent    Left  Speed
///      45 10.0M   45 4607k    0     0  1234k      0  0:00:08  0:00:03  0:00:05 1234k
///
/// and from the one of `curl --parallel`, which begins with "DL% UL%". The bar of `curl -#` is a matter for
/// percent_in.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace examples {

enum class CurlLine {
  other,   ///< no part of a meter
  head,    ///< what stands above a meter: a transfer begins
  update,  ///< there are new values
};

/// A plain value of constant size. Thread: distinct objects on any threads.
class CurlProgress {
 public:
  /// Takes a line without its end, as it is: any bytes, any length. Complexity: linear.
  CurlLine line(std::string_view line) noexcept;

  /// 0 to 1, of this transfer, or with --parallel of all; none: its size is not known.
  std::optional<double> fraction() const noexcept { return fraction_; }
  /// Bytes per second just now; none: not said. As exact as curl writes it, with three or four digits.
  std::optional<std::uint64_t> speed() const noexcept { return speed_; }

 private:
  enum class Meter { none, one, many };

  Meter meter_ = Meter::none;
  std::optional<double> fraction_;
  std::optional<std::uint64_t> speed_;
};

}  // namespace examples
