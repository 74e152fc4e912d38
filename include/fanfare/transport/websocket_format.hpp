/// WebSocketFormat: an event as one unmasked text frame (RFC 6455 sec. 5.6).
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/format.hpp>

#include <cstddef>

namespace fanfare::detail {

struct WebSocketStyle {
  bool envelope = false;    ///< topic, id, seq, type, data; else type and data
  bool compressed = false;  ///< permessage-deflate, window 15, no context takeover
  std::size_t min_compressed_bytes = 256;
};

class WebSocketFormat final : public Format {
 public:
  explicit WebSocketFormat(WebSocketStyle style) noexcept : style_(style) {}
  FANFARE_DECL void encode(const Event& event, std::string& out) const override;

  /// The one format of that style in the process, so that all mounts share images. Never destroyed.
  static const WebSocketFormat& of(const WebSocketStyle& style);

 private:
  const WebSocketStyle style_;
};

}  // namespace fanfare::detail
