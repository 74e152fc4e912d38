/// Texts of a host that enter events: valid UTF-8 of a bounded length. Internal.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// A log line, a message or an answer: a screenful.
inline constexpr std::size_t max_message_bytes = 4096;
/// What names a thing: a task, a stage.
inline constexpr std::size_t max_label_bytes = 1024;
inline constexpr std::size_t max_unit_bytes = 32;

/// The text, cut after the last character that fits, with U+FFFD for what is not UTF-8. It is repaired here
/// and not only where JSON is written, so that the publisher's state equals what its readers decode.
std::string bounded_text(std::string_view text, std::size_t max_bytes);

}  // namespace fanfare::detail

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/text.ipp>
#endif
