#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_reader.hpp>

#include "support/catch.hpp"
#include "support/websocket.hpp"

#include <cstdint>
#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;
using rfc6455::hex;
using support::WebSocketReading;
using Events = std::vector<std::string>;

namespace {

constexpr WebSocketRole roles[] = {WebSocketRole::server, WebSocketRole::client};

// Whole, byte by byte, and split in two at every position: all must come out the same, and as the standard
// has it.
WebSocketReading read(std::string_view text, const WebSocketReaderOptions& options = {}) {
  const WebSocketReading whole = support::read_websocket(text, options, text.size(), 1);
  REQUIRE(whole.kept_promises);
  for (std::size_t split = 0; split <= text.size(); split += 1 + text.size() / 300) {
    CAPTURE(split);
    REQUIRE(support::read_websocket(text, options, split, text.size() + 1) == whole);
  }
  if (text.size() < 100000) REQUIRE(support::read_websocket(text, options, 1, 1) == whole);
  if (text.size() < 2000) {
    const rfc6455::Reading expected =
        rfc6455::read(text, {options.role == WebSocketRole::server, options.max_message_bytes,
                             options.max_fragments, options.accept_binary});
    REQUIRE(whole.events == expected.events);
    REQUIRE(whole.code() == expected.failure);
  }
  return whole;
}

void check_fails(std::string_view text, Error error, CloseCode code,
                 const WebSocketReaderOptions& options = {}) {
  const WebSocketReading out = read(text, options);
  CAPTURE(out.failure.reason);
  CHECK(out.failure.error == error);
  CHECK(out.failure.code == code);
}

std::string from_client(unsigned first_byte, std::string_view payload = {}) {
  return rfc6455::frame(first_byte, payload, true);
}

}  // namespace

TEST_CASE("websocket reader: sec 5-4 fragments make one message, with control frames between",
          "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    const bool masked = role == WebSocketRole::server;
    const auto frame = [masked](unsigned first, std::string_view payload) {
      return rfc6455::frame(first, payload, masked);
    };
    const WebSocketReading out =
        read(frame(0x01, "Hel") + frame(0x89, "are you there") + frame(0x00, "") + frame(0x8A, "") +
                 frame(0x00, "lo, ") + frame(0x89, std::string(125, 'p')) + frame(0x80, "world") +
                 frame(0x82, "\x80") + frame(0x81, "") + frame(0x01, "unfin"),
             {.role = role});
    CHECK(out.events == Events{"ping are you there", "pong ", "ping " + std::string(125, 'p'),
                               "text Hello, world", "binary \x80", "text "});
    CHECK_FALSE(out.failure.error);
    CHECK(out.in_message);
  }
}

TEST_CASE("websocket reader: sec 5-5-2 and 5-5-3 a ping has its payload and pongs come unasked",
          "[wire][websocket]") {
  for (const std::size_t size : {0u, 1u, 124u, 125u}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(255 - i);
    CHECK(read(from_client(0x89, payload) + from_client(0x8A, payload)).events ==
          Events{"ping " + payload, "pong " + payload});
  }
}

TEST_CASE("websocket reader: sec 8-1 text that is not UTF-8 fails at its first bad byte",
          "[wire][websocket]") {
  // The byte in question is the last that is given: nothing that follows is needed to refuse it.
  for (const char* bad : {"abc\xFF", "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0", "\xF4\x90",
                          "\xC0", "\xE0\x80", "\xF0\x9F\x98x", "\x80"}) {
    const std::string payload(bad);
    for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
      CAPTURE(cut);
      // In the first frame of many, in two, in the last.
      const std::string begun =
          rfc6455::header(0x01, 5000, true, {9, 8, 7, 6}) + rfc6455::mask(payload, {9, 8, 7, 6});
      check_fails(begun, Error::invalid_encoding, CloseCode::invalid_payload);
      const std::string first = from_client(0x01, payload.substr(0, cut));
      check_fails(first + from_client(0x89, "") + from_client(0x00, payload.substr(cut)),
                  Error::invalid_encoding, CloseCode::invalid_payload);
      check_fails(first + from_client(0x80, payload.substr(cut)), Error::invalid_encoding,
                  CloseCode::invalid_payload);
      CHECK_FALSE(read(begun.substr(0, begun.size() - 1)).failure.error);
    }
  }
}

TEST_CASE("websocket reader: sec 5-6 a fragment may end within a character, a message may not",
          "[wire][websocket]") {
  const std::string text = "x\xF0\x9F\x98\x80\xE2\x82\xAC";
  std::string frames = from_client(0x01);
  for (const char& c : text) frames += from_client(0x00, {&c, 1}) + from_client(0x8A);
  CHECK(read(frames + from_client(0x80)).events.back() == "text " + text);
  check_fails(from_client(0x81, "x\xF0\x9F\x98"), Error::invalid_encoding, CloseCode::invalid_payload);
  check_fails(from_client(0x01, "x\xF0") + from_client(0x80), Error::invalid_encoding,
              CloseCode::invalid_payload);
  // A binary message may hold anything, and does not disturb the text after it.
  CHECK(read(from_client(0x82, "\xF0\x9F") + from_client(0x81, "ok")).events ==
        Events{"binary \xF0\x9F", "text ok"});
}

TEST_CASE("websocket reader: sec 5-5-1 after a close frame nothing is read", "[wire][websocket]") {
  const WebSocketReading out = read(from_client(0x01, "cut") + from_client(0x88, hex("03 E9") + "bye") +
                                    from_client(0x81, "late") + "\xFF\xFF");
  CHECK(out.events == Events{"close 1001 bye"});
  CHECK(out.closed);
  CHECK_FALSE(out.in_message);
  CHECK_FALSE(out.failure.error);
  CHECK(read(from_client(0x88)).events == Events{"close 1005 "});
}

TEST_CASE("websocket reader: sec 7-4 every close code from 0 to 5000", "[wire][websocket]") {
  for (unsigned code = 0; code <= 5000; ++code) {
    const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
    const WebSocketReading out = support::read_websocket(from_client(0x88, payload), {}, 100, 1);
    if (is_valid_close_code(code) ? out.events != Events{"close " + std::to_string(code) + " "}
                                  : out.failure.code != CloseCode::protocol_error) {
      FAIL("code " << code);
    }
  }
  check_fails(from_client(0x88, "\x03"), Error::malformed, CloseCode::protocol_error);
  check_fails(from_client(0x88, hex("03 E8") + "\xFF"), Error::invalid_encoding, CloseCode::invalid_payload);
}

TEST_CASE("websocket reader: sec 7-1-7 frames that are not valid fail the connection with 1002",
          "[wire][websocket]") {
  for (const char* frame : {"C1 80 00 00 00 00", "81 00", "83", "8B", "09", "89 FE", "80",
                            "81 FF 80 00 00 00 00 00 00 00", "81 FE 00 7D"}) {
    const WebSocketReading out = read(from_client(0x81, "before") + hex(frame));
    CAPTURE(frame);
    CHECK(out.events == Events{"text before"});
    CHECK(out.failure.code == CloseCode::protocol_error);
  }
}

TEST_CASE("websocket reader: sec 7-4-1 a binary message is refused with 1003 where it is not wanted",
          "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.accept_binary = false;
  check_fails(from_client(0x82, "x"), Error::wrong_type, CloseCode::unsupported_data, options);
  check_fails(rfc6455::header(0x02, 1 << 30, true), Error::wrong_type, CloseCode::unsupported_data, options);
  CHECK(read(from_client(0x81, "x"), options).events == Events{"text x"});
}

TEST_CASE("websocket reader: sec 10-4 a message over the limit is refused with 1009 before it is read",
          "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.max_message_bytes = 10;
  CHECK(read(from_client(0x81, "0123456789"), options).events.size() == 1);
  CHECK(read(from_client(0x01, "01234") + from_client(0x80, "56789"), options).events.size() == 1);
  check_fails(rfc6455::header(0x81, 11, true), Error::too_long, CloseCode::message_too_big, options);
  check_fails(from_client(0x01, "01234") + rfc6455::header(0x80, 6, true), Error::too_long,
              CloseCode::message_too_big, options);
  check_fails(from_client(0x01, "01234") + rfc6455::header(0x00, (std::uint64_t{1} << 63) - 1, true),
              Error::too_long, CloseCode::message_too_big, options);  // gorilla, CVE-2020-27813
  options.max_message_bytes = 0;
  CHECK(read(from_client(0x81), options).events.size() == 1);
  check_fails(rfc6455::header(0x82, 1, true), Error::too_long, CloseCode::message_too_big, options);
  // Control frames have their own limit.
  CHECK(read(from_client(0x89, "0123456789 and more"), options).events.size() == 1);
}

TEST_CASE("websocket reader: the same object reads a message of 16 MiB", "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.max_message_bytes = 16 << 20;
  std::string payload(16 << 20, 'x');
  for (std::size_t i = 0; i < payload.size(); i += 1000) payload.replace(i, 3, "\xE2\x82\xAC");
  const std::string frame = from_client(0x81, payload);
  const WebSocketReading out = support::read_websocket(frame, options, 65536, 65536);
  REQUIRE(out.events.size() == 1);
  CHECK(out.events[0] == "text " + payload);
  check_fails(rfc6455::header(0x82, (16 << 20) + 1, true), Error::too_long, CloseCode::message_too_big,
              options);
}

TEST_CASE("websocket reader: a message owns no more than its length, or than the limit",
          "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.max_message_bytes = 10000;
  const auto capacity = [&options](const std::string& frames, std::size_t each) {
    WebSocketReader reader(options);
    WebSocketStatus status = WebSocketStatus::need_more;
    for (std::size_t at = 0; at < frames.size(); at += each) {
      std::string_view bytes = std::string_view(frames).substr(at, each);
      status = reader.parse(bytes);
    }
    CHECK(status == WebSocketStatus::binary);
    return reader.take().capacity();
  };
  for (const std::size_t each : {1u, 7u, 1000u, 20000u}) {
    for (const std::size_t size : {100u, 5001u, 9000u, 10000u}) {
      CAPTURE(each, size);
      CHECK(capacity(from_client(0x82, std::string(size, 'x')), each) == size);
    }
    std::string fragments = from_client(0x02, "x");
    for (int i = 0; i < 90; ++i) fragments += from_client(0x00, std::string(111, 'x'));
    CHECK(capacity(fragments + from_client(0x80), each) <= 10000);
  }
}

TEST_CASE("websocket reader: a message can be taken out", "[wire][websocket]") {
  WebSocketReader reader;
  const std::string frames = from_client(0x81, "first") + from_client(0x81, "second");
  std::string_view bytes = frames;
  REQUIRE(reader.parse(bytes) == WebSocketStatus::text);
  CHECK(reader.take() == "first");
  REQUIRE(reader.parse(bytes) == WebSocketStatus::text);
  CHECK(reader.payload() == "second");
  CHECK(reader.parse(bytes) == WebSocketStatus::need_more);
  CHECK(reader.payload().empty());
}
