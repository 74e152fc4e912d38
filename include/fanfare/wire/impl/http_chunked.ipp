#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/http_field.ipp>

#include <algorithm>
#include <new>

namespace fanfare {
namespace detail {

inline constexpr std::size_t placed_size_digits = 8;

// 16 digits are all that 64 bits can hold; more would be leading zeros without end, or an overflow.
inline constexpr std::uint8_t max_size_digits = 16;

}  // namespace detail

namespace wire {

FANFARE_DECL void append_chunk_size(std::string& out, std::size_t size) {
  char text[2 * sizeof size];
  std::size_t begin = sizeof text;
  for (std::size_t rest = size; rest != 0 || begin == sizeof text; rest >>= 4) {
    text[--begin] = "0123456789abcdef"[rest & 15];
  }
  out.append(text + begin, sizeof text - begin).append("\r\n");
}

FANFARE_DECL void append_chunk(std::string& out, std::string_view data) {
  if (data.empty()) return;
  append_chunk_size(out, data.size());
  out.append(data).append("\r\n");
}

FANFARE_DECL std::size_t begin_chunk(std::string& out) {
  const std::size_t chunk = out.size();
  out.append("00000000\r\n", detail::placed_size_digits + 2);
  return chunk;
}

FANFARE_DECL void end_chunk(std::string& out, std::size_t chunk) {
  const std::size_t size = out.size() - chunk - (detail::placed_size_digits + 2);
  if (size == 0) {
    out.resize(chunk);
    return;
  }
  std::size_t rest = size;
  for (std::size_t i = chunk + detail::placed_size_digits; i-- > chunk; rest >>= 4) {
    out[i] = "0123456789abcdef"[rest & 15];
  }
  out.append("\r\n", 2);
}

FANFARE_DECL ChunkStatus HttpChunkedDecoder::decode(std::string_view& bytes, std::string& out) noexcept {
  for (;;) {
    std::string_view data;
    const ChunkStatus status = next(bytes, data);
    if (status != ChunkStatus::need_more || data.empty()) return status;
    try {
      out.append(data);
    } catch (const std::bad_alloc&) {
      refuse(std::make_error_code(std::errc::not_enough_memory), 503, "out of memory");
    }
  }
}

FANFARE_DECL ChunkStatus HttpChunkedDecoder::next(std::string_view& bytes, std::string_view& data) noexcept {
  data = {};
  while (state_ < State::done && !bytes.empty()) {
    if (state_ == State::data) {
      data = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
      bytes.remove_prefix(data.size());
      left_ -= data.size();
      if (left_ == 0) state_ = State::data_return;
      return ChunkStatus::need_more;
    }
    step(bytes.front());
    bytes.remove_prefix(1);
  }
  if (state_ == State::failed) return ChunkStatus::failed;
  return state_ == State::done ? ChunkStatus::done : ChunkStatus::need_more;
}

FANFARE_DECL void HttpChunkedDecoder::step(char c) noexcept {
  switch (state_) {
    case State::size: return take_size(c);
    case State::extension_space:
    case State::extension: return take_extension(c);
    // The chunk of size 0 is the last one; the trailer follows it, mostly an empty one.
    case State::size_end: return expect(c, '\n', left_ == 0 ? State::trailer_line : State::data);
    case State::data_return: return expect(c, '\r', State::data_end);
    case State::data_end: return expect(c, '\n', State::size);
    default: return take_trailer(c);
  }
}

FANFARE_DECL void HttpChunkedDecoder::take_size(char c) noexcept {
  // RFC 9112 sec. 7.1: chunk-size = 1*HEXDIG; no sign, no "0x", no space before it, and no overflow.
  const int digit = detail::hex_value(c);
  if (digit >= 0) {
    if (size_digits_++ == detail::max_size_digits) {
      return refuse(Error::invalid_length, 400, "a chunk size of more than 16 digits");
    }
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    return;
  }
  if (size_digits_ == 0) return refuse(Error::invalid_length, 400, "a chunk size is missing");
  if (left_ > limits_.max_body_bytes - received_) {
    return refuse(Error::too_long, 413, "the body is longer than max_body_bytes");
  }
  received_ += left_;
  size_digits_ = 0;
  chunk_extension_bytes_ = 0;
  if (c == '\r') {
    state_ = State::size_end;
  } else if (detail::is_ows(c) || c == ';') {
    state_ = State::extension_space;
    take_extension(c);
  } else {
    refuse(Error::invalid_length, 400, "a chunk size is not hexadecimal");
  }
}

FANFARE_DECL void HttpChunkedDecoder::take_extension(char c) noexcept {
  if (c == '\r' && state_ == State::extension) {
    state_ = State::size_end;
    return;
  }
  if (++chunk_extension_bytes_ > limits_.max_extension_bytes_per_chunk ||
      ++extension_bytes_ > limits_.max_extension_bytes) {
    return refuse(Error::too_long, 400, "chunk extensions are longer than the limit");
  }
  // RFC 9112 sec. 7.1.1: whitespace may stand before the ';', but does not stand alone. Whatever it says is
  // ignored.
  if (state_ == State::extension_space && !detail::is_ows(c)) {
    if (c != ';') return refuse(Error::malformed, 400, "whitespace after a chunk size");
    state_ = State::extension;
  }
  if (!detail::is_http(c, detail::http_value)) {
    refuse(Error::malformed, 400, "a control character in a chunk extension");
  }
}

FANFARE_DECL void HttpChunkedDecoder::take_trailer(char c) noexcept {
  if (++trailer_bytes_ > limits_.max_trailer_bytes) {
    return refuse(Error::too_long, 431, "the trailer is longer than max_trailer_bytes");
  }
  // RFC 9112 sec. 7.1.2: field lines, with the grammar of sec. 5, then an empty line.
  const bool starts_line = state_ == State::trailer_line;
  switch (state_) {
    case State::trailer_line:
    case State::trailer_name:
      if (starts_line && c == '\r') {
        state_ = State::body_end;
      } else if (!starts_line && c == ':') {
        state_ = State::trailer_value;
      } else if (detail::is_http(c, detail::http_token)) {
        state_ = State::trailer_name;
      } else {
        refuse(Error::malformed, 400, "an invalid character in the name of a trailer field");
      }
      return;
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_end;
      } else if (!detail::is_http(c, detail::http_value)) {
        refuse(Error::malformed, 400, "a control character in a trailer field");
      }
      return;
    case State::trailer_end: return expect(c, '\n', State::trailer_line);
    default: return expect(c, '\n', State::done);
  }
}

FANFARE_DECL void HttpChunkedDecoder::expect(char c, char wanted, State next) noexcept {
  if (c != wanted) {
    return refuse(Error::malformed, 400, "a chunk is not followed by CRLF where it must be");
  }
  state_ = next;
}

FANFARE_DECL void HttpChunkedDecoder::refuse(std::error_code error, int status,
                                             std::string_view reason) noexcept {
  state_ = State::failed;
  refusal_ = {error, status, reason};
}

}  // namespace wire
}  // namespace fanfare
