#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/http_field.ipp>
#include <fanfare/wire/multipart.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace fanfare {
namespace detail {

/// One parameter of a field's value: `; name=value`, the value a token or a quoted string.
struct FieldParameter {
  std::string_view name;
  std::string value;
  bool quoted = false;
};

/// Appends the string that the text begins with, behind its opening quote, and takes it off. A backslash escapes a
/// quote and itself; before anything else it stands for itself, as browsers and old ones' "C:\file" have it.
/// @return false: it has no end
FANFARE_DECL bool take_quoted(std::string_view& text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escape) {
      ++i;
    } else if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    out += text[i];
  }
  return false;
}

/// Calls `visit` with each parameter of a value, which begins behind its first word. False: they are malformed, or
/// `visit` said false.
template <class Visit>
bool each_parameter(std::string_view text, Visit&& visit) {
  for (;;) {
    text = wire::trim_ows(text);
    if (text.empty()) return true;
    if (text.front() != ';') return false;
    text = wire::trim_ows(text.substr(1));
    if (text.empty()) return true;  // a semicolon at the end harms nobody
    const std::size_t equals = text.find('=');
    if (equals == text.npos) return false;
    FieldParameter parameter;
    parameter.name = text.substr(0, equals);
    if (!wire::is_token(parameter.name)) return false;
    text.remove_prefix(equals + 1);
    parameter.quoted = text.starts_with('"');
    if (parameter.quoted) {
      text.remove_prefix(1);
      if (!take_quoted(text, parameter.value)) return false;
    } else {
      const std::size_t end = std::min(text.find(';'), text.size());
      parameter.value = wire::trim_ows(text.substr(0, end));
      text.remove_prefix(end);
    }
    if (!visit(parameter)) return false;
  }
}

FANFARE_DECL bool is_boundary(std::string_view text) noexcept {
  constexpr std::string_view bchars =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ";  // RFC 2046 sec. 5.1.1
  return !text.empty() && text.size() <= wire::MultipartParser::max_boundary_bytes &&
         text.find_first_not_of(bchars) == text.npos && text.back() != ' ';
}

}  // namespace detail

namespace wire {

FANFARE_DECL bool is_multipart_form(std::string_view content_type) noexcept {
  return same_field_name(trim_ows(content_type.substr(0, content_type.find(';'))), "multipart/form-data");
}

FANFARE_DECL std::string multipart_boundary(std::string_view content_type) {
  const std::size_t semicolon = content_type.find(';');
  if (!is_multipart_form(content_type) || semicolon == content_type.npos) return {};
  std::string boundary;
  bool found = false;
  const bool well_formed = detail::each_parameter(content_type.substr(semicolon), [&](auto& parameter) {
    if (!same_field_name(parameter.name, "boundary")) return true;
    if (std::exchange(found, true)) return false;
    boundary = std::move(parameter.value);
    return detail::is_boundary(boundary);
  });
  return well_formed && found ? boundary : std::string();
}

FANFARE_DECL MultipartParser::MultipartParser(std::string_view boundary, MultipartLimits limits) noexcept
    : limits_(limits) {
  if (!detail::is_boundary(boundary)) {
    refuse(Error::malformed, 400, "multipart/form-data without a valid boundary");
    return;
  }
  std::memcpy(delimiter_.data(), "\r\n--", 4);
  std::memcpy(delimiter_.data() + 4, boundary.data(), boundary.size());
  delimiter_size_ = 4 + boundary.size();
}

FANFARE_DECL MultipartStatus MultipartParser::parse(std::string_view& bytes) noexcept try {
  data_ = {};
  for (;;) {
    if (state_ == State::failed) return MultipartStatus::failed;
    if (state_ == State::done) bytes = {};  // the epilogue, RFC 2046 sec. 5.1.1
    if (state_ == State::done) return MultipartStatus::done;
    if (bytes.empty()) return MultipartStatus::need_more;
    auto status = MultipartStatus::need_more;
    if (state_ == State::preamble || state_ == State::data) {
      status = take_data(bytes);
    } else if (state_ == State::head) {
      status = take_head(bytes);
    } else {
      const char c = bytes.front();
      bytes.remove_prefix(1);
      take_delimiter_end(c);
    }
    if (status != MultipartStatus::need_more) return status;
  }
} catch (const std::bad_alloc&) {
  refuse(std::make_error_code(std::errc::not_enough_memory), 503, "out of memory");
  return MultipartStatus::failed;
}

// ---- data, up to a delimiter -----------------------------------------------------------------------

FANFARE_DECL MultipartStatus MultipartParser::take_data(std::string_view& bytes) noexcept {
  if (matched_ == 0) {
    const std::size_t at = find_delimiter(bytes);
    const std::string_view data = bytes.substr(0, at);
    bytes.remove_prefix(at);
    if (!data.empty()) return report(data);
  }
  const std::string_view rest = delimiter().substr(matched_);
  const auto common = static_cast<std::size_t>(
      std::mismatch(rest.begin(), rest.end(), bytes.begin(), bytes.end()).first - rest.begin());
  const bool all_taken = common == bytes.size();
  bytes.remove_prefix(common);
  matched_ += common;
  if (common == rest.size()) return end_data();
  if (all_taken) return MultipartStatus::need_more;
  // It was none. Its CR is its first byte alone, so no other candidate began within it.
  const std::string_view data = delimiter().substr(borrowed_, matched_ - borrowed_);
  matched_ = borrowed_ = 0;
  return data.empty() ? MultipartStatus::need_more : report(data);
}

/// Where the bytes go on with the delimiter, or with as much of it as they hold; their size if nowhere.
FANFARE_DECL std::size_t MultipartParser::find_delimiter(std::string_view bytes) const noexcept {
  for (std::size_t at = 0;; ++at) {
    at = bytes.find('\r', at);
    if (at == bytes.npos) return bytes.size();
    if (delimiter().starts_with(bytes.substr(at, delimiter_size_))) return at;
  }
}

FANFARE_DECL MultipartStatus MultipartParser::report(std::string_view data) noexcept {
  if (state_ == State::data) {
    data_ = data;
    return MultipartStatus::data;
  }
  skipped_ += data.size();
  if (skipped_ <= limits_.max_preamble_bytes) return MultipartStatus::need_more;
  refuse(Error::malformed, 400, "the body does not begin with its boundary");
  return MultipartStatus::failed;
}

FANFARE_DECL MultipartStatus MultipartParser::end_data() noexcept {
  const bool in_part = state_ == State::data;
  matched_ = borrowed_ = 0;
  head_bytes_ = 0;
  state_ = State::delimiter_end;
  return in_part ? MultipartStatus::part_end : MultipartStatus::need_more;
}

FANFARE_DECL bool MultipartParser::take_delimiter_end(char c) noexcept {
  // RFC 2046 sec. 5.1.1: "--" ends the body; else the line ends, maybe after white space.
  if (state_ == State::dashes) {
    if (c != '-') return refuse(Error::malformed, 400, "a boundary is followed by something else");
    state_ = State::done;
  } else if (state_ == State::line_end) {
    if (c != '\n') return refuse(Error::malformed, 400, "a boundary's line does not end in CRLF");
    if (++parts_ > limits_.max_parts) return refuse(Error::too_long, 413, "more parts than max_parts");
    state_ = State::head;
    has_disposition_ = has_content_type_ = false;
    part_ = {};
  } else if (c == '\r') {
    state_ = State::line_end;
  } else if (c == '-' && state_ == State::delimiter_end) {
    state_ = State::dashes;
  } else if (detail::is_ows(c)) {
    state_ = State::padding;
    if (++head_bytes_ > limits_.max_part_head_bytes)
      return refuse(Error::too_long, 431, "a part's head is longer than max_part_head_bytes");
  } else {
    return refuse(Error::malformed, 400, "a boundary is followed by something else");
  }
  return true;
}

// ---- a part's head ---------------------------------------------------------------------------------

FANFARE_DECL MultipartStatus MultipartParser::take_head(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view piece = bytes.substr(0, end == bytes.npos ? bytes.size() : end + 1);
  if (piece.size() > limits_.max_part_head_bytes - head_bytes_) {
    refuse(Error::too_long, 431, "a part's head is longer than max_part_head_bytes");
    return MultipartStatus::failed;
  }
  head_bytes_ += piece.size();
  line_.append(piece);
  bytes.remove_prefix(piece.size());
  if (end == bytes.npos) return MultipartStatus::need_more;

  const std::string line = std::exchange(line_, {});
  if (!line.ends_with("\r\n")) {
    refuse(Error::malformed, 400, "a line of a part's head does not end in CRLF");
  } else if (line.size() == 2) {
    return begin_part();
  } else {
    take_line(std::string_view(line).substr(0, line.size() - 2));
  }
  return state_ == State::failed ? MultipartStatus::failed : MultipartStatus::need_more;
}

FANFARE_DECL bool MultipartParser::take_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == line.npos || !is_token(name))
    return refuse(Error::malformed, 400, "a line of a part's head is no field");
  const std::string_view value = trim_ows(line.substr(colon + 1));
  if (!is_field_value(value)) return refuse(Error::malformed, 400, "a control character in a part's head");
  if (same_field_name(name, "Content-Disposition")) {
    if (std::exchange(has_disposition_, true))
      return refuse(Error::malformed, 400, "a part has two Content-Dispositions");
    return take_disposition(value);
  }
  if (same_field_name(name, "Content-Type")) {
    if (std::exchange(has_content_type_, true))
      return refuse(Error::malformed, 400, "a part has two Content-Types");
    if (!value.empty()) part_.content_type = value;
  } else if (same_field_name(name, "Content-Transfer-Encoding")) {
    // RFC 7578 sec. 4.7: deprecated. Those that leave the bytes as they are do no harm.
    const bool harmless =
        same_field_name(value, "binary") || same_field_name(value, "8bit") || same_field_name(value, "7bit");
    if (!harmless) return refuse(Error::invalid_encoding, 400, "a part has a Content-Transfer-Encoding");
  }
  return true;  // RFC 7578 sec. 4.8: others are ignored
}

FANFARE_DECL bool MultipartParser::take_disposition(std::string_view value) {
  const std::size_t end = std::min(value.find(';'), value.size());
  if (!same_field_name(trim_ows(value.substr(0, end)), "form-data"))
    return refuse(Error::malformed, 400, "a part's Content-Disposition is not form-data");
  bool has_name = false;
  const bool well_formed = detail::each_parameter(value.substr(end), [&](detail::FieldParameter& parameter) {
    const bool name = same_field_name(parameter.name, "name");
    const bool file_name = same_field_name(parameter.name, "filename");
    if (same_field_name(parameter.name, "filename*") || same_field_name(parameter.name, "name*"))
      return refuse(Error::malformed, 400, "filename* is not allowed in a form (RFC 7578 sec. 4.2)");
    if (!name && !file_name) return true;
    if (!parameter.quoted && !is_token(parameter.value)) return false;
    if (std::exchange(name ? has_name : part_.is_file, true)) return false;
    (name ? part_.name : part_.file_name) = std::move(parameter.value);
    return true;
  });
  if (state_ == State::failed) return false;
  if (!well_formed) return refuse(Error::malformed, 400, "a part's Content-Disposition is malformed");
  // RFC 7578 sec. 4.2: each part must have one.
  if (!has_name) return refuse(Error::malformed, 400, "a part has no name");
  return true;
}

FANFARE_DECL MultipartStatus MultipartParser::begin_part() noexcept {
  if (!has_disposition_) {
    refuse(Error::malformed, 400, "a part has no Content-Disposition");
    return MultipartStatus::failed;
  }
  state_ = State::data;
  matched_ = borrowed_ = 2;  // without data, the head's empty line is the delimiter's CRLF
  return MultipartStatus::part;
}

FANFARE_DECL bool MultipartParser::refuse(std::error_code error, int status, std::string_view reason) noexcept {
  state_ = State::failed;
  refusal_ = {error, status, reason};
  return false;
}

}  // namespace wire
}  // namespace fanfare
