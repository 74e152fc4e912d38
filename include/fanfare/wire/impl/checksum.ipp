#pragma once

#include <fanfare/wire/checksum.hpp>

#if FANFARE_WITH_ZLIB

#include <zlib.h>

#include <algorithm>

namespace fanfare::wire {

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
  const auto size = static_cast<z_off_t>(next.length_);
  value_ = static_cast<std::uint32_t>(kind_ == Kind::crc32 ? ::crc32_combine(value_, next.value_, size)
                                                           : ::adler32_combine(value_, next.value_, size));
  length_ += next.length_;
}

FANFARE_DECL Checksum Checksum::since(const Checksum& earlier) const noexcept {
  Checksum rest(kind_);
  rest.length_ = length_ - earlier.length_;
  if (kind_ == Kind::crc32) {
    // Combining is linear: what the earlier part contributes is what it gives in front of nothing but zeros.
    rest.value_ = value_ ^ static_cast<std::uint32_t>(
                               ::crc32_combine(earlier.value_, 0, static_cast<z_off_t>(rest.length_)));
  } else if (kind_ == Kind::adler32) {
    // RFC 1950 sec. 8.2: s1 = 1 + the bytes' sum; s2 = the sum of all s1; both modulo 65521.
    constexpr std::uint64_t base = 65521;
    const std::uint64_t first = (value_ & 0xFFFF) + base - (earlier.value_ & 0xFFFF) + 1;
    const std::uint64_t carried = rest.length_ % base * ((earlier.value_ & 0xFFFF) + base - 1) % base;
    const std::uint64_t second = (value_ >> 16) + 2 * base - (earlier.value_ >> 16) - carried;
    rest.value_ = static_cast<std::uint32_t>(second % base << 16 | first % base);
  }
  return rest;
}

}  // namespace fanfare::wire

#else

namespace fanfare::wire {

FANFARE_DECL void Checksum::add(std::string_view) noexcept {}
FANFARE_DECL void Checksum::append(const Checksum&) noexcept {}
FANFARE_DECL Checksum Checksum::since(const Checksum&) const noexcept { return Checksum(); }

}  // namespace fanfare::wire

#endif
