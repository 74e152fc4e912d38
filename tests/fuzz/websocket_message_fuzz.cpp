// Any bytes as WebSocket frames, for either role: the same outcome in any pieces; without compression the one
// that the standard has; and what is written comes back.
#include "support/websocket.hpp"

#include <fanfare/wire/websocket_writer.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// The bytes cut into messages, written by one role and read by the other.
void check_round_trip(std::string_view bytes, const WebSocketReaderOptions& reading, std::size_t step) {
  const WebSocketRole writing =
      reading.role == WebSocketRole::server ? WebSocketRole::client : WebSocketRole::server;
  WebSocketWriter writer({.role = writing,
                          .deflate = reading.deflate,
                          .min_compressed_bytes = step % 7,
                          .level = 1 + static_cast<int>(step % 9)});
  std::string text;
  std::vector<std::string> expected;
  for (std::size_t at = 0; at < bytes.size() && expected.size() < 20; at += step * expected.size()) {
    const std::string_view message = bytes.substr(at, step * (expected.size() + 1));
    const MaskKey key = {static_cast<unsigned char>(at), static_cast<unsigned char>(message[0]), 0, 0xFF};
    writer.append(text, Opcode::binary, message, key);
    expected.push_back("binary " + std::string(message));
  }
  const support::WebSocketReading out = support::read_websocket(text, reading, step, step);
  require(!out.failure.error && out.kept_promises && out.events == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  const unsigned flags = data[1];
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);

  WebSocketReaderOptions options;
  options.role = (flags & 1) != 0 ? WebSocketRole::client : WebSocketRole::server;
  if ((flags & 2) != 0) options.max_message_bytes = 100;
  if ((flags & 4) != 0) options.max_fragments = 3;
  options.accept_binary = (flags & 8) == 0;
  const bool deflate = has_deflate && (flags & 16) != 0;
  // With a smaller window it depends on the pieces where a peer that reaches beyond it is noticed.
  if (deflate) options.deflate = DeflateParameters{(flags & 32) != 0, (flags & 32) != 0, 15, 15};

  const support::WebSocketReading whole = support::read_websocket(text, options, text.size(), 1);
  const support::WebSocketReading pieces = support::read_websocket(text, options, piece_size, piece_size);
  require(whole.kept_promises && pieces.kept_promises && whole == pieces);
  require((whole.code() != 0) == static_cast<bool>(whole.failure.error));
  require(whole.code() == 0 || is_valid_close_code(whole.code()));
  for (const std::string& event : whole.events) {
    const std::size_t kind = event.find(' ') + 1;
    require(event.size() - kind <= std::max<std::size_t>(options.max_message_bytes, 130));
  }
  if (!deflate && text.size() < 2000) {
    const rfc6455::Reading expected =
        rfc6455::read(text, {options.role == WebSocketRole::server, options.max_message_bytes,
                             options.max_fragments, options.accept_binary});
    require(whole.events == expected.events && whole.code() == expected.failure);
  }

  WebSocketReaderOptions reading;
  reading.role = options.role;
  if (deflate) {
    reading.deflate = options.deflate;
    reading.deflate->server_max_window_bits = reading.deflate->client_max_window_bits =
        8 + static_cast<int>(flags >> 5);
  }
  check_round_trip(text, reading, piece_size);
  return 0;
}
