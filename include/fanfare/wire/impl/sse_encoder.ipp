#pragma once

#include <fanfare/wire/impl/scan.hpp>
#include <fanfare/wire/sse_encoder.hpp>
#include <fanfare/wire/utf8.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace fanfare {
namespace detail {

inline void append_sse_line(std::string& out, std::string_view name, std::string_view value) {
  // The space keeps a value that begins with one whole: a receiver strips one, and only one.
  out.append(name).append(": ").append(value).push_back('\n');
}

// Calls line(text) for each line of the text, split as the receiver would split it: at CRLF, LF and CR.
template <class F>
void for_each_sse_line(std::string_view text, F&& line) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    const char* const stop = find_line_end(at, end);
    line(std::string_view(at, static_cast<std::size_t>(stop - at)));
    if (stop == end) return;
    at = stop + (*stop == '\r' && end - stop > 1 && stop[1] == '\n' ? 2 : 1);
  }
}

inline bool append_sse_head(std::string& out, const wire::SseFields& fields) {
  if (!wire::is_valid_sse_name(fields.id) || !wire::is_valid_sse_name(fields.event)) return false;
  if (fields.has_id || !fields.id.empty()) append_sse_line(out, "id", fields.id);
  if (!fields.event.empty()) append_sse_line(out, "event", fields.event);
  return true;
}

}  // namespace detail

namespace wire {

FANFARE_DECL bool is_valid_sse_name(std::string_view text) noexcept {
  const auto is_unsafe = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  return std::none_of(text.begin(), text.end(), is_unsafe) && is_valid_utf8(text);
}

FANFARE_DECL bool append_sse_event(std::string& out, const SseFields& fields) {
  if (!detail::append_sse_head(out, fields)) return false;
  detail::for_each_sse_line(fields.data, [&out](std::string_view line) {
    out.append("data: ");
    append_valid_utf8(out, line);
    out.push_back('\n');
  });
  out.push_back('\n');
  return true;
}

FANFARE_DECL bool append_trusted_sse_event(std::string& out, const SseFields& fields) {
  if (!detail::append_sse_head(out, fields)) return false;
  append_trusted_sse_data(out, fields.data);
  return true;
}

FANFARE_DECL void append_trusted_sse_data(std::string& out, std::string_view data) {
  if (data.empty() || !detail::has_line_end(data)) {
    out.append("data: ", 6).append(data).append("\n\n", 2);
    return;
  }
  detail::for_each_sse_line(data, [&out](std::string_view line) { detail::append_sse_line(out, "data", line); });
  out.push_back('\n');
}

FANFARE_DECL void append_sse_comment(std::string& out, std::string_view text) {
  detail::for_each_sse_line(text, [&out](std::string_view line) {
    out.append(": ");
    append_valid_utf8(out, line);
    out.push_back('\n');
  });
  out.push_back('\n');
}

FANFARE_DECL void append_sse_retry(std::string& out, std::chrono::milliseconds wait) {
  const fmt::format_int digits(std::max<std::chrono::milliseconds::rep>(wait.count(), 0));
  detail::append_sse_line(out, "retry", {digits.data(), digits.size()});
  out.push_back('\n');
}

}  // namespace wire
}  // namespace fanfare
