#include <fanfare/wire/websocket_writer.hpp>

#include "support/catch.hpp"
#include "support/websocket.hpp"

#include <cstdint>
#include <string>

using namespace fanfare::wire;

TEST_CASE("websocket writer: sec 5-1 a server does not mask and a client does", "[wire][websocket]") {
  const MaskKey key = {1, 2, 3, 4};
  WebSocketWriter server, client({.role = WebSocketRole::client});
  for (const std::size_t size : {0u, 5u, 125u, 126u, 300u, 70000u}) {
    const std::string payload(size, 'x');
    std::string out = "before";
    server.append(out, Opcode::text, payload, key);
    client.append(out, Opcode::binary, payload, key);
    CHECK(out == "before" + rfc6455::frame(0x81, payload, false) + rfc6455::frame(0x82, payload, true, key));
  }
  CHECK(server.compressed() == 0);
}

#if FANFARE_WITH_ZLIB

TEST_CASE("websocket writer: RFC 7692 sec 7-2-1 a compressed message has RSV1", "[wire][websocket]") {
  WebSocketWriter writer({.deflate = DeflateParameters{}, .min_compressed_bytes = 0});
  std::string out;
  writer.append(out, Opcode::text, "Hello");  // the bytes of sec. 7.2.3.1 and 7.2.3.2
  writer.append(out, Opcode::text, "Hello");
  writer.append(out, Opcode::binary, "");
  CHECK(out == rfc6455::hex("c1 07 f2 48 cd c9 c9 07 00") + rfc6455::hex("c1 05 f2 00 11 00 00") +
                   rfc6455::hex("c2 01 00"));
  CHECK(writer.compressed() == 3);
}

TEST_CASE("websocket writer: RFC 7692 sec 7-1-1 without context takeover no message refers to another",
          "[wire][websocket]") {
  for (const WebSocketRole role : {WebSocketRole::server, WebSocketRole::client}) {
    for (const bool ours : {false, true}) {
      DeflateParameters agreed;  // the other side's parameter binds the other side
      (ours == (role == WebSocketRole::server) ? agreed.server_no_context_takeover
                                               : agreed.client_no_context_takeover) = true;
      WebSocketWriter writer({.role = role, .deflate = agreed, .min_compressed_bytes = 0});
      const std::string message(300, 'x');
      std::string first, second;
      writer.append(first, Opcode::text, message);
      writer.append(second, Opcode::text, message);
      CAPTURE(static_cast<int>(role), ours);
      CHECK((first == second) == ours);
      CHECK(writer.compressed() == 2);
    }
  }
}

TEST_CASE("websocket writer: RFC 7692 sec 7-1-2 each role compresses within its own window",
          "[wire][websocket]") {
  std::string block(1000, '\0');  // noise, so that only the repetition can be compressed
  std::uint32_t noise = 1;
  for (char& c : block) c = static_cast<char>((noise = noise * 1664525 + 1013904223) >> 24);
  for (const WebSocketRole role : {WebSocketRole::server, WebSocketRole::client}) {
    for (const bool ours : {false, true}) {
      DeflateParameters agreed;
      (ours == (role == WebSocketRole::server) ? agreed.server_max_window_bits
                                               : agreed.client_max_window_bits) = 9;
      WebSocketWriter writer({.role = role, .deflate = agreed});
      std::string out;
      writer.append(out, Opcode::binary, block + block + block);
      CAPTURE(static_cast<int>(role), ours);
      CHECK((out.size() > 2500) == ours);
    }
  }
}

TEST_CASE("websocket writer: what is short, or does not get smaller, is sent as it is", "[wire][websocket]") {
  DeflateParameters agreed;
  agreed.server_no_context_takeover = true;
  WebSocketWriter writer({.deflate = agreed, .min_compressed_bytes = 100});
  std::string out;
  writer.append(out, Opcode::text, std::string(99, 'x'));
  CHECK(out == rfc6455::frame(0x81, std::string(99, 'x'), false));
  std::string noise(200, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i * 31 + i * 7 + (i >> 3));
  out.clear();
  writer.append(out, Opcode::binary, noise);
  CHECK(out == rfc6455::frame(0x82, noise, false));
  CHECK(writer.compressed() == 0);
  out.clear();
  writer.append(out, Opcode::text, std::string(100, 'x'));
  CHECK(out.size() < 20);
  CHECK(writer.compressed() == 1);
  // Each by itself: the same bytes serve every subscriber, whatever came before.
  std::string again;
  writer.append(again, Opcode::text, std::string(100, 'x'));
  CHECK(again == out);
}

TEST_CASE("websocket writer: options that zlib refuses leave messages uncompressed", "[wire][websocket]") {
  WebSocketWriter writer({.deflate = DeflateParameters{}, .min_compressed_bytes = 0, .level = 77});
  std::string out;
  writer.append(out, Opcode::text, "Hello");
  CHECK(out == rfc6455::frame(0x81, "Hello", false));
}

#endif
