/// Looks at text eight bytes at a time, for text that seldom holds what is looked for.
/// Internal. For a single byte value use std::memchr, which is faster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fanfare::detail {

inline constexpr std::uint64_t byte_lows = 0x0101010101010101;
inline constexpr std::uint64_t byte_tops = 0x8080808080808080;

inline std::uint64_t load_word(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// Four bytes from each place, which may overlap.
inline std::uint64_t load_half_words(const char* first, const char* second) noexcept {
  std::uint32_t halves[2];
  std::memcpy(&halves[0], first, 4);
  std::memcpy(&halves[1], second, 4);
  return std::uint64_t{halves[1]} << 32 | halves[0];
}

/// Not zero exactly when a byte of the word is. Which bit is set says nothing: a borrow marks neighbours.
constexpr std::uint64_t zero_byte_in(std::uint64_t word) noexcept {
  return (word - byte_lows) & ~word & byte_tops;
}

constexpr std::uint64_t byte_in(std::uint64_t word, unsigned char byte) noexcept {
  return zero_byte_in(word ^ (byte_lows * byte));
}

/// The first CR or LF in [at, end), or end.
inline const char* find_line_end(const char* at, const char* end) noexcept {
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load_word(at);
    if ((byte_in(word, '\n') | byte_in(word, '\r')) != 0) break;
  }
  while (at != end && *at != '\n' && *at != '\r') ++at;
  return at;
}

/// Whether the text is more than one line, which JSON seldom is. Faster than looking for where.
inline bool has_line_end(std::string_view text) noexcept {
  return std::memchr(text.data(), '\n', text.size()) || std::memchr(text.data(), '\r', text.size());
}

/// The first byte in [at, end) that is not ASCII, or end.
inline const char* find_non_ascii(const char* at, const char* end) noexcept {
  while (end - at >= 8 && (load_word(at) & byte_tops) == 0) at += 8;
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

}  // namespace fanfare::detail
