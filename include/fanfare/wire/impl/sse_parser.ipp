#pragma once

#include <fanfare/wire/impl/scan.hpp>
#include <fanfare/wire/sse_parser.hpp>
#include <fanfare/wire/utf8.hpp>

#include <utility>

namespace fanfare {
namespace detail {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// 24 days: what an int of milliseconds holds, which is what browsers keep. A client may add it to any clock.
inline constexpr std::int64_t max_sse_retry_ms = 2'147'483'647;

}  // namespace detail

namespace wire {

FANFARE_DECL SseParser::SseParser(SseLimits limits, std::string last_event_id) noexcept : limits_(limits) {
  event_.last_event_id = std::move(last_event_id);
}

FANFARE_DECL SseStatus SseParser::parse(std::string_view& bytes) noexcept {
  if (error_) return SseStatus::failed;
  if (reported_) {
    event_.data.clear();
    event_.type.clear();
    reported_ = false;
  }
  try {
    return parse_lines(bytes);
  } catch (...) {
    return fail(Error::too_long);  // only the strings throw, and only for want of memory
  }
}

FANFARE_DECL SseStatus SseParser::parse_lines(std::string_view& bytes) {
  skip_byte_order_mark(bytes);
  while (!bytes.empty()) {
    if (std::exchange(skip_lf_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    const char* const stop = detail::find_line_end(begin, end);
    const std::string_view piece(begin, static_cast<std::size_t>(stop - begin));
    if (line_.size() + piece.size() > limits_.max_line_bytes) return fail(Error::too_long);
    if (stop == end) {
      line_.append(piece);
      bytes.remove_prefix(bytes.size());
      break;
    }
    // A CR ends the line at once: to wait for an LF would hold back the event until the next one.
    skip_lf_ = *stop == '\r';
    bytes.remove_prefix(piece.size() + 1);

    bool is_event = false;
    if (line_.empty()) {
      is_event = take_line(piece);  // the usual case, without a copy
    } else {
      line_.append(piece);
      is_event = take_line(line_);
      line_.clear();
    }
    if (is_event) return SseStatus::event;
    if (is_event_too_long()) return fail(Error::too_long);
  }
  return SseStatus::need_more;
}

// Sec. 9.2.6: streams are decoded by "UTF-8 decode", which drops one leading mark. It too may come in pieces.
FANFARE_DECL void SseParser::skip_byte_order_mark(std::string_view& bytes) {
  while (mark_bytes_ < detail::byte_order_mark.size() && !bytes.empty()) {
    if (bytes.front() != detail::byte_order_mark[mark_bytes_]) {
      line_.append(detail::byte_order_mark.substr(0, mark_bytes_));
      mark_bytes_ = static_cast<std::uint8_t>(detail::byte_order_mark.size());
      return;
    }
    bytes.remove_prefix(1);
    ++mark_bytes_;
  }
}

// Returns whether the line completed an event.
FANFARE_DECL bool SseParser::take_line(std::string_view line) {
  if (line.empty()) return end_block();
  const std::size_t colon = line.find(':');
  if (colon == 0) {
    ++comments_;
  } else if (colon == std::string_view::npos) {
    take_field(line, {});
  } else {
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
  }
  return false;
}

FANFARE_DECL void SseParser::take_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    append_valid_utf8(event_.data, value);
    event_.data.push_back('\n');
  } else if (name == "event") {
    event_.type.clear();
    append_valid_utf8(event_.type, value);
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    pending_id_.clear();
    append_valid_utf8(pending_id_, value);
    has_pending_id_ = true;
  } else if (name == "retry") {
    take_retry(value);
  }
}

FANFARE_DECL void SseParser::take_retry(std::string_view digits) noexcept {
  if (digits.empty()) return;
  std::int64_t ms = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return;
    ms = ms * 10 + (digit - '0');
    if (ms > detail::max_sse_retry_ms) return;
  }
  retry_ = std::chrono::milliseconds(ms);
}

// Sec. 9.2.6 "dispatch the event": the id counts even if there is no data and so no event.
FANFARE_DECL bool SseParser::end_block() {
  if (std::exchange(has_pending_id_, false)) event_.last_event_id.swap(pending_id_);
  if (event_.data.empty()) {
    event_.type.clear();
    return false;
  }
  event_.data.pop_back();  // the LF after the last line
  if (event_.type.empty()) event_.type = "message";
  reported_ = true;
  return true;
}

FANFARE_DECL bool SseParser::is_event_too_long() const noexcept {
  const std::size_t last_lf = event_.data.empty() ? 0 : 1;
  return event_.data.size() - last_lf + event_.type.size() > limits_.max_event_bytes;
}

FANFARE_DECL SseStatus SseParser::fail(Error error) noexcept {
  error_ = error;
  return SseStatus::failed;
}

}  // namespace wire
}  // namespace fanfare
