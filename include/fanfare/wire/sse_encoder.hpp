/// Writes server-sent events, the reverse of WHATWG HTML sec. 9.2.6 "Interpreting an event stream". Frames
/// bytes; does not choose ids, and knows nothing of HTTP. Each function appends one whole block, blank line
/// included, so blocks can be joined in any order, and nothing that is passed in can end a line or forge a
/// field. All functions are pure; any thread. Complexity: linear.
#pragma once

#include <fanfare/config.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// One event. The views must live until the call returns.
struct SseFields {
  std::string_view id = {};     ///< empty: no id line, the receiver keeps its last one
  std::string_view event = {};  ///< empty: no event line, which receivers call "message"
  std::string_view data = {};   ///< any text; its CR, LF and CRLF all arrive as LF
  bool has_id = false;          ///< writes the id line even if the id is empty, which clears the receiver's
};

/// Whether the text can be an id or an event name: valid UTF-8 without CR, LF and NUL. The standard ignores
/// an id with NUL; ids and names are refused and never repaired, because another id is another position.
bool is_valid_sse_name(std::string_view text) noexcept;

/// Appends an event: the id, the name, then a data line for each line of the data, at least one. Invalid
/// UTF-8 in the data becomes U+FFFD.
/// @return  false, with nothing appended, if the id or the name is not a valid one
[[nodiscard]] bool append_sse_event(std::string& out, const SseFields& fields);

/// The same without looking at the data's UTF-8. REQUIRES: the data is valid UTF-8, as payloads are once
/// published. The id and the name are checked all the same, and so are the data's line ends.
[[nodiscard]] bool append_trusted_sse_event(std::string& out, const SseFields& fields);

/// The data lines and the end of an event whose other lines were written before. REQUIRES: as above.
void append_trusted_sse_data(std::string& out, std::string_view data);

/// Appends a comment, which receivers skip: a heartbeat, or padding. Each line of the text becomes one.
void append_sse_comment(std::string& out, std::string_view text);

/// Appends how long the receiver shall wait before it reconnects. Less than zero is written as 0.
void append_sse_retry(std::string& out, std::chrono::milliseconds wait);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/sse_encoder.ipp>
#endif
