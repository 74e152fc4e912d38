/// WebSocket frames (RFC 6455 sec. 5): reads them from any pieces, for either role, and writes them. Knows
/// which frame may follow which, but puts no message together and looks at no payload (see
/// websocket_reader.hpp).
///
///     byte 0   FIN 1 bit, RSV1 to RSV3 1 bit each, opcode 4 bits
///     byte 1   MASK 1 bit, length 7 bits: 0 to 125, or 126: 2 bytes follow, or 127: 8 bytes follow
///     then     the length if it is more than 125, 2 or 8 bytes, big-endian
///     then     if MASK: the mask key, 4 bytes
///     then     the payload
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/wire/websocket_close.hpp>
#include <fanfare/wire/websocket_mask.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// What this side is. A client masks what it sends, a server does not (sec. 5.1).
enum class WebSocketRole : std::uint8_t { server, client };

enum class Opcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

constexpr bool is_control(Opcode opcode) noexcept {
  return (static_cast<unsigned>(opcode) & 0x8) != 0;
}

struct FrameHeader {
  Opcode opcode = Opcode::text;
  bool fin = true;                       ///< the last frame of its message
  bool rsv1 = false;                     ///< the message is compressed (RFC 7692 sec. 6)
  std::optional<MaskKey> mask_key = {};  ///< the payload is masked
  std::uint64_t payload_bytes = 0;
};

inline constexpr std::size_t max_frame_header_bytes = 2 + 8 + 4;
inline constexpr std::size_t max_control_payload_bytes = 125;  ///< sec. 5.5

enum class FrameStatus {
  need_more,  ///< all bytes were taken
  header,     ///< header() is complete; its payload follows
  payload,    ///< a piece of the payload
  end,        ///< the frame is complete
  failed,     ///< see failure(); it stays failed
};

/// Each frame is reported as header, any number of payloads, end. Distinct objects on any threads. Holds no
/// payload, allocates nothing.
class FrameParser {
 public:
  /// @param role  of this side: a server takes only masked frames, a client only unmasked ones
  /// @param allow_rsv1  permessage-deflate was negotiated: the first frame of a message may have RSV1
  explicit FrameParser(WebSocketRole role, bool allow_rsv1 = false) noexcept
      : role_(role), allow_rsv1_(allow_rsv1) {}

  /// Takes bytes off the front up to the next thing to report. The frames are the same however the bytes were
  /// split; a frame that is not valid is refused at the byte that makes it so.
  /// Fails with malformed or invalid_length, and 1002.
  /// @param payload  with FrameStatus::payload a view of the bytes given, still masked; else empty
  FrameStatus next(std::string_view& bytes, std::string_view& payload) noexcept;

  /// REQUIRES: the last that was reported was header, payload or end.
  const FrameHeader& header() const noexcept { return header_; }

  /// Where in the frame's payload the piece begins that next has just reported.
  std::uint64_t piece_offset() const noexcept { return piece_offset_; }

  /// Whether a frame has begun and is not complete.
  bool in_frame() const noexcept { return in_payload_ || head_size_ != 0; }

  /// Whether frames of a message came, but not its last one.
  bool in_message() const noexcept { return in_message_; }

  const WebSocketFailure& failure() const noexcept { return failure_; }

 private:
  bool take_header(std::string_view& bytes) noexcept;
  void check_first_byte() noexcept;
  void check_second_byte() noexcept;
  void check_length() noexcept;
  void finish_header() noexcept;
  std::size_t length_bytes() const noexcept;
  std::uint64_t length() const noexcept;
  void refuse(std::error_code error, std::string_view reason) noexcept;

  WebSocketRole role_;
  bool allow_rsv1_;
  bool in_message_ = false;
  bool in_payload_ = false;
  std::uint8_t head_size_ = 0;
  std::array<unsigned char, max_frame_header_bytes> head_{};  // an unfinished header
  FrameHeader header_;
  std::uint64_t left_ = 0;  // of the payload
  std::uint64_t piece_offset_ = 0;
  WebSocketFailure failure_;
};

/// How many bytes the header takes: 2, 4 or 10, and 4 for a mask key.
std::size_t frame_header_bytes(const FrameHeader& header) noexcept;

/// Writes the header, in the fewest bytes (sec. 5.2). REQUIRES: room for frame_header_bytes(header); the
/// payload is below 2^63 bytes, and of a control frame 125 at the most; a control frame has fin and no rsv1.
/// @return  the end of what was written
char* write_frame_header(char* at, const FrameHeader& header) noexcept;

/// Writes the header so that it ends where the payload begins, for a payload that is laid out already.
/// REQUIRES: as above, in front of the payload. The payload is not touched: mask it with apply_mask.
/// @return  where the frame begins
char* place_frame_header(char* payload, const FrameHeader& header) noexcept;

/// Appends a whole frame; masked, if the header has a key. The header's payload_bytes is set from the
/// payload.
void append_frame(std::string& out, FrameHeader header, std::string_view payload);

/// For a payload that is written in place and whose size is known only afterwards: leaves room for the
/// header, and returns where the frame begins, for end_frame.
///
///     const std::size_t frame = begin_frame(out);
///     format.encode(event, out);
///     end_frame(out, frame, {.opcode = Opcode::text});
///
/// @param masked  end_frame will have a key
std::size_t begin_frame(std::string& out, bool masked = false);

/// Makes a frame of what was appended since begin_frame. The room fits payloads of 126 to 65,535 bytes;
/// others are moved by 2 or 6 bytes. REQUIRES: nothing before `frame` was removed.
void end_frame(std::string& out, std::size_t frame, FrameHeader header);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_frame.ipp>
#endif
