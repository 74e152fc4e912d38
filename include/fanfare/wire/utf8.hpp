/// UTF-8: checks text, and repairs what is not valid. Knows no other encoding and no normal forms.
/// Surrogates, overlong forms and values above U+10FFFF are invalid (Unicode 15 sec. 3.9, table 3-7).
/// All functions are pure; any thread. Complexity: linear.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// U+FFFD, which stands for what could not be decoded.
inline constexpr std::string_view utf8_replacement = "\xEF\xBF\xBD";

/// What stands at the front of a text: one character, or bytes that are none.
struct Utf8Sequence {
  std::size_t size = 0;  ///< in bytes, 1 to 4; when invalid, the maximal subpart that one U+FFFD replaces
  bool valid = false;
};

/// Decodes one step. REQUIRES: text is not empty.
Utf8Sequence next_utf8(std::string_view text) noexcept;

/// The length of the longest prefix that is valid and ends with a whole character.
std::size_t valid_utf8_prefix(std::string_view text) noexcept;

bool is_valid_utf8(std::string_view text) noexcept;

/// Appends the text with U+FFFD in place of each maximal subpart that is invalid, as a browser decodes it
/// (WHATWG Encoding sec. 8.1.1). Appends at most 3 bytes for each byte of the text.
void append_valid_utf8(std::string& out, std::string_view text);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/utf8.ipp>
#endif
