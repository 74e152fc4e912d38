/// Base64 with padding (RFC 4648 sec. 4). Knows neither the alphabet for URLs nor line breaks. All functions
/// are pure; any thread. Complexity: linear.
#pragma once

#include <fanfare/config.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// Appends 4 characters for every 3 bytes or less.
void append_base64(std::string& out, std::string_view bytes);

/// Decodes it. None if the length is not a multiple of 4, or a character is neither of the alphabet nor
/// padding in its place (sec. 3.3). Bits that the padding makes unused are dropped, whatever they are.
/// Throws only bad_alloc.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/base64.ipp>
#endif
