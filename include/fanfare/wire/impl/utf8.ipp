#pragma once

#include <fanfare/wire/impl/scan.hpp>
#include <fanfare/wire/utf8.hpp>

namespace fanfare::wire {

// Unicode 15 table 3-7. Only the second byte has a range that depends on the first one:
//   first    second   bytes   why not 80..BF
//   00..7F            1
//   C2..DF   80..BF   2       C0, C1 could only be overlong
//   E0       A0..BF   3       below: overlong
//   ED       80..9F   3       above: surrogates
//   E1..EF   80..BF   3       (but for E0, ED)
//   F0       90..BF   4       below: overlong
//   F4       80..8F   4       above: beyond U+10FFFF
//   F1..F3   80..BF   4
FANFARE_DECL Utf8Sequence next_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {1, true};
  if (first < 0xC2 || first > 0xF4) return {1, false};

  const std::size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  unsigned char low = 0x80, high = 0xBF;
  switch (first) {
    case 0xE0: low = 0xA0; break;
    case 0xED: high = 0x9F; break;
    case 0xF0: low = 0x90; break;
    case 0xF4: high = 0x8F; break;
    default: break;
  }
  for (std::size_t i = 1; i < size; ++i) {
    if (i == text.size() || byte(i) < low || byte(i) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

FANFARE_DECL std::size_t valid_utf8_prefix(std::string_view text) noexcept {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
  while ((at = detail::find_non_ascii(at, end)) != end) {
    const Utf8Sequence next = next_utf8({at, static_cast<std::size_t>(end - at)});
    if (!next.valid) break;
    at += next.size;
  }
  return static_cast<std::size_t>(at - begin);
}

FANFARE_DECL bool is_valid_utf8(std::string_view text) noexcept {
  return valid_utf8_prefix(text) == text.size();
}

FANFARE_DECL void append_valid_utf8(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t valid = valid_utf8_prefix(text);
    out.append(text.data(), valid);
    text.remove_prefix(valid);
    if (text.empty()) return;
    out.append(utf8_replacement);
    text.remove_prefix(next_utf8(text).size);
  }
}

}  // namespace fanfare::wire
