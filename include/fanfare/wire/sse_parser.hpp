/// Reads server-sent events (WHATWG HTML sec. 9.2.6 "Interpreting an event stream") from bytes that arrive in
/// any pieces. Bounded, never throws; knows nothing of HTTP or of reconnecting.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare::wire {

struct SseLimits {
  std::size_t max_line_bytes = 8 << 20;   ///< of one line as received, without its end; comments count too
  std::size_t max_event_bytes = 8 << 20;  ///< of one event's data and type together, as decoded
};

struct SseEvent {
  std::string type = {};           ///< "message" if the stream names none
  std::string data = {};           ///< its lines joined by LF
  std::string last_event_id = {};  ///< of this event or, if it has none, of the last one that had
};

enum class SseStatus {
  need_more,  ///< all bytes are consumed
  event,      ///< event() is complete; the bytes may hold more
  failed,     ///< see error(); it stays failed
};

/// One stream, from its first byte: for a new connection make a new parser. A block that the end of the
/// stream cuts short is not an event, so nothing needs to be said at the end.
///
///     while (parser.parse(bytes) == SseStatus::event) handle(parser.event());
///
/// Distinct objects: any threads; one object: one thread at a time. Memory: a small multiple of the limits,
/// grown on demand (invalid UTF-8 becomes U+FFFD, three times its size at most). Complexity: linear in the
/// bytes, however they are split.
class SseParser {
 public:
  /// @param last_event_id  what the connection before ended with, for events that come before any id
  explicit SseParser(SseLimits limits = {}, std::string last_event_id = {}) noexcept;

  /// Consumes bytes from the front up to the end of an event, or all of them.
  /// Fails with too_long if a limit is exceeded or memory is short; how much was consumed is then open.
  SseStatus parse(std::string_view& bytes) noexcept;

  /// The event that parse has just reported. Valid until the next call of parse.
  const SseEvent& event() const noexcept { return event_; }

  /// What to send as Last-Event-ID when reconnecting: the id of the last whole block, also of one without
  /// data, which is not reported as an event.
  const std::string& last_event_id() const noexcept { return event_.last_event_id; }

  /// The last valid retry field; none so far, or values above 2^31 - 1 ms, are no value.
  std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

  /// How many comment lines came. It grows with each heartbeat.
  std::uint64_t comments() const noexcept { return comments_; }

  std::error_code error() const noexcept { return error_; }

 private:
  SseStatus parse_lines(std::string_view& bytes);
  void skip_byte_order_mark(std::string_view& bytes);
  bool take_line(std::string_view line);
  void take_field(std::string_view name, std::string_view value);
  void take_retry(std::string_view digits) noexcept;
  bool end_block();
  bool is_event_too_long() const noexcept;
  SseStatus fail(Error error) noexcept;

  SseLimits limits_;
  SseEvent event_;          // data and type are built in place
  std::string line_;        // the part of a line that came without its end
  std::string pending_id_;  // counts only from the end of its block on
  std::optional<std::chrono::milliseconds> retry_;
  std::uint64_t comments_ = 0;
  std::error_code error_;
  std::uint8_t mark_bytes_ = 0;  // how much of a leading byte order mark was seen; 3: past it
  bool skip_lf_ = false;         // the last line ended with CR: an LF that follows belongs to it
  bool has_pending_id_ = false;
  bool reported_ = false;  // event_ was handed out and is to be cleared
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/sse_parser.ipp>
#endif
