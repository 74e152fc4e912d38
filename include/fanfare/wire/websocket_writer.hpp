/// Writes whole WebSocket messages, each in one frame, compressed where that was negotiated and pays
/// (RFC 7692 sec. 7.2.1). Writes no control frames (see append_frame) and splits no message.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/wire/deflate.hpp>
#include <fanfare/wire/permessage_deflate.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::wire {

struct WebSocketWriterOptions {
  WebSocketRole role = WebSocketRole::server;     ///< of this side
  std::optional<DeflateParameters> deflate = {};  ///< what was negotiated; ignored without FANFARE_WITH_ZLIB
  std::size_t min_compressed_bytes = 256;         ///< shorter messages are sent as they are
  int level = 6;                                  ///< 1 (fast) to 9 (small)
};

/// For one connection; as a server without context takeover, for any number of them, since the same bytes
/// serve all. Distinct objects on any threads. Memory: that of a Deflater, from the first message compressed.
class WebSocketWriter {
 public:
  explicit WebSocketWriter(WebSocketWriterOptions options = {}) noexcept;

  /// Appends a message. REQUIRES: the opcode is text, with a payload that is valid UTF-8, or binary.
  /// @param key  for clients: must be fresh and unpredictable for each message (sec. 5.3); servers ignore it
  /// Throws only bad_alloc, with nothing appended. A message that cannot be compressed for want of memory is
  /// sent as it is.
  void append(std::string& out, Opcode opcode, std::string_view payload, const MaskKey& key = {});

  /// How many messages were compressed.
  std::uint64_t compressed() const noexcept { return compressed_; }

 private:
  bool append_compressed(std::string& out, FrameHeader header, std::string_view payload);
  void forget_context() noexcept;

  WebSocketWriterOptions options_;
  std::uint64_t compressed_ = 0;
#if FANFARE_WITH_ZLIB
  bool context_takeover_ = false;
  Deflater deflater_;
#endif
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_writer.ipp>
#endif
