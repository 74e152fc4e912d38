/// The checksums that end a gzip or zlib stream (RFC 1952 sec. 2.3.1, RFC 1950 sec. 2.2), kept in pieces: what
/// thousands of connections got alike is summed once.
#pragma once

#include <fanfare/config.hpp>

#include <cstdint>
#include <string_view>

namespace fanfare::wire {

/// What was summed of a text: its checksum and length. A value; `none` sums nothing, and without
/// FANFARE_WITH_ZLIB there is only that.
class Checksum {
 public:
  enum class Kind : std::uint8_t { none, crc32, adler32 };

  /// Of the empty text.
  explicit Checksum(Kind kind = Kind::none) noexcept : value_(kind == Kind::adler32 ? 1 : 0), kind_(kind) {}

  void add(std::string_view text) noexcept;
  /// As if the other's text had been added. REQUIRES: of the same kind. Complexity: of the order of the
  /// length's logarithm, about 2000 instructions.
  void append(const Checksum& next) noexcept;
  /// Of what was added since `earlier`, an earlier value of this one.
  Checksum since(const Checksum& earlier) const noexcept;

  Kind kind() const noexcept { return kind_; }
  std::uint32_t value() const noexcept { return value_; }
  /// Bytes.
  std::uint64_t length() const noexcept { return length_; }

  friend bool operator==(const Checksum&, const Checksum&) = default;

 private:
  std::uint64_t length_ = 0;
  std::uint32_t value_;
  Kind kind_;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/checksum.ipp>
#endif
