#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/transport/websocket_format.hpp>
#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <map>
#include <mutex>
#include <tuple>

namespace fanfare::detail {

FANFARE_DECL void append_type_and_data(std::string& out, const Event& event) {
  out += "{\"type\":";
  wire::append_json_string(out, event.type());
  out += ",\"data\":";
  out.append(event.json()).push_back('}');
}

/// Without context takeover a message is compressed by itself, so one writer per thread serves all.
FANFARE_DECL wire::WebSocketWriter& shared_websocket_writer() {
  thread_local wire::WebSocketWriter writer(
      {.deflate = wire::DeflateParameters{.server_no_context_takeover = true}, .min_compressed_bytes = 0});
  return writer;
}

FANFARE_DECL void WebSocketFormat::encode(const Event& event, std::string& out) const {
  constexpr std::size_t frame_and_members = 128;
  out.reserve(out.size() + event.json().size() + event.topic().size() + event.type().size() + frame_and_members);
  const std::size_t begin = wire::begin_frame(out);
  const std::size_t text = out.size();
  if (style_.envelope) append_envelope(out, event);
  else append_type_and_data(out, event);
  if (!style_.compressed || out.size() - text < style_.min_compressed_bytes) {
    return wire::end_frame(out, begin, {.opcode = wire::Opcode::text});
  }
  const std::string message = out.substr(text);
  out.resize(begin);
  shared_websocket_writer().append(out, wire::Opcode::text, message);
}

FANFARE_DECL const WebSocketFormat& WebSocketFormat::of(const WebSocketStyle& style) {
  static const WebSocketFormat plain({}), enveloped({.envelope = true});
  if (!style.compressed) return style.envelope ? enveloped : plain;
  static std::mutex mutex;
  // One entry for each threshold that a mount was ever given.
  using Key = std::tuple<bool, std::size_t>;
  static auto& compressed = *new std::map<Key, std::unique_ptr<const WebSocketFormat>>();
  const std::lock_guard lock(mutex);
  auto& entry = compressed[{style.envelope, style.min_compressed_bytes}];
  if (!entry) entry = std::make_unique<const WebSocketFormat>(style);
  return *entry;
}

}  // namespace fanfare::detail
