#pragma once

#include <fanfare/wire/websocket_writer.hpp>

namespace fanfare::wire {

#if FANFARE_WITH_ZLIB

FANFARE_DECL WebSocketWriter::WebSocketWriter(WebSocketWriterOptions options) noexcept : options_(options) {
  if (!options_.deflate) return;
  const DeflateParameters& agreed = *options_.deflate;
  const bool server = options_.role == WebSocketRole::server;
  context_takeover_ = server ? !agreed.server_no_context_takeover : !agreed.client_no_context_takeover;
  deflater_ = Deflater({.window_bits = server ? agreed.server_max_window_bits : agreed.client_max_window_bits,
                        .context_takeover = context_takeover_,
                        .level = options_.level});
}

// False, with nothing appended, if the message is to be sent as it is.
FANFARE_DECL bool WebSocketWriter::append_compressed(std::string& out, FrameHeader header,
                                                     std::string_view payload) {
  const std::size_t frame = begin_frame(out, header.mask_key.has_value());
  const std::size_t begin = out.size();
  // With context takeover a message that was compressed must be sent so, as later ones refer to it.
  if (deflater_.compress(payload, out) || (!context_takeover_ && out.size() - begin >= payload.size())) {
    out.resize(frame);
    return false;
  }
  header.rsv1 = true;
  end_frame(out, frame, header);
  ++compressed_;
  return true;
}

FANFARE_DECL void WebSocketWriter::forget_context() noexcept {
  deflater_.reset();
}

#else

FANFARE_DECL WebSocketWriter::WebSocketWriter(WebSocketWriterOptions options) noexcept : options_(options) {
  options_.deflate.reset();
}

FANFARE_DECL bool WebSocketWriter::append_compressed(std::string&, FrameHeader, std::string_view) {
  return false;
}

FANFARE_DECL void WebSocketWriter::forget_context() noexcept {}

#endif

FANFARE_DECL void WebSocketWriter::append(std::string& out, Opcode opcode, std::string_view payload,
                                          const MaskKey& key) {
  FrameHeader header;
  header.opcode = opcode;
  if (options_.role == WebSocketRole::client) header.mask_key = key;
  const bool compress = options_.deflate && payload.size() >= options_.min_compressed_bytes;
  const std::size_t before = out.size();
  try {
    if (!compress || !append_compressed(out, header, payload)) append_frame(out, header, payload);
  } catch (...) {
    // What is compressed but not sent may not be referred to by what follows.
    forget_context();
    out.resize(before);
    throw;
  }
}

}  // namespace fanfare::wire
