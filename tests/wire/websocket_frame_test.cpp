#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <random>
#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;
using rfc6455::hex;

namespace {

constexpr MaskKey key = {0x37, 0xfa, 0x21, 0x3d};

struct Frame {
  FrameHeader header = {};
  std::string payload = {};  // unmasked
};

struct Outcome {
  std::vector<Frame> frames = {};
  WebSocketFailure failure = {};
  std::size_t taken = 0;  // bytes, until it failed
  bool in_frame = false, in_message = false;
};

Outcome parse_pieces(std::string_view text, FrameParser parser, std::size_t first, std::size_t each) {
  Outcome out;
  Frame frame;
  const std::size_t all = text.size();
  for (std::size_t size = first;; size = each) {
    std::string_view piece = text.substr(0, size), payload;
    text.remove_prefix(piece.size());
    for (bool more = true; more;) {
      const FrameStatus status = parser.next(piece, payload);
      if (status != FrameStatus::payload && !payload.empty()) FAIL("a payload out of place");
      switch (status) {
        case FrameStatus::header: frame = {parser.header(), {}}; break;
        case FrameStatus::payload:
          if (payload.empty()) FAIL("an empty piece");
          if (parser.piece_offset() != frame.payload.size()) FAIL("a wrong offset");
          frame.payload += payload;
          break;
        case FrameStatus::end:
          if (frame.header.mask_key) frame.payload = rfc6455::mask(frame.payload, *frame.header.mask_key);
          out.frames.push_back(frame);
          break;
        case FrameStatus::need_more:
          if (!piece.empty()) FAIL("need_more left bytes");
          more = false;
          break;
        case FrameStatus::failed:
          out.failure = parser.failure();
          out.taken = all - text.size() - piece.size();
          if (parser.next(piece, payload) != FrameStatus::failed) FAIL("the failure does not last");
          return out;
      }
    }
    if (text.empty()) break;
  }
  out.taken = all;
  out.in_frame = parser.in_frame();
  out.in_message = parser.in_message();
  return out;
}

std::string to_text(const Outcome& o) {
  std::string text = std::string(o.failure.reason) + ' ' + std::to_string(o.taken) +
                     (o.in_frame ? " frame" : "") + (o.in_message ? " message" : "");
  for (const Frame& f : o.frames) {
    text += '\n' + std::to_string(static_cast<int>(f.header.opcode)) + (f.header.fin ? " fin" : "") +
            (f.header.rsv1 ? " rsv1" : "") + (f.header.mask_key ? " masked " : " ") +
            std::to_string(f.header.payload_bytes) + ' ' + f.payload;
  }
  return text;
}

// Whole, byte by byte, and split in two at every position: all must come out the same.
Outcome parse(std::string_view text, WebSocketRole role, bool allow_rsv1 = false) {
  const FrameParser parser(role, allow_rsv1);
  const Outcome whole = parse_pieces(text, parser, text.size(), 1);
  const std::string expected = to_text(whole);
  for (std::size_t split = 0; split <= text.size(); split += 1 + text.size() / 200) {
    CAPTURE(split);
    REQUIRE(to_text(parse_pieces(text, parser, split, text.size() + 1)) == expected);
  }
  REQUIRE(to_text(parse_pieces(text, parser, 1, 1)) == expected);
  return whole;
}

constexpr WebSocketRole roles[] = {WebSocketRole::server, WebSocketRole::client};

// What the peer of that role sends.
std::string peer_frame(WebSocketRole role, unsigned first_byte, std::string_view payload) {
  return rfc6455::frame(first_byte, payload, role == WebSocketRole::server, key);
}
std::string peer_header(WebSocketRole role, unsigned first_byte, std::uint64_t length) {
  return rfc6455::header(first_byte, length, role == WebSocketRole::server, key);
}

// The last byte of the text is the one that is refused.
void check_refused(const std::string& text, WebSocketRole role, Error error, bool allow_rsv1 = false) {
  const Outcome out = parse(text + "what follows", role, allow_rsv1);
  CAPTURE(out.failure.reason, static_cast<int>(role));
  CHECK(out.failure.error == error);
  CHECK(out.failure.code == CloseCode::protocol_error);
  CHECK(out.taken == text.size());
}

}  // namespace

TEST_CASE("websocket frame: sec 5-7 the examples of the standard", "[wire][websocket]") {
  const Outcome single = parse(hex("81 05 48 65 6c 6c 6f"), WebSocketRole::client);
  REQUIRE(single.frames.size() == 1);
  CHECK(single.frames[0].header.opcode == Opcode::text);
  CHECK(single.frames[0].header.fin);
  CHECK_FALSE(single.frames[0].header.mask_key);
  CHECK(single.frames[0].payload == "Hello");

  const Outcome masked = parse(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), WebSocketRole::server);
  REQUIRE(masked.frames.size() == 1);
  CHECK(masked.frames[0].header.mask_key == key);
  CHECK(masked.frames[0].payload == "Hello");

  const Outcome fragments = parse(hex("01 03 48 65 6c 80 02 6c 6f"), WebSocketRole::client);
  REQUIRE(fragments.frames.size() == 2);
  CHECK_FALSE(fragments.frames[0].header.fin);
  CHECK(fragments.frames[1].header.opcode == Opcode::continuation);
  CHECK(fragments.frames[1].header.fin);
  CHECK(fragments.frames[0].payload + fragments.frames[1].payload == "Hello");

  CHECK(parse(hex("89 05 48 65 6c 6c 6f"), WebSocketRole::client).frames.at(0).header.opcode == Opcode::ping);
  CHECK(parse(hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), WebSocketRole::server).frames.at(0).payload ==
        "Hello");
  CHECK(
      parse(hex("82 7E 01 00") + std::string(256, 'x'), WebSocketRole::client).frames.at(0).payload.size() ==
      256);
  CHECK(parse(hex("82 7F 00 00 00 00 00 01 00 00") + std::string(65536, 'x'), WebSocketRole::client)
            .frames.at(0)
            .payload.size() == 65536);
}

TEST_CASE("websocket frame: sec 5-2 every length at the edges of its three forms", "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    for (const std::size_t size : {0u, 1u, 124u, 125u, 126u, 127u, 128u, 65534u, 65535u, 65536u, 65537u}) {
      const std::string payload(size, 'p');
      const Outcome out = parse(peer_frame(role, 0x82, payload), role);
      CAPTURE(size, out.failure.reason);
      REQUIRE(out.frames.size() == 1);
      CHECK(out.frames[0].payload == payload);
      CHECK_FALSE(out.in_frame);
    }
  }
}

TEST_CASE("websocket frame: sec 5-2 a length must use the fewest bytes", "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    const std::string mask_bit = role == WebSocketRole::server ? "82 F" : "82 7";
    for (const char* length :
         {"E 00 00", "E 00 01", "E 00 7D", "F 00 00 00 00 00 00 00 00", "F 00 00 00 00 00 00 00 7D",
          "F 00 00 00 00 00 00 00 7E", "F 00 00 00 00 00 00 FF FF"}) {
      check_refused(hex(mask_bit + length), role, Error::invalid_length);
    }
  }
}

TEST_CASE("websocket frame: sec 5-2 the most significant bit of a length must be 0", "[wire][websocket]") {
  check_refused(hex("82 7F 80 00 00 00 00 00 00 00"), WebSocketRole::client, Error::invalid_length);
  check_refused(hex("82 FF 80 00 00 00 00 00 00 00"), WebSocketRole::server, Error::invalid_length);
  check_refused(hex("82 FF FF FF FF FF FF FF FF FF"), WebSocketRole::server, Error::invalid_length);
  // One less is a length like another to the frame's parser, which holds nothing of it.
  const Outcome out = parse(hex("82 7F 7F FF FF FF FF FF FF FF") + "abc", WebSocketRole::client);
  CHECK_FALSE(out.failure.error);
  CHECK(out.in_frame);
}

TEST_CASE("websocket frame: sec 5-1 a server refuses unmasked frames and a client masked ones",
          "[wire][websocket]") {
  for (const char* first : {"81", "82", "01", "88", "89", "8A"}) {
    check_refused(hex(first + std::string("00")), WebSocketRole::server, Error::malformed);
    check_refused(hex(first + std::string("80")), WebSocketRole::client, Error::malformed);
  }
}

TEST_CASE("websocket frame: sec 5-2 reserved opcodes are refused", "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    for (unsigned opcode = 0; opcode < 16; ++opcode) {
      if (opcode <= 2 || (opcode >= 8 && opcode <= 10)) continue;
      check_refused({static_cast<char>(0x80 | opcode)}, role, Error::malformed);
      check_refused({static_cast<char>(opcode)}, role, Error::malformed);
      check_refused(peer_frame(role, 0x01, "a") + static_cast<char>(0x80 | opcode), role, Error::malformed);
    }
  }
}

TEST_CASE("websocket frame: sec 5-2 reserved bits are refused, but RSV1 where it was negotiated",
          "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    for (unsigned bits = 1; bits < 8; ++bits) {
      for (const unsigned opcode : {1u, 2u, 8u, 9u, 10u}) {
        const char first = static_cast<char>(0x80 | bits << 4 | opcode);
        check_refused({first}, role, Error::malformed);
        // RFC 7692 sec. 6 and 6.1: only messages have it, control frames never.
        if (bits != 4 || opcode > 2) check_refused({first}, role, Error::malformed, true);
      }
    }
    const Outcome out = parse(peer_frame(role, 0x41, "a") + peer_frame(role, 0x80, "b"), role, true);
    REQUIRE(out.frames.size() == 2);
    CHECK(out.frames[0].header.rsv1);
    CHECK_FALSE(out.frames[1].header.rsv1);
    // RFC 7692 sec. 6.1: MUST NOT be set in any frame of a message but the first.
    check_refused(peer_frame(role, 0x41, "a") + "\xC0", role, Error::malformed, true);
    check_refused(peer_frame(role, 0x01, "a") + "\x40", role, Error::malformed, true);
  }
}

TEST_CASE("websocket frame: sec 5-5 control frames are not fragmented and have at most 125 bytes",
          "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    for (const unsigned opcode : {8u, 9u, 10u}) {
      check_refused({static_cast<char>(opcode)}, role, Error::malformed);
      const Outcome out = parse(peer_frame(role, 0x80 | opcode, std::string(125, 'x')), role);
      CHECK(out.frames.size() == 1);
      check_refused(peer_header(role, 0x80 | opcode, 126).substr(0, 2), role, Error::invalid_length);
      check_refused(peer_header(role, 0x80 | opcode, 65536).substr(0, 2), role, Error::invalid_length);
    }
  }
}

TEST_CASE("websocket frame: sec 5-4 fragments follow their message, with nothing but control frames between",
          "[wire][websocket]") {
  for (const WebSocketRole role : roles) {
    check_refused("\x80", role, Error::malformed);
    check_refused({'\0'}, role, Error::malformed);
    check_refused(peer_frame(role, 0x81, "a") + "\x80", role, Error::malformed);
    for (const char first : {'\x01', '\x02', '\x81', '\x82'}) {
      check_refused(peer_frame(role, 0x01, "a") + first, role, Error::malformed);
      check_refused(peer_frame(role, 0x01, "a") + peer_frame(role, 0x00, "b") + first, role,
                    Error::malformed);
    }
    const Outcome out =
        parse(peer_frame(role, 0x01, "a") + peer_frame(role, 0x89, "ping") + peer_frame(role, 0x00, "") +
                  peer_frame(role, 0x8A, "") + peer_frame(role, 0x80, "b") + peer_frame(role, 0x82, "next"),
              role);
    CHECK_FALSE(out.failure.error);
    CHECK(out.frames.size() == 6);
    CHECK_FALSE(out.in_message);
    CHECK(parse(peer_frame(role, 0x01, "a") + peer_frame(role, 0x89, ""), role).in_message);
  }
}

TEST_CASE("websocket frame: what is written is what the standard says", "[wire][websocket]") {
  for (const bool masked : {false, true}) {
    for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u}) {
      std::string payload(size, '\0');
      for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i);
      FrameHeader header;
      header.opcode = Opcode::binary;
      header.fin = size % 2 == 0;
      header.rsv1 = size == 126;
      if (masked) header.mask_key = key;
      const unsigned first = (header.fin ? 0x80u : 0u) | (header.rsv1 ? 0x40u : 0u) | 2u;
      const std::string expected = "before" + rfc6455::frame(first, payload, masked, key) + "after";
      CAPTURE(masked, size);

      std::string out = "before";
      append_frame(out, header, payload);
      CHECK(out + "after" == expected);

      out = "before";
      const std::size_t frame = begin_frame(out, masked);
      out += payload;
      end_frame(out, frame, header);
      CHECK(out + "after" == expected);

      header.payload_bytes = size;
      CHECK(6 + frame_header_bytes(header) + size + 5 == expected.size());
      out = std::string(max_frame_header_bytes, '.') + payload;
      if (masked) apply_mask(out.data() + max_frame_header_bytes, size, key);
      const char* begin = place_frame_header(out.data() + max_frame_header_bytes, header);
      CHECK("before" + out.substr(static_cast<std::size_t>(begin - out.data())) + "after" == expected);
    }
  }
}

TEST_CASE("websocket frame: random frames make the round trip", "[wire][websocket]") {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    std::mt19937 random(seed);
    const WebSocketRole role = roles[seed % 2];
    std::string text, expected;
    bool in_message = false;
    for (unsigned count = random() % 8; count != 0; --count) {
      FrameHeader header;
      header.opcode = random() % 3 == 0 ? Opcode::ping
                      : in_message      ? Opcode::continuation
                                        : static_cast<Opcode>(1 + random() % 2);
      header.fin = is_control(header.opcode) || random() % 2 == 0;
      if (!is_control(header.opcode)) in_message = !header.fin;
      if (role == WebSocketRole::server) {
        header.mask_key =
            MaskKey{static_cast<unsigned char>(random()), static_cast<unsigned char>(random()), 0, 9};
      }
      std::string payload(random() % (is_control(header.opcode) ? 126 : 300), '\0');
      for (char& c : payload) c = static_cast<char>(random());
      append_frame(text, header, payload);
      expected += std::to_string(static_cast<int>(header.opcode)) + (header.fin ? "F" : "") + payload;
    }
    CAPTURE(seed);
    const Outcome out = parse(text, role);
    REQUIRE_FALSE(out.failure.error);
    std::string received;
    for (const Frame& f : out.frames) {
      received += std::to_string(static_cast<int>(f.header.opcode)) + (f.header.fin ? "F" : "") + f.payload;
    }
    REQUIRE(received == expected);
    REQUIRE(out.in_message == in_message);
  }
}
