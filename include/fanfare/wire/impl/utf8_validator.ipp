#pragma once

#include <fanfare/wire/utf8.hpp>
#include <fanfare/wire/utf8_validator.hpp>

namespace fanfare::wire {

FANFARE_DECL bool Utf8Validator::add(std::string_view piece) noexcept {
  if (failed_) return false;
  while (missing_ != 0 && !piece.empty()) {
    if (!add_byte(static_cast<unsigned char>(piece.front()))) return false;
    piece.remove_prefix(1);
  }
  piece.remove_prefix(valid_utf8_prefix(piece));
  // Here a character is cut off, three bytes at the most, or is invalid, which ends this at once.
  for (const char c : piece) {
    if (!add_byte(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// The ranges are those of utf8.ipp (Unicode 15 table 3-7).
FANFARE_DECL bool Utf8Validator::add_byte(unsigned char byte) noexcept {
  if (missing_ != 0) {
    failed_ = byte < low_ || byte > high_;
    --missing_;
    low_ = 0x80;
    high_ = 0xBF;
  } else if (byte >= 0x80) {
    failed_ = byte < 0xC2 || byte > 0xF4;
    missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) low_ = 0xA0;
    if (byte == 0xED) high_ = 0x9F;
    if (byte == 0xF0) low_ = 0x90;
    if (byte == 0xF4) high_ = 0x8F;
  }
  return !failed_;
}

}  // namespace fanfare::wire
