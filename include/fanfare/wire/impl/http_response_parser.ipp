#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/http_response_parser.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/http_chunked.ipp>
#include <fanfare/wire/impl/http_field.ipp>

#include <algorithm>
#include <limits>
#include <new>

namespace fanfare::wire {

FANFARE_DECL std::string_view HttpResponseHead::field(std::string_view name) const noexcept {
  const std::string* value = find_field(fields, name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

FANFARE_DECL HeadStatus HttpResponseHeadParser::parse(std::string_view& bytes) noexcept {
  try {
    advance(bytes);
  } catch (const std::bad_alloc&) {
    refuse(std::make_error_code(std::errc::not_enough_memory), "out of memory");
  }
  if (stage_ < Stage::done) return HeadStatus::need_more;
  return stage_ == Stage::done ? HeadStatus::done : HeadStatus::failed;
}

FANFARE_DECL void HttpResponseHeadParser::reset() noexcept {
  *this = HttpResponseHeadParser(limits_);
}

FANFARE_DECL void HttpResponseHeadParser::advance(std::string_view& bytes) {
  while (stage_ < Stage::done) {
    const std::size_t held = head_bytes_ + line_.size();
    if (held >= limits_.max_head_bytes) {
      refuse(Error::too_long, "the response head is longer than max_head_bytes");
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

FANFARE_DECL void HttpResponseHeadParser::take_line(std::string_view line) {
  head_bytes_ += line.size();
  // RFC 9112 sec. 2.2 permits to take a lone LF for a line end; readers that do and readers that do not
  // disagree.
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    refuse(Error::malformed, "a line ends in LF without CR");
    return;
  }
  line.remove_suffix(2);
  if (stage_ == Stage::status_line) {
    take_status_line(line);
  } else if (!line.empty()) {
    take_field(line);
  } else {
    finish();
  }
}

FANFARE_DECL void HttpResponseHeadParser::take_status_line(std::string_view line) {
  // RFC 9112 sec. 4: HTTP-version SP status-code SP [ reason-phrase ]. Some servers leave out the second
  // space with the phrase; every client takes it, and it hides nothing.
  if (line.size() < 12 || line.substr(0, 5) != "HTTP/" || !detail::is_ascii_digit(line[5]) ||
      line[6] != '.' || !detail::is_ascii_digit(line[7]) || line[8] != ' ') {
    refuse(Error::malformed, "the status line does not begin with HTTP/, two digits and a space");
    return;
  }
  if (line[5] != '1') {
    refuse(Error::unsupported_version, "the major version is not 1");
    return;
  }
  int status = 0;
  for (char c : line.substr(9, 3)) {
    if (!detail::is_ascii_digit(c)) {
      refuse(Error::malformed, "the status is not three digits");
      return;
    }
    status = status * 10 + (c - '0');
  }
  if (status < 100 || status > 599 || (line.size() > 12 && line[12] != ' ')) {
    refuse(Error::malformed, "the status is not within 100 to 599");  // RFC 9110 sec. 15
    return;
  }
  const std::string_view reason = line.substr(std::min<std::size_t>(line.size(), 13));
  if (!is_field_value(reason)) {
    refuse(Error::unsafe_field, "a control character in the reason phrase");
    return;
  }
  head_.status = status;
  head_.minor_version = line[7] == '0' ? 0 : 1;
  head_.reason.assign(reason);
  stage_ = Stage::fields;
}

FANFARE_DECL void HttpResponseHeadParser::take_field(std::string_view line) {
  if (detail::is_ows(line.front())) {
    // RFC 9112 sec. 2.2 (first line), sec. 5.2 (obs-fold: a user agent may also replace it by spaces).
    refuse(Error::malformed,
           head_.fields.empty() ? "whitespace before the first field" : "a folded field line");
    return;
  }
  if (head_.fields.size() >= limits_.max_fields) {
    refuse(Error::too_long, "more fields than max_fields");
    return;
  }
  std::size_t colon = 0;
  while (colon < line.size() && detail::is_http(line[colon], detail::http_token)) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') {
    refuse(Error::malformed, "a field without a colon right after its name");  // RFC 9112 sec. 5.1
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim_ows(line.substr(colon + 1));
  if (!is_field_value(value)) {
    refuse(Error::unsafe_field, "a control character in a field value");
    return;
  }
  if (!note_field(name, value)) return;
  HttpField& field = head_.fields.emplace_back();
  field.name = name;
  field.value = value;
}

FANFARE_DECL bool HttpResponseHeadParser::note_field(std::string_view name, std::string_view value) {
  if (same_field_name(name, "Content-Length")) return note_content_length(value);
  if (same_field_name(name, "Transfer-Encoding")) return note_transfer_encoding(value);
  if (same_field_name(name, "Connection")) {
    has_close_ |= list_has_member(value, "close");
    has_keep_alive_ |= list_has_member(value, "keep-alive");
    head_.upgrade |= list_has_member(value, "upgrade");
  }
  return true;
}

FANFARE_DECL bool HttpResponseHeadParser::note_content_length(std::string_view value) {
  // RFC 9112 sec. 6.3: a user agent closes the connection over an invalid one. "5, 5" may be refused too.
  if (head_.content_length) return refuse(Error::invalid_length, "more than one Content-Length");
  constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t length = 0;
  for (char c : value) {
    if (!detail::is_ascii_digit(c)) return refuse(Error::invalid_length, "Content-Length is not a number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (top - digit) / 10) return refuse(Error::invalid_length, "Content-Length is out of range");
    length = length * 10 + digit;
  }
  if (value.empty()) return refuse(Error::invalid_length, "Content-Length is empty");
  head_.content_length = length;
  return true;
}

FANFARE_DECL bool HttpResponseHeadParser::note_transfer_encoding(std::string_view value) {
  // RFC 9112 sec. 6.1, 7.4: other codings come only when TE asked for them, and none is asked for.
  if (head_.chunked) return refuse(Error::invalid_encoding, "more than one Transfer-Encoding");
  if (!same_field_name(value, "chunked")) {
    return refuse(Error::invalid_encoding, "a transfer coding other than chunked");
  }
  head_.chunked = true;
  return true;
}

FANFARE_DECL void HttpResponseHeadParser::finish() {
  const bool is_1_1 = head_.minor_version == 1;
  if (head_.chunked && !is_1_1) {
    refuse(Error::invalid_encoding, "Transfer-Encoding in HTTP/1.0");  // RFC 9112 sec. 6.1
    return;
  }
  if (head_.chunked && head_.content_length) {
    refuse(Error::invalid_length, "both Content-Length and Transfer-Encoding");  // RFC 9112 sec. 6.3, 11.1
    return;
  }
  if ((head_.chunked || head_.content_length.value_or(0) != 0) &&
      (head_.status < 200 || head_.status == 204)) {
    refuse(Error::invalid_length, "a body where there can be none");  // RFC 9112 sec. 6.1, 6.2
    return;
  }
  if (head_.status < 200 && head_.status != 101) {
    if (++interim_ > limits_.max_interim) {
      refuse(Error::too_long, "more 1xx responses than max_interim");
      return;
    }
    head_ = {};
    has_close_ = has_keep_alive_ = false;
    head_bytes_ = 0;
    stage_ = Stage::status_line;
    return;
  }
  head_.keep_alive = !has_close_ && (is_1_1 || has_keep_alive_);  // RFC 9112 sec. 9.3
  head_.upgrade = is_1_1 && head_.upgrade;
  stage_ = Stage::done;
}

FANFARE_DECL bool HttpResponseHeadParser::refuse(std::error_code error, std::string_view reason) noexcept {
  stage_ = Stage::failed;
  error_ = error;
  reason_ = reason;
  return false;
}

FANFARE_DECL HttpResponseBody::HttpResponseBody(const HttpResponseHead& head, bool answers_head,
                                                std::uint64_t max_body_bytes) noexcept
    : status_(BodyStatus::need_more),
      left_(max_body_bytes),
      // Extensions are dropped unread, and the limit of each chunk bounds them; a stream has no end.
      chunks_({.max_body_bytes = max_body_bytes,
               .max_extension_bytes = std::numeric_limits<std::size_t>::max()}) {
  if (answers_head || head.status < 200 || head.status == 204 || head.status == 304) {
    status_ = BodyStatus::done;
  } else if (head.chunked) {
    framing_ = Framing::chunked;
  } else if (head.content_length) {
    framing_ = Framing::length;
    if (*head.content_length > max_body_bytes) {
      fail(Error::too_long);
    } else if ((left_ = *head.content_length) == 0) {
      status_ = BodyStatus::done;
    }
  } else {
    framing_ = Framing::until_close;
  }
}

FANFARE_DECL BodyStatus HttpResponseBody::next(std::string_view& bytes, std::string_view& data) noexcept {
  data = {};
  if (status_ != BodyStatus::need_more) return status_;
  if (framing_ == Framing::chunked) {
    const ChunkStatus status = chunks_.next(bytes, data);
    if (status == ChunkStatus::failed) return fail(chunks_.refusal().error);
    if (status == ChunkStatus::done) status_ = BodyStatus::done;
    return status_;
  }
  if (framing_ == Framing::until_close && bytes.size() > left_) return fail(Error::too_long);
  data = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  bytes.remove_prefix(data.size());
  if (left_ != unlimited || framing_ == Framing::length) left_ -= data.size();
  if (framing_ == Framing::length && left_ == 0) status_ = BodyStatus::done;
  return status_;
}

FANFARE_DECL std::error_code HttpResponseBody::end_of_input() const noexcept {
  if (status_ == BodyStatus::failed) return error_;
  if (status_ == BodyStatus::done || framing_ == Framing::until_close) return {};
  return Error::cut_short;
}

FANFARE_DECL BodyStatus HttpResponseBody::fail(std::error_code error) noexcept {
  status_ = BodyStatus::failed;
  error_ = error;
  return status_;
}

}  // namespace fanfare::wire
