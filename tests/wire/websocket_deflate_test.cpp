// RFC 7692 from end to end: what one role writes compressed, the other one reads.
#include <fanfare/wire/deflate.hpp>

#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include "support/catch.hpp"
#include "support/costs.hpp"
#include "support/websocket.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#if FANFARE_WITH_ZLIB

using namespace fanfare::wire;
using fanfare::Error;
using rfc6455::hex;
using support::WebSocketReading;
using Events = std::vector<std::string>;

namespace {

WebSocketReaderOptions with_deflate(WebSocketRole role = WebSocketRole::server) {
  WebSocketReaderOptions options;
  options.role = role;
  options.deflate = DeflateParameters{};
  return options;
}

// Whole, byte by byte, and split in two at every position.
WebSocketReading read(std::string_view text, const WebSocketReaderOptions& options) {
  const WebSocketReading whole = support::read_websocket(text, options, text.size(), 1);
  REQUIRE(whole.kept_promises);
  for (std::size_t split = 0; split <= text.size(); split += 1 + text.size() / 300) {
    CAPTURE(split);
    REQUIRE(support::read_websocket(text, options, split, text.size() + 1) == whole);
  }
  REQUIRE(support::read_websocket(text, options, 1, 1) == whole);
  return whole;
}

std::string from_client(unsigned first_byte, std::string_view payload) {
  return rfc6455::frame(first_byte, payload, true);
}

void check_fails(std::string_view text, Error error, CloseCode code, const WebSocketReaderOptions& options) {
  const WebSocketReading out = read(text, options);
  CAPTURE(out.failure.reason);
  CHECK(out.failure.error == error);
  CHECK(out.failure.code == code);
}

std::string compress(std::string_view message) {
  std::string out;
  REQUIRE_FALSE(Deflater().compress(message, out));
  return out;
}

}  // namespace

TEST_CASE("websocket deflate: RFC 7692 sec 7-2-3 the examples of the standard",
          "[wire][websocket][deflate]") {
  const WebSocketReaderOptions client = with_deflate(WebSocketRole::client);
  for (const char* frames : {"c1 07 f2 48 cd c9 c9 07 00", "41 03 f2 48 cd 80 04 c9 c9 07 00",
                             "c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", "c1 08 f3 48 cd c9 c9 07 00 00",
                             "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"}) {
    CAPTURE(frames);
    CHECK(read(hex(frames), client).events == Events{"text Hello"});
  }
  CHECK(read(hex("c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00"), client).events ==
        Events{"text Hello", "text Hello"});
  CHECK(read(hex("c1 01 00 c2 01 00 c1 00"), client).events == Events{"text ", "binary ", "text "});
}

TEST_CASE(
    "websocket deflate: RFC 7692 sec 6 compressed and plain messages take turns, control frames between",
    "[wire][websocket][deflate]") {
  const std::string hello = hex("f2 48 cd c9 c9 07 00");
  const WebSocketReading out =
      read(from_client(0x41, hello.substr(0, 1)) + from_client(0x89, "ping") + from_client(0x00, "") +
               from_client(0x80, hello.substr(1)) + from_client(0x81, "plain") + from_client(0x02, "frag") +
               from_client(0x80, "ment") + from_client(0xC2, hex("f2 00 11 00 00")),
           with_deflate());
  CHECK(out.events == Events{"ping ping", "text Hello", "text plain", "binary fragment", "binary Hello"});
}

TEST_CASE(
    "websocket deflate: RFC 7692 sec 6 RSV1 is for the first frame of a message, and only if negotiated",
    "[wire][websocket][deflate]") {
  const std::string hello = hex("f2 48 cd c9 c9 07 00");
  check_fails(from_client(0xC1, hello), Error::malformed, CloseCode::protocol_error, {});
  check_fails(from_client(0x41, hello) + from_client(0xC0, ""), Error::malformed, CloseCode::protocol_error,
              with_deflate());
  check_fails(from_client(0xC9, ""), Error::malformed, CloseCode::protocol_error, with_deflate());
  check_fails(from_client(0xA1, ""), Error::malformed, CloseCode::protocol_error, with_deflate());
}

TEST_CASE("websocket deflate: RFC 7692 sec 7-1-1 a message may refer to earlier ones only if context is kept",
          "[wire][websocket][deflate]") {
  const std::string text =
      from_client(0xC1, hex("f2 48 cd c9 c9 07 00")) + from_client(0xC1, hex("f2 00 11 00 00"));
  WebSocketReaderOptions options = with_deflate();
  CHECK(read(text, options).events == Events{"text Hello", "text Hello"});
  options.deflate->client_no_context_takeover = true;
  check_fails(text, Error::malformed, CloseCode::invalid_payload, options);
}

TEST_CASE("websocket deflate: sec 8-1 text is checked once it is inflated, and fails as soon as it shows",
          "[wire][websocket][deflate]") {
  check_fails(from_client(0xC1, compress("abc\xFF")), Error::invalid_encoding, CloseCode::invalid_payload,
              with_deflate());
  check_fails(from_client(0xC1, compress("abc\xF0\x9F")), Error::invalid_encoding, CloseCode::invalid_payload,
              with_deflate());
  CHECK(read(from_client(0xC2, compress("abc\xFF")), with_deflate()).events == Events{"binary abc\xFF"});
  // A stored block shows its bytes at once: neither the frame nor the message needs to end.
  const std::string begun = hex("00 05 00 fa ff") + "ab\xED\xA0";
  check_fails(rfc6455::header(0x41, 100, true, {1, 2, 3, 4}) + rfc6455::mask(begun, {1, 2, 3, 4}),
              Error::invalid_encoding, CloseCode::invalid_payload, with_deflate());
  std::string split = from_client(0x41, "");
  for (const char& c : compress("h\xC3\xA9llo \xF0\x9F\x98\x80")) split += from_client(0x00, {&c, 1});
  CHECK(read(split + from_client(0x80, ""), with_deflate()).events ==
        Events{"text h\xC3\xA9llo \xF0\x9F\x98\x80"});
}

TEST_CASE("websocket deflate: data that does not inflate fails with 1007", "[wire][websocket][deflate]") {
  for (const char* data :
       {"07", "f2 48 cd", "f2 48 cd c9 c9 07", "00 05 00 ff ff", "f3 48 cd c9 c9 07 00 ff"}) {
    CAPTURE(data);
    check_fails(from_client(0xC1, hex(data)), Error::malformed, CloseCode::invalid_payload, with_deflate());
  }
}

TEST_CASE("websocket deflate: sec 10-4 a bomb ends with 1009, and takes no more than the limit",
          "[wire][websocket][deflate]") {
  WebSocketReaderOptions options = with_deflate();
  options.max_message_bytes = 100000;
  CHECK(read(from_client(0xC1, compress(std::string(100000, 'x'))), options).events.size() == 1);
  check_fails(from_client(0xC1, compress(std::string(100001, 'x'))), Error::too_long,
              CloseCode::message_too_big, options);
  const std::string bomb = compress(std::string(64 << 20, 'x'));
  check_fails(from_client(0xC1, bomb), Error::too_long, CloseCode::message_too_big, options);
  check_fails(from_client(0x41, bomb.substr(0, 100)) + from_client(0x00, bomb.substr(100)), Error::too_long,
              CloseCode::message_too_big, options);
}

TEST_CASE("websocket deflate: sec 10-4 empty blocks without end are refused by what their frames declare",
          "[wire][websocket][deflate]") {
  WebSocketReaderOptions options = with_deflate();
  options.max_message_bytes = 1000;
  const std::string empty_block = hex("00 00 00 ff ff");
  std::string text = from_client(0x41, empty_block);
  for (int i = 0; i < 600; ++i) text += from_client(0x00, empty_block);
  check_fails(text, Error::too_long, CloseCode::message_too_big, options);
  // Nothing is taken for a length: neither memory nor an inflater.
  const std::string header = rfc6455::header(0xC1, (std::uint64_t{1} << 63) - 1, true);
  options.max_message_bytes = SIZE_MAX;
  WebSocketReader reader(options);
  std::string_view bytes = header;
  const costs::Counts before = costs::so_far();
  CHECK(reader.parse(bytes) == WebSocketStatus::need_more);
  CHECK((costs::so_far() - before).allocations == 0);
  options.max_message_bytes = 1 << 20;
  check_fails(header, Error::too_long, CloseCode::message_too_big, options);
}

TEST_CASE("websocket deflate: without context takeover a connection that waits owns no inflater",
          "[wire][websocket][deflate]") {
  WebSocketReaderOptions options = with_deflate();
  options.deflate->client_no_context_takeover = true;
  const std::string frame = from_client(0xC1, compress(std::string(1000, 'x')));
  const costs::Counts before = costs::so_far();
  WebSocketReader reader(options);
  std::string_view bytes = frame;
  CHECK(reader.parse(bytes) == WebSocketStatus::text);
  CHECK((costs::so_far() - before).held > 0);
  CHECK(reader.parse(bytes) == WebSocketStatus::need_more);
  CHECK((costs::so_far() - before).held == 0);
}

TEST_CASE("websocket deflate: random messages make the round trip, in both roles and with all parameters",
          "[wire][websocket][deflate]") {
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    std::mt19937 random(seed);
    const DeflateParameters agreed = {random() % 2 == 0, random() % 2 == 0,
                                      static_cast<int>(8 + random() % 8), static_cast<int>(8 + random() % 8)};
    const bool to_server = seed % 2 == 0;
    WebSocketWriter writer({.role = to_server ? WebSocketRole::client : WebSocketRole::server,
                            .deflate = agreed,
                            .min_compressed_bytes = random() % 2 * 100});
    WebSocketReaderOptions options = with_deflate(to_server ? WebSocketRole::server : WebSocketRole::client);
    options.deflate = agreed;
    std::string text;
    Events expected;
    for (auto messages = 1 + random() % 12; messages != 0; --messages) {
      std::string payload;
      for (auto n = random() % 400; n != 0; --n) {
        payload += random() % 4 == 0 ? "\xE2\x82\xAC" : "step " + std::to_string(random() % 20);
      }
      const MaskKey key = {static_cast<unsigned char>(random()), 2, static_cast<unsigned char>(random()), 4};
      const bool binary = random() % 3 == 0;
      writer.append(text, binary ? Opcode::binary : Opcode::text, payload, key);
      expected.push_back((binary ? "binary " : "text ") + payload);
    }
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{1 + random() % 3000}}) {
      const WebSocketReading out = support::read_websocket(text, options, piece, piece);
      if (out.failure.error || out.events != expected) FAIL("seed " << seed << ", pieces of " << piece);
    }
  }
}

TEST_CASE("websocket deflate: mutated streams come out the same in any pieces",
          "[wire][websocket][deflate]") {
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    WebSocketReaderOptions options = with_deflate();
    options.max_message_bytes = 600;
    WebSocketWriter writer(
        {.role = WebSocketRole::client, .deflate = DeflateParameters{}, .min_compressed_bytes = 0});
    std::string text;
    for (int i = 0; i < 3; ++i) {
      writer.append(text, Opcode::text, std::string(random() % 300, static_cast<char>('a' + random() % 26)),
                    {5, 6, 7, 8});
    }
    for (auto n = random() % 4; n != 0; --n)
      text[random() % text.size()] ^= static_cast<char>(1 << random() % 8);
    const WebSocketReading whole = support::read_websocket(text, options, text.size(), 1);
    const std::size_t piece = 1 + random() % 9;
    const WebSocketReading pieces = support::read_websocket(text, options, piece, piece);
    if (!whole.kept_promises || !pieces.kept_promises || !(whole == pieces)) FAIL("seed " << seed);
  }
}

#endif
