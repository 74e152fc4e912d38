#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include <algorithm>

namespace fanfare {
namespace detail {

inline constexpr unsigned fin_bit = 0x80, rsv1_bit = 0x40, rsv2_and_3_bits = 0x30, opcode_bits = 0x0F;
inline constexpr unsigned mask_bit = 0x80, length_bits = 0x7F;
inline constexpr std::size_t mask_key_bytes = 4;

/// What the 7 bits of a length say: that 2 or 8 bytes follow.
inline constexpr unsigned length_in_2_bytes = 126, length_in_8_bytes = 127;

constexpr std::size_t frame_length_bytes(std::uint64_t payload_bytes) noexcept {
  return payload_bytes < length_in_2_bytes ? 0 : payload_bytes <= 0xFFFF ? 2 : 8;
}

/// The room that begin_frame leaves: a header with 2 bytes of length.
constexpr std::size_t frame_room_bytes(bool masked) noexcept {
  return 2 + 2 + (masked ? mask_key_bytes : 0);
}

}  // namespace detail

namespace wire {

FANFARE_DECL FrameStatus FrameParser::next(std::string_view& bytes, std::string_view& payload) noexcept {
  payload = {};
  if (failure_.error) return FrameStatus::failed;
  if (!in_payload_) {
    if (take_header(bytes)) return FrameStatus::header;
    return failure_.error ? FrameStatus::failed : FrameStatus::need_more;
  }
  if (left_ == 0) {
    in_payload_ = false;
    return FrameStatus::end;
  }
  if (bytes.empty()) return FrameStatus::need_more;
  payload = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  bytes.remove_prefix(payload.size());
  piece_offset_ = header_.payload_bytes - left_;
  left_ -= payload.size();
  return FrameStatus::payload;
}

// Returns whether the header is complete.
FANFARE_DECL bool FrameParser::take_header(std::string_view& bytes) noexcept {
  while (!bytes.empty() && !failure_.error) {
    head_[head_size_++] = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (head_size_ == 1) {
      check_first_byte();
      continue;
    }
    if (head_size_ == 2) check_second_byte();
    const std::size_t before_key = 2 + length_bytes();
    if (head_size_ == before_key && !failure_.error) check_length();
    if (head_size_ == before_key + (role_ == WebSocketRole::server ? detail::mask_key_bytes : 0)) {
      if (!failure_.error) finish_header();
      return !failure_.error;
    }
  }
  return false;
}

FANFARE_DECL void FrameParser::check_first_byte() noexcept {
  const unsigned first = head_[0];
  const bool fin = (first & detail::fin_bit) != 0;
  header_.opcode = static_cast<Opcode>(first & detail::opcode_bits);
  switch (header_.opcode) {
    case Opcode::continuation:
      // Sec. 5.4: a continuation continues something, and nothing else may come before its last one.
      if (!in_message_) refuse(Error::malformed, "a continuation frame without a message");
      break;
    case Opcode::text:
    case Opcode::binary:
      if (in_message_) refuse(Error::malformed, "a new message within a fragmented one");
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      // Sec. 5.5: control frames are never fragmented, since they come between fragments.
      if (!fin) refuse(Error::malformed, "a fragmented control frame");
      break;
    default:
      // Sec. 5.2: 0x3 to 0x7 and 0xB to 0xF are reserved.
      refuse(Error::malformed, "a reserved opcode");
  }
  // Sec. 5.2: MUST be 0 unless an extension gives them a meaning. RFC 7692 sec. 6 gives one to RSV1, in the
  // first frame of a message and nowhere else.
  const bool starts_message = header_.opcode == Opcode::text || header_.opcode == Opcode::binary;
  const unsigned reserved = detail::rsv2_and_3_bits | (allow_rsv1_ && starts_message ? 0 : detail::rsv1_bit);
  if ((first & reserved) != 0) refuse(Error::malformed, "a reserved bit is set");
}

FANFARE_DECL void FrameParser::check_second_byte() noexcept {
  // Sec. 5.1: a server MUST close when a frame is not masked, a client when one is.
  const bool masked = (head_[1] & detail::mask_bit) != 0;
  if (masked && role_ == WebSocketRole::client) refuse(Error::malformed, "a masked frame from a server");
  if (!masked && role_ == WebSocketRole::server) refuse(Error::malformed, "an unmasked frame from a client");
  if (is_control(header_.opcode) && (head_[1] & detail::length_bits) > max_control_payload_bytes) {
    refuse(Error::invalid_length, "a control frame of more than 125 bytes");  // sec. 5.5
  }
}

FANFARE_DECL void FrameParser::check_length() noexcept {
  // Sec. 5.2: the most significant bit of 64 MUST be 0, and the fewest bytes MUST be used.
  if ((length() >> 63) != 0) return refuse(Error::invalid_length, "a length of 2^63 or more");
  if (detail::frame_length_bytes(length()) != length_bytes()) {
    refuse(Error::invalid_length, "a length in more bytes than it needs");
  }
}

FANFARE_DECL void FrameParser::finish_header() noexcept {
  header_.fin = (head_[0] & detail::fin_bit) != 0;
  header_.rsv1 = (head_[0] & detail::rsv1_bit) != 0;
  header_.payload_bytes = length();
  header_.mask_key.reset();
  if (role_ == WebSocketRole::server) {
    std::copy_n(head_.begin() + (head_size_ - detail::mask_key_bytes), detail::mask_key_bytes,
                header_.mask_key.emplace().begin());
  }
  if (!is_control(header_.opcode)) in_message_ = !header_.fin;
  left_ = header_.payload_bytes;
  piece_offset_ = 0;
  head_size_ = 0;
  in_payload_ = true;
}

// Of the length behind the second byte.
FANFARE_DECL std::size_t FrameParser::length_bytes() const noexcept {
  const unsigned bits = head_[1] & detail::length_bits;
  return bits == detail::length_in_8_bytes ? 8 : bits == detail::length_in_2_bytes ? 2 : 0;
}

FANFARE_DECL std::uint64_t FrameParser::length() const noexcept {
  const std::size_t count = length_bytes();
  if (count == 0) return head_[1] & detail::length_bits;
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | head_[2 + i];
  return value;
}

FANFARE_DECL void FrameParser::refuse(std::error_code error, std::string_view reason) noexcept {
  if (!failure_.error) failure_ = {error, CloseCode::protocol_error, reason};
}

FANFARE_DECL std::size_t frame_header_bytes(const FrameHeader& header) noexcept {
  return 2 + detail::frame_length_bytes(header.payload_bytes) +
         (header.mask_key ? detail::mask_key_bytes : 0);
}

FANFARE_DECL char* write_frame_header(char* at, const FrameHeader& header) noexcept {
  const std::size_t count = detail::frame_length_bytes(header.payload_bytes);
  const unsigned short_length = count == 8   ? detail::length_in_8_bytes
                                : count == 2 ? detail::length_in_2_bytes
                                             : static_cast<unsigned>(header.payload_bytes);
  *at++ = static_cast<char>((header.fin ? detail::fin_bit : 0) | (header.rsv1 ? detail::rsv1_bit : 0) |
                            static_cast<unsigned>(header.opcode));
  *at++ = static_cast<char>((header.mask_key ? detail::mask_bit : 0) | short_length);
  for (std::size_t i = count; i-- > 0;) *at++ = static_cast<char>(header.payload_bytes >> (8 * i) & 0xFF);
  if (header.mask_key) {
    for (const unsigned char byte : *header.mask_key) *at++ = static_cast<char>(byte);
  }
  return at;
}

FANFARE_DECL char* place_frame_header(char* payload, const FrameHeader& header) noexcept {
  char* const begin = payload - frame_header_bytes(header);
  write_frame_header(begin, header);
  return begin;
}

FANFARE_DECL void append_frame(std::string& out, FrameHeader header, std::string_view payload) {
  header.payload_bytes = payload.size();
  char bytes[max_frame_header_bytes];
  out.append(bytes, static_cast<std::size_t>(write_frame_header(bytes, header) - bytes));
  out.append(payload);
  if (header.mask_key)
    apply_mask(out.data() + (out.size() - payload.size()), payload.size(), *header.mask_key);
}

FANFARE_DECL std::size_t begin_frame(std::string& out, bool masked) {
  const std::size_t frame = out.size();
  out.append(detail::frame_room_bytes(masked), '\0');
  return frame;
}

FANFARE_DECL void end_frame(std::string& out, std::size_t frame, FrameHeader header) {
  const std::size_t room = detail::frame_room_bytes(header.mask_key.has_value());
  header.payload_bytes = out.size() - frame - room;
  const std::size_t needed = frame_header_bytes(header);
  if (needed > room) out.insert(frame, needed - room, '\0');
  if (needed < room) out.erase(frame, room - needed);
  char* const payload = write_frame_header(out.data() + frame, header);
  if (header.mask_key) apply_mask(payload, static_cast<std::size_t>(header.payload_bytes), *header.mask_key);
}

}  // namespace wire
}  // namespace fanfare
