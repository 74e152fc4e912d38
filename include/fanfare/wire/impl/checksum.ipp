#pragma once

#include <fanfare/wire/checksum.hpp>

#if FANFARE_WITH_ZLIB

#include <zlib.h>

#include <algorithm>

namespace fanfare {
namespace detail {

/// Modulus of both sums of an Adler-32 (RFC 1950 sec. 8.2).
inline constexpr std::uint64_t adler_base = 65521;

/// What a CRC-32 contributes to that of a longer text: what it gives in front of so many zeros. zlib's counts
/// have 31 bits on some systems; and as the polynomial is primitive, all repeats after 2^32 - 1 octets.
FANFARE_DECL std::uint32_t crc32_before(std::uint32_t value, std::uint64_t length) noexcept {
  constexpr std::uint64_t most = 1u << 30;
  for (length %= 0xFFFFFFFF; length > 0;) {
    const std::uint64_t step = std::min(length, most);
    value = static_cast<std::uint32_t>(::crc32_combine(value, 0, static_cast<z_off_t>(step)));
    length -= step;
  }
  return value;
}

}  // namespace detail

namespace wire {

FANFARE_DECL void Checksum::add(std::string_view text) noexcept {
  length_ += kind_ == Kind::none ? 0 : text.size();
  while (kind_ != Kind::none && !text.empty()) {
    constexpr std::size_t most = 1u << 30;  // zlib counts in 32 bits
    const auto piece = text.substr(0, most);
    const auto* bytes = reinterpret_cast<const Bytef*>(piece.data());
    const auto size = static_cast<uInt>(piece.size());
    value_ = static_cast<std::uint32_t>(kind_ == Kind::crc32 ? ::crc32(value_, bytes, size) : ::adler32(value_, bytes, size));
    text.remove_prefix(piece.size());
  }
}

FANFARE_DECL void Checksum::append(const Checksum& next) noexcept {
  if (kind_ == Kind::none || next.length_ == 0) return;
  if (kind_ == Kind::crc32) {
    value_ = detail::crc32_before(value_, next.length_) ^ next.value_;
  } else {
    const auto size = static_cast<z_off_t>(next.length_ % detail::adler_base);
    value_ = static_cast<std::uint32_t>(::adler32_combine(value_, next.value_, size));
  }
  length_ += next.length_;
}

FANFARE_DECL Checksum Checksum::since(const Checksum& earlier) const noexcept {
  Checksum rest(kind_);
  rest.length_ = length_ - earlier.length_;
  if (kind_ == Kind::crc32) {
    rest.value_ = value_ ^ detail::crc32_before(earlier.value_, rest.length_);
  } else if (kind_ == Kind::adler32) {
    // RFC 1950 sec. 8.2: s1 = 1 + the bytes' sum; s2 = the sum of all s1; both modulo 65521.
    constexpr std::uint64_t base = detail::adler_base;
    const std::uint64_t first = (value_ & 0xFFFF) + base - (earlier.value_ & 0xFFFF) + 1;
    const std::uint64_t carried = rest.length_ % base * ((earlier.value_ & 0xFFFF) + base - 1) % base;
    const std::uint64_t second = (value_ >> 16) + 2 * base - (earlier.value_ >> 16) - carried;
    rest.value_ = static_cast<std::uint32_t>(second % base << 16 | first % base);
  }
  return rest;
}

}  // namespace wire
}  // namespace fanfare

#else

namespace fanfare::wire {

FANFARE_DECL void Checksum::add(std::string_view) noexcept {}
FANFARE_DECL void Checksum::append(const Checksum&) noexcept {}
FANFARE_DECL Checksum Checksum::since(const Checksum&) const noexcept { return Checksum(); }

}  // namespace fanfare::wire

#endif
