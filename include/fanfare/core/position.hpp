/// A place in a broker's log, as clients keep it and hand it back to resume.
/// Text form `<epoch>.<n>`: 13 base32 digits (RFC 4648 sec. 7, lower case), a dot, decimal digits.
/// At most 34 bytes of [a-z0-9.], so that a browser sends it across origins without a preflight.
#pragma once

#include <fanfare/config.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare {

struct Position {
  std::uint64_t epoch = 0;  ///< random, new for every incarnation of the broker's log
  std::uint64_t n = 0;      ///< the broker-wide commit number; 0: none

  std::string str() const;
  /// Exactly what `str` writes, nothing else. Never throws.
  static std::optional<Position> parse(std::string_view text) noexcept;
  friend bool operator==(const Position&, const Position&) = default;
};

namespace detail {

/// The longest text of a Position: 13 digits of epoch + dot + 20 digits of a 64-bit number.
inline constexpr std::size_t max_position_text = 13 + 1 + 20;
/// Decimal digits only, no sign, no leading zero but "0" itself, no overflow.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;
/// Appends the text of a position without allocating a string of its own.
void append_position(std::string& out, const Position& position);
void append_number(std::string& out, std::uint64_t number);
/// The same into a buffer, of max_position_text or 20 bytes at least. Returns the end.
char* write_position(char* out, const Position& position) noexcept;
char* write_number(char* out, std::uint64_t number) noexcept;

}  // namespace detail
}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/position.ipp>
#endif
