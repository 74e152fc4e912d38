#pragma once

#include <fanfare/wire/base64.hpp>

#include <cstddef>
#include <cstdint>

namespace fanfare {
namespace detail {

inline constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace detail

namespace wire {

FANFARE_DECL void append_base64(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t taken = bytes.size() < 3 ? bytes.size() : 3;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < taken ? static_cast<unsigned char>(bytes[i]) : 0u);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= taken ? detail::base64_alphabet[bits >> (18 - 6 * i) & 63] : '=');
    }
    bytes.remove_prefix(taken);
  }
}

FANFARE_DECL std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  std::size_t count = 0;
  for (const char c : text) {
    const std::size_t value = detail::base64_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    // The second, third and fourth character of a group each complete a byte; 4, 2 and 0 bits are over.
    if (++count % 4 != 1) out.push_back(static_cast<char>(bits >> (2 * (4 - count % 4) % 8) & 0xFF));
  }
  return out;
}

}  // namespace wire
}  // namespace fanfare
