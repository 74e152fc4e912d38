#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/http_field.ipp>

#include <limits>
#include <new>
#include <utility>

namespace fanfare {
namespace detail {

inline constexpr std::size_t max_method_bytes =
    32;  // the longest registered method, UPDATEREDIRECTREF, has 17

// uri-host [":" port], RFC 9110 sec. 7.2, RFC 3986 sec. 3.2.2. An empty host is refused: RFC 9110 sec. 4.2.1.
inline bool is_host(std::string_view text) noexcept {
  std::size_t end = 0;
  if (!text.empty() && text.front() == '[') {
    for (end = 1; end < text.size() && (hex_value(text[end]) >= 0 || text[end] == ':' || text[end] == '.');)
      ++end;
    if (end < 2 || end == text.size() || text[end++] != ']') return false;
  } else {
    for (; end < text.size() && text[end] != ':'; ++end) {
      if (text[end] == '%') {
        if (text.size() - end < 3 || hex_value(text[end + 1]) < 0 || hex_value(text[end + 2]) < 0)
          return false;
      } else if (!is_http(text[end], http_host_name)) {
        return false;
      }
    }
    if (end == 0) return false;
  }
  if (end == text.size()) return true;
  if (text[end] != ':') return false;
  unsigned port = 0;
  for (char c : text.substr(end + 1)) {
    if (!is_ascii_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
    if (port > 65535) return false;
  }
  return true;
}

inline bool starts_with_scheme(std::string_view target, std::string_view scheme) noexcept {
  return target.size() >= scheme.size() && wire::same_field_name(target.substr(0, scheme.size()), scheme);
}

inline bool is_target_path_and_query(std::string_view text) noexcept {
  const std::size_t mark = text.find('?');
  if (!all_http(text.substr(0, mark), http_path)) return false;
  return mark == text.npos || all_http(text.substr(mark), http_query);
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::string_view HttpRequestHead::field(std::string_view name) const noexcept {
  const std::string* value = find_field(fields, name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

FANFARE_DECL HeadStatus HttpRequestHeadParser::parse(std::string_view& bytes) noexcept {
  try {
    advance(bytes);
  } catch (const std::bad_alloc&) {
    refuse(std::make_error_code(std::errc::not_enough_memory), 503, "out of memory");
  }
  if (stage_ < Stage::done) return HeadStatus::need_more;
  // Idle connections keep parsers: they shall keep no buffer.
  if (line_.capacity() > std::string().capacity()) std::string().swap(line_);
  return stage_ == Stage::done ? HeadStatus::done : HeadStatus::failed;
}

FANFARE_DECL void HttpRequestHeadParser::reset() noexcept {
  stage_ = Stage::request_line;
  has_host_ = has_close_ = has_keep_alive_ = false;
  head_bytes_ = 0;
  line_.clear();
  std::vector<HttpField> fields = std::move(head_.fields);
  fields.clear();
  head_ = {};
  head_.fields = std::move(fields);
  refusal_ = {};
}

FANFARE_DECL void HttpRequestHeadParser::advance(std::string_view& bytes) {
  while (stage_ < Stage::done) {
    const std::size_t held = head_bytes_ + line_.size();
    if (held >= limits_.max_head_bytes) {
      // RFC 9112 sec. 3: a target that is too long gets 414; RFC 6585 sec. 5: fields that are get 431.
      const int status = stage_ == Stage::fields ? 431 : 414;
      refuse(Error::too_long, status, "the request head is longer than max_head_bytes");
      return;
    }
    if (bytes.empty()) return;
    const std::string_view window = bytes.substr(0, limits_.max_head_bytes - held);
    const std::size_t line_feed = window.find('\n');
    const std::string_view piece = window.substr(0, line_feed == window.npos ? line_feed : line_feed + 1);
    bytes.remove_prefix(piece.size());
    if (line_feed != window.npos && line_.empty()) {
      take_line(piece);
      continue;
    }
    line_.append(piece);
    if (line_feed != window.npos) {
      take_line(line_);
      line_.clear();
    }
  }
}

FANFARE_DECL void HttpRequestHeadParser::take_line(std::string_view line) {
  head_bytes_ += line.size();
  // RFC 9112 sec. 2.2 permits to take a lone LF for a line end; readers that do and readers that do not
  // disagree.
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    refuse(Error::malformed, 400, "a line ends in LF without CR");
    return;
  }
  line.remove_suffix(2);
  if (stage_ != Stage::fields) {
    take_request_line(line);
  } else if (!line.empty()) {
    take_field(line);
  } else {
    finish();
  }
}

FANFARE_DECL void HttpRequestHeadParser::take_request_line(std::string_view line) {
  if (line.empty()) {
    // RFC 9112 sec. 2.2: at least one empty line before the request line is to be ignored.
    if (stage_ == Stage::request_line) {
      stage_ = Stage::request_line_after_empty;
    } else {
      refuse(Error::malformed, 400, "more than one empty line before the request line");
    }
    return;
  }
  // RFC 9112 sec. 3: exactly one space between the three parts.
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = method_end == line.npos ? line.npos : line.find(' ', method_end + 1);
  if (target_end == line.npos || target_end == method_end + 1) {
    refuse(Error::malformed, 400, "the request line is not method, target and version");
    return;
  }
  const std::string_view method = line.substr(0, method_end);
  const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
  if (!is_token(method)) {
    refuse(Error::malformed, 400, "the method is not a token");
    return;
  }
  if (target.size() > limits_.max_target_bytes) {
    refuse(Error::too_long, 414, "the target is longer than max_target_bytes");
    return;
  }
  if (!take_version(line.substr(target_end + 1))) return;
  if (method.size() > detail::max_method_bytes || method == "CONNECT") {
    refuse(Error::malformed, 501, "the method is CONNECT, or longer than any method");
    return;
  }
  head_.method = method;
  if (take_target(target)) stage_ = Stage::fields;
}

FANFARE_DECL bool HttpRequestHeadParser::take_version(std::string_view version) {
  // RFC 9112 sec. 2.3: case-sensitive, one digit each.
  if (version.size() != 8 || version.substr(0, 5) != "HTTP/" || !detail::is_ascii_digit(version[5]) ||
      version[6] != '.' || !detail::is_ascii_digit(version[7])) {
    return refuse(Error::malformed, 400, "the version is not HTTP/ and two digits");
  }
  if (version[5] != '1') return refuse(Error::unsupported_version, 505, "the major version is not 1");
  head_.minor_version = version[7] == '0' ? 0 : 1;
  return true;
}

FANFARE_DECL bool HttpRequestHeadParser::take_target(std::string_view target) {
  std::string_view rest = target;
  if (target == "*") {
    // RFC 9112 sec. 3.2.4.
    if (head_.method != "OPTIONS") return refuse(Error::malformed, 400, "the target * is for OPTIONS only");
  } else if (target.front() != '/') {
    // RFC 9112 sec. 3.2.2: absolute-form is accepted, and its authority replaces Host.
    const std::size_t scheme_bytes = detail::starts_with_scheme(target, "http://")    ? 7
                                     : detail::starts_with_scheme(target, "https://") ? 8
                                                                                      : 0;
    if (scheme_bytes == 0)
      return refuse(Error::malformed, 400, "the target is neither a path nor an http URI");
    rest.remove_prefix(scheme_bytes);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    if (!detail::is_host(authority)) return refuse(Error::invalid_host, 400, "an invalid host in the target");
    head_.host = authority;
    rest.remove_prefix(authority.size());
  }
  if (!detail::is_target_path_and_query(rest))
    return refuse(Error::malformed, 400, "an invalid character in the target");
  if (rest.empty() || rest.front() == '?')
    head_.target = rest.empty() && head_.method == "OPTIONS" ? "*" : "/";
  head_.target.append(rest);
  return true;
}

FANFARE_DECL void HttpRequestHeadParser::take_field(std::string_view line) {
  if (detail::is_ows(line.front())) {
    // RFC 9112 sec. 2.2 (first line), sec. 5.2 (obs-fold).
    refuse(Error::malformed, 400,
           head_.fields.empty() ? "whitespace before the first field" : "a folded field line");
    return;
  }
  if (head_.fields.size() >= limits_.max_fields) {
    refuse(Error::too_long, 431, "more fields than max_fields");
    return;
  }
  std::size_t colon = 0;
  while (colon < line.size() && detail::is_http(line[colon], detail::http_token)) ++colon;
  if (colon == line.size() || line[colon] != ':') {
    // RFC 9112 sec. 5.1.
    const bool space = colon < line.size() && detail::is_ows(line[colon]);
    refuse(Error::malformed, 400,
           space ? "whitespace before a colon" : "an invalid character in a field name");
    return;
  }
  if (colon == 0) {
    refuse(Error::malformed, 400, "an empty field name");
    return;
  }
  if (head_.fields.capacity() == 0)
    head_.fields.reserve(16);  // what browsers send, without growing four times
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_ows(line.substr(colon + 1));
  if (!is_field_value(value)) {
    refuse(Error::unsafe_field, 400, "a control character in a field value");
    return;
  }
  if (!note_field(name, value)) return;
  // Whoever looks up Host shall not see the one that the target overrode.
  const bool is_host = same_field_name(name, "Host");
  HttpField& field = head_.fields.emplace_back();
  field.name = name;
  field.value = is_host ? std::string_view(head_.host) : value;
}

FANFARE_DECL bool HttpRequestHeadParser::note_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4: return !same_field_name(name, "Host") || note_host(value);
    case 6:
      if (same_field_name(name, "Expect")) head_.expect_continue |= list_has_member(value, "100-continue");
      return true;
    case 10:
      if (same_field_name(name, "Connection")) note_connection(value);
      return true;
    case 14: return !same_field_name(name, "Content-Length") || note_content_length(value);
    case 17: return !same_field_name(name, "Transfer-Encoding") || note_transfer_encoding(value);
    default: return true;
  }
}

FANFARE_DECL bool HttpRequestHeadParser::note_host(std::string_view value) {
  // RFC 9112 sec. 3.2: 400 for a second one and for an invalid one.
  if (has_host_) return refuse(Error::invalid_host, 400, "more than one Host");
  if (!detail::is_host(value)) return refuse(Error::invalid_host, 400, "an invalid Host");
  has_host_ = true;
  if (head_.host.empty()) head_.host = value;
  return true;
}

FANFARE_DECL void HttpRequestHeadParser::note_connection(std::string_view value) noexcept {
  has_close_ |= list_has_member(value, "close");
  has_keep_alive_ |= list_has_member(value, "keep-alive");
  head_.upgrade |= list_has_member(value, "upgrade");
}

FANFARE_DECL bool HttpRequestHeadParser::note_content_length(std::string_view value) {
  // RFC 9110 sec. 8.6 permits "5, 5"; RFC 9112 sec. 6.3 permits to refuse it.
  if (head_.content_length) return refuse(Error::invalid_length, 400, "more than one Content-Length");
  constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t length = 0;
  for (char c : value) {
    if (!detail::is_ascii_digit(c))
      return refuse(Error::invalid_length, 400, "Content-Length is not a number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (top - digit) / 10)
      return refuse(Error::invalid_length, 400, "Content-Length is out of range");
    length = length * 10 + digit;
  }
  if (value.empty()) return refuse(Error::invalid_length, 400, "Content-Length is empty");
  head_.content_length = length;
  return true;
}

FANFARE_DECL bool HttpRequestHeadParser::note_transfer_encoding(std::string_view value) {
  if (head_.chunked) return refuse(Error::invalid_encoding, 400, "more than one Transfer-Encoding");
  if (!same_field_name(value, "chunked")) {
    // RFC 9112 sec. 6.3: 400 if chunked is not the final coding; sec. 6.1: 501 for one that is not known.
    const std::size_t comma = value.rfind(',');
    const bool known_end =
        comma != value.npos && same_field_name(trim_ows(value.substr(comma + 1)), "chunked");
    return refuse(Error::invalid_encoding, known_end ? 501 : 400, "a transfer coding other than chunked");
  }
  head_.chunked = true;
  return true;
}

FANFARE_DECL void HttpRequestHeadParser::finish() {
  const bool is_1_1 = head_.minor_version == 1;
  if (is_1_1 && !has_host_) {
    refuse(Error::invalid_host, 400, "no Host");  // RFC 9112 sec. 3.2
    return;
  }
  if (head_.chunked && !is_1_1) {
    refuse(Error::invalid_encoding, 400, "Transfer-Encoding in HTTP/1.0");  // RFC 9112 sec. 6.1
    return;
  }
  if (head_.chunked && head_.content_length) {
    refuse(Error::invalid_length, 400,
           "both Content-Length and Transfer-Encoding");  // RFC 9112 sec. 6.1, 11.2
    return;
  }
  // RFC 9112 sec. 9.3.
  head_.keep_alive = !has_close_ && (is_1_1 || has_keep_alive_);
  // RFC 9110 sec. 10.1.1 and 7.8: neither exists in HTTP/1.0.
  head_.expect_continue = is_1_1 && head_.expect_continue;
  head_.upgrade = is_1_1 && head_.upgrade;
  stage_ = Stage::done;
}

FANFARE_DECL bool HttpRequestHeadParser::refuse(std::error_code error, int status,
                                                std::string_view reason) noexcept {
  stage_ = Stage::failed;
  refusal_ = {error, status, reason};
  return false;
}

}  // namespace wire
}  // namespace fanfare
