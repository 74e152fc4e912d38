/// Puts WebSocket messages together from bytes that arrive in any pieces (RFC 6455 sec. 5.4, 8.1, RFC 7692
/// sec. 7.2.2), for either role. Answers nothing: pongs, close frames and the end of the connection are the
/// caller's part.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/wire/deflate.hpp>
#include <fanfare/wire/permessage_deflate.hpp>
#include <fanfare/wire/utf8_validator.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::wire {

struct WebSocketReaderOptions {
  WebSocketRole role = WebSocketRole::server;   ///< of this side
  std::size_t max_message_bytes = 1024 * 1024;  ///< once inflated; else 1009
  std::size_t max_fragments = 128 * 1024;       ///< of one message, empty ones too; else 1008
  bool accept_binary = true;                    ///< else 1003
  /// What was negotiated. REQUIRES: none without FANFARE_WITH_ZLIB.
  std::optional<DeflateParameters> deflate = {};
};

enum class WebSocketStatus {
  need_more,  ///< all bytes were taken
  text,       ///< payload() is a message, valid UTF-8
  binary,     ///< payload() is a message
  ping,       ///< to be answered with a pong that has the same payload()
  pong,       ///< payload() is the ping's, or anything: pongs may come unasked (sec. 5.5.3)
  close,      ///< close_code() and payload(), the reason; what follows is dropped
  failed,     ///< see failure(); it stays failed
};

/// One connection, from the first byte after the handshake.
///
///     for (;;) {
///       switch (reader.parse(bytes)) {
///         case WebSocketStatus::need_more: return;
///         case WebSocketStatus::text: handle(reader.payload()); break;
///         ...
///
/// Distinct objects on any threads. Memory: at most twice max_message_bytes, and four times what has arrived:
/// a length alone allocates nothing. None while no message is under way, but for the inflater of a client
/// that keeps its context. Complexity: linear in the bytes, and in what they inflate to; however they are
/// split.
class WebSocketReader {
 public:
  explicit WebSocketReader(WebSocketReaderOptions options = {}) noexcept;

  /// Takes bytes off the front up to the next thing to report, or all of them. The outcome is the same
  /// however the bytes were split, and a peer that breaks the protocol is refused at the byte with which it
  /// does.
  WebSocketStatus parse(std::string_view& bytes) noexcept;

  /// What parse has just reported. Lifetime: until the next parse or take.
  std::string_view payload() const noexcept { return payload_; }

  /// Moves a text or binary message out. REQUIRES: parse has just reported one.
  std::string take() noexcept;

  /// REQUIRES: parse has reported close. no_status if the frame had no code (sec. 7.1.5).
  CloseCode close_code() const noexcept { return close_code_; }

  /// Whether a close frame came. All bytes are dropped from then on (sec. 1.4).
  bool closed() const noexcept { return close_code_ != CloseCode::none; }

  /// Whether a message has begun and is not complete.
  bool in_message() const noexcept { return in_message_; }

  /// Whether nothing is under way or kept: a new reader would go on from here as well.
  bool idle() const noexcept;

  /// Why it failed, and the close code to send:
  /// - 1002: malformed or invalid_length, a frame or close code that is against RFC 6455;
  /// - 1003: wrong_type, a binary message;
  /// - 1007: invalid_encoding, text that is not UTF-8; malformed, data that does not inflate;
  /// - 1008: too_long, more than max_fragments;
  /// - 1009: too_long, more than max_message_bytes;
  /// - 1011: not_enough_memory.
  const WebSocketFailure& failure() const noexcept { return failure_; }

 private:
  WebSocketStatus parse_frames(std::string_view& bytes);
  bool begin_frame();
  bool begin_message();
  bool take_piece(std::string_view piece);
  bool take_inflated(std::error_code error, std::size_t before);
  bool take_compressed(std::string_view piece);
  bool check_text(std::size_t before) noexcept;
  void append_unmasked(std::string& out, std::string_view piece);
  WebSocketStatus end_frame();
  WebSocketStatus end_message();
  WebSocketStatus end_close_frame();
  void rest() noexcept;
  bool refuse(std::error_code error, CloseCode code, std::string_view reason) noexcept;  // returns false
  WebSocketStatus fail(const WebSocketFailure& failure) noexcept;

  WebSocketReaderOptions options_;
  FrameParser frames_;
  std::string message_;  // of the message under way, or of the one just reported
  std::string control_;  // of a control frame, which may come within a message
  std::string_view payload_;
  Utf8Validator utf8_;
  bool in_message_ = false;
  bool is_text_ = false, is_compressed_ = false;  // the message under way
  CloseCode close_code_ = CloseCode::none;
  std::size_t fragments_ = 0;
  std::uint64_t compressed_bytes_ = 0;  // as the headers say
  WebSocketFailure failure_;
#if FANFARE_WITH_ZLIB
  std::unique_ptr<Inflater> inflater_;  // from the first compressed message on
#endif
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_reader.ipp>
#endif
