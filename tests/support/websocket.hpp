/// Runs a WebSocketReader over bytes in pieces and writes down what it reports. For tests and fuzzing.
#pragma once

#include "support/rfc6455.hpp"

#include <fanfare/wire/websocket_reader.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct WebSocketReading {
  std::vector<std::string> events = {};  // as rfc6455::read writes them
  fanfare::wire::WebSocketFailure failure = {};
  bool closed = false, in_message = false;
  bool kept_promises = true;

  bool operator==(const WebSocketReading& other) const {
    return events == other.events && failure.error == other.failure.error &&
           failure.code == other.failure.code && failure.reason == other.failure.reason &&
           closed == other.closed && in_message == other.in_message;
  }
  unsigned code() const { return static_cast<unsigned>(failure.code); }
};

/// @param first, each  the sizes of the first piece and of those after it
inline WebSocketReading read_websocket(std::string_view text,
                                       const fanfare::wire::WebSocketReaderOptions& options,
                                       std::size_t first, std::size_t each) {
  using fanfare::wire::WebSocketStatus;
  fanfare::wire::WebSocketReader reader(options);
  WebSocketReading out;
  std::size_t size = first;
  for (;;) {
    std::string_view piece = text.substr(0, size);
    text.remove_prefix(piece.size());
    size = each;
    WebSocketStatus status = WebSocketStatus::text;
    while (status != WebSocketStatus::need_more && status != WebSocketStatus::failed) {
      status = reader.parse(piece);
      const std::string payload(reader.payload());
      switch (status) {
        case WebSocketStatus::text: out.events.push_back("text " + payload); break;
        case WebSocketStatus::binary: out.events.push_back("binary " + payload); break;
        case WebSocketStatus::ping: out.events.push_back("ping " + payload); break;
        case WebSocketStatus::pong: out.events.push_back("pong " + payload); break;
        case WebSocketStatus::close:
          out.events.push_back("close " + std::to_string(static_cast<unsigned>(reader.close_code())) + " " +
                               payload);
          break;
        case WebSocketStatus::need_more:
          if (!piece.empty() || !payload.empty()) out.kept_promises = false;
          break;
        case WebSocketStatus::failed:
          if (!payload.empty()) out.kept_promises = false;
          break;
      }
    }
    if (text.empty() || status == WebSocketStatus::failed) break;
  }
  out.failure = reader.failure();
  out.closed = reader.closed();
  out.in_message = reader.in_message();
  std::string_view more = "more";
  const WebSocketStatus last = reader.parse(more);
  if (out.failure.error ? last != WebSocketStatus::failed : out.closed && !more.empty())
    out.kept_promises = false;
  return out;
}

}  // namespace support
