#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/impl/bounded_append.hpp>
#include <fanfare/wire/websocket_reader.hpp>

#include <cstring>
#include <utility>

namespace fanfare {
namespace detail {

/// Bytes to unmask at once, on the stack, before they are inflated.
inline constexpr std::size_t unmask_step_bytes = 4 * 1024;

/// What a compressed message may take on the wire. Deflate adds 5 bytes to each 64 KiB that do not compress,
/// and a sender may flush often; what takes more than this inflates to more, or is made of empty blocks.
constexpr std::uint64_t max_compressed_bytes(std::uint64_t max_inflated_bytes) noexcept {
  const std::uint64_t slack = max_inflated_bytes / 2 + 1024;
  const std::uint64_t sum = max_inflated_bytes + slack;
  return sum < slack ? max_inflated_bytes : sum;
}

}  // namespace detail

namespace wire {

FANFARE_DECL WebSocketReader::WebSocketReader(WebSocketReaderOptions options) noexcept
    : options_(options), frames_(options_.role, has_deflate && options_.deflate) {}

FANFARE_DECL WebSocketStatus WebSocketReader::parse(std::string_view& bytes) noexcept {
  if (failure_.error) return WebSocketStatus::failed;
  if (closed()) {
    bytes = {};
    payload_ = {};
    return WebSocketStatus::need_more;
  }
  payload_ = {};
  try {
    return parse_frames(bytes);
  } catch (...) {  // only the strings throw, and only for want of memory
    return fail(
        {std::make_error_code(std::errc::not_enough_memory), CloseCode::internal_error, "out of memory"});
  }
}

FANFARE_DECL WebSocketStatus WebSocketReader::parse_frames(std::string_view& bytes) {
  for (;;) {
    std::string_view piece;
    switch (frames_.next(bytes, piece)) {
      case FrameStatus::need_more: rest(); return WebSocketStatus::need_more;
      case FrameStatus::header:
        if (!begin_frame()) return WebSocketStatus::failed;
        break;
      case FrameStatus::payload:
        if (!take_piece(piece)) return WebSocketStatus::failed;
        break;
      case FrameStatus::end: {
        const WebSocketStatus status = end_frame();
        if (status != WebSocketStatus::need_more) return status;
        break;
      }
      case FrameStatus::failed: return fail(frames_.failure());
    }
  }
}

FANFARE_DECL bool WebSocketReader::begin_frame() {
  const FrameHeader& header = frames_.header();
  if (is_control(header.opcode)) {
    control_.clear();
    return true;
  }
  if (!in_message_ && !begin_message()) return false;
  // Empty fragments grow no message, so a sum of bytes alone would let them come for ever.
  if (++fragments_ > options_.max_fragments) {
    return refuse(Error::too_long, CloseCode::policy_violation, "a message of more than max_fragments");
  }
  const std::uint64_t left =
      is_compressed_ ? detail::max_compressed_bytes(options_.max_message_bytes) - compressed_bytes_
                     : options_.max_message_bytes - message_.size();
  if (header.payload_bytes > left) {
    return refuse(Error::too_long, CloseCode::message_too_big, "a message longer than max_message_bytes");
  }
  if (is_compressed_) compressed_bytes_ += header.payload_bytes;
  return true;
}

FANFARE_DECL bool WebSocketReader::begin_message() {
  const FrameHeader& header = frames_.header();
  is_text_ = header.opcode == Opcode::text;
  is_compressed_ = header.rsv1;
  if (!is_text_ && !options_.accept_binary) {
    return refuse(Error::wrong_type, CloseCode::unsupported_data, "a binary message");
  }
  in_message_ = true;
  message_.clear();
  utf8_.reset();
  fragments_ = 0;
  compressed_bytes_ = 0;
  return true;
}

FANFARE_DECL bool WebSocketReader::take_piece(std::string_view piece) {
  if (is_control(frames_.header().opcode)) {
    append_unmasked(control_, piece);
    return true;
  }
  if (is_compressed_) return take_compressed(piece);
  const std::size_t before = message_.size();
  append_unmasked(message_, piece);
  return check_text(before);
}

FANFARE_DECL void WebSocketReader::append_unmasked(std::string& out, std::string_view piece) {
  const std::size_t before = out.size();
  // How long the message will be at the end of this frame, which begin_frame has checked.
  const std::size_t announced =
      before + static_cast<std::size_t>(frames_.header().payload_bytes - frames_.piece_offset());
  const std::size_t most = frames_.header().fin ? announced : options_.max_message_bytes;
  detail::append_bounded(out, piece, most, announced);
  if (const std::optional<MaskKey>& key = frames_.header().mask_key) {
    apply_mask(out.data() + before, piece.size(), *key, frames_.piece_offset());
  }
}

// Sec. 8.1: the message MUST fail; sec. 5.6 lets a fragment end within a character.
FANFARE_DECL bool WebSocketReader::check_text(std::size_t before) noexcept {
  if (!is_text_ || utf8_.add(std::string_view(message_).substr(before))) return true;
  return refuse(Error::invalid_encoding, CloseCode::invalid_payload, "a text message that is not UTF-8");
}

#if FANFARE_WITH_ZLIB

FANFARE_DECL bool WebSocketReader::take_compressed(std::string_view piece) {
  if (!inflater_) {
    const bool from_client = options_.role == WebSocketRole::server;
    const DeflateParameters& agreed = *options_.deflate;
    inflater_ = std::make_unique<Inflater>(InflaterOptions{
        .window_bits = from_client ? agreed.client_max_window_bits : agreed.server_max_window_bits,
        .context_takeover =
            from_client ? !agreed.client_no_context_takeover : !agreed.server_no_context_takeover,
    });
  }
  const std::optional<MaskKey>& key = frames_.header().mask_key;
  std::uint64_t offset = frames_.piece_offset();
  char step[detail::unmask_step_bytes];
  while (!piece.empty()) {
    std::string_view plain = piece;
    if (key) {
      plain = piece.substr(0, sizeof step);
      std::memcpy(step, plain.data(), plain.size());
      apply_mask(step, plain.size(), *key, offset);
      offset += plain.size();
      plain = {step, plain.size()};
    }
    piece.remove_prefix(plain.size());
    const std::size_t before = message_.size();
    const std::error_code error = inflater_->add(plain, message_, options_.max_message_bytes);
    if (!take_inflated(error, before)) return false;
  }
  return true;
}

FANFARE_DECL bool WebSocketReader::take_inflated(std::error_code error, std::size_t before) {
  // What came before the error is looked at first, so that a message fails in the same way in any pieces.
  if (!check_text(before)) return false;
  if (!error) return true;
  if (error == Error::too_long) {
    return refuse(error, CloseCode::message_too_big,
                  "a message that inflates to more than max_message_bytes");
  }
  if (error == Error::malformed) {
    return refuse(error, CloseCode::invalid_payload, "a compressed message that does not inflate");
  }
  return refuse(error, CloseCode::internal_error, "inflating failed");
}

#else

FANFARE_DECL bool WebSocketReader::take_compressed(std::string_view) {
  return false;  // never called: without zlib the frame parser refuses RSV1
}

#endif

FANFARE_DECL WebSocketStatus WebSocketReader::end_frame() {
  switch (frames_.header().opcode) {
    case Opcode::ping: payload_ = control_; return WebSocketStatus::ping;
    case Opcode::pong: payload_ = control_; return WebSocketStatus::pong;
    case Opcode::close: return end_close_frame();
    default: return frames_.in_message() ? WebSocketStatus::need_more : end_message();
  }
}

FANFARE_DECL WebSocketStatus WebSocketReader::end_message() {
#if FANFARE_WITH_ZLIB
  if (is_compressed_ && inflater_) {
    const std::size_t before = message_.size();
    const std::error_code error = inflater_->finish(message_, options_.max_message_bytes);
    if (!take_inflated(error, before)) return WebSocketStatus::failed;
  }
#endif
  if (is_text_ && !utf8_.complete()) {
    return fail(
        {Error::invalid_encoding, CloseCode::invalid_payload, "a text message ends within a character"});
  }
  in_message_ = false;
  payload_ = message_;
  return is_text_ ? WebSocketStatus::text : WebSocketStatus::binary;
}

FANFARE_DECL WebSocketStatus WebSocketReader::end_close_frame() {
  ClosePayload said;
  const WebSocketFailure failure = parse_close_payload(control_, said);
  if (failure.error) return fail(failure);
  close_code_ = said.code;
  payload_ = said.reason;
  std::string().swap(message_);
  in_message_ = false;
  return WebSocketStatus::close;
}

FANFARE_DECL bool WebSocketReader::idle() const noexcept {
#if FANFARE_WITH_ZLIB
  if (inflater_) return false;
#endif
  return !in_message_ && !frames_.in_frame() && !closed() && !failure_.error;
}

FANFARE_DECL std::string WebSocketReader::take() noexcept {
  payload_ = {};
  return std::exchange(message_, {});
}

// A connection that waits for its next message owns no buffer.
FANFARE_DECL void WebSocketReader::rest() noexcept {
  if (!frames_.in_frame()) std::string().swap(control_);
  if (in_message_) return;
  std::string().swap(message_);
#if FANFARE_WITH_ZLIB
  const bool keeps_context = options_.deflate && !(options_.role == WebSocketRole::server
                                                       ? options_.deflate->client_no_context_takeover
                                                       : options_.deflate->server_no_context_takeover);
  if (!keeps_context) inflater_.reset();
#endif
}

FANFARE_DECL bool WebSocketReader::refuse(std::error_code error, CloseCode code,
                                          std::string_view reason) noexcept {
  fail({error, code, reason});
  return false;
}

FANFARE_DECL WebSocketStatus WebSocketReader::fail(const WebSocketFailure& failure) noexcept {
  failure_ = failure;
  payload_ = {};
  in_message_ = false;
  std::string().swap(message_);
  std::string().swap(control_);
#if FANFARE_WITH_ZLIB
  inflater_.reset();
#endif
  return WebSocketStatus::failed;
}

}  // namespace wire
}  // namespace fanfare
