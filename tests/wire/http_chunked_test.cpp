#include <fanfare/error.hpp>
#include <fanfare/wire/http_chunked.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

using namespace fanfare::wire;
using namespace std::string_literals;
using fanfare::Error;

namespace {

struct Outcome {
  ChunkStatus status = ChunkStatus::need_more;
  HttpRefusal refusal = {};
  std::string data = {}, rest = {};
};

Outcome decode_pieces(std::string_view text, std::size_t first, std::size_t each, ChunkLimits limits) {
  HttpChunkedDecoder decoder(limits);
  Outcome out;
  for (std::size_t at = 0, size = first; out.status == ChunkStatus::need_more; size = each) {
    std::string_view piece = text.substr(at, size);
    const std::size_t given = piece.size();
    out.status = decoder.decode(piece, out.data);
    if (out.status == ChunkStatus::need_more && !piece.empty()) FAIL("need_more left bytes");
    at += given - piece.size();
    if (at == text.size() || out.status == ChunkStatus::done) {
      out.rest = text.substr(at);
      break;
    }
  }
  std::string_view nothing;
  if (decoder.decode(nothing, out.data) != out.status) FAIL("the outcome does not last");
  out.refusal = decoder.refusal();
  return out;
}

std::string to_text(const Outcome& o) {
  const std::string text =
      std::to_string(static_cast<int>(o.status)) + ' ' + std::string(o.refusal.reason) + ' ' + o.data;
  return o.status == ChunkStatus::done ? text + "\nrest " + o.rest : text;
}

// Decodes the text whole, byte by byte, and split in two at every position: all must come out the same.
Outcome decode(std::string_view text, ChunkLimits limits = {}) {
  const Outcome whole = decode_pieces(text, text.size(), 1, limits);
  const std::string expected = to_text(whole);
  for (std::size_t split = 0; split <= text.size(); split += 1 + text.size() / 1000) {
    CAPTURE(split);
    REQUIRE(to_text(decode_pieces(text, split, text.size() + 1, limits)) == expected);
  }
  REQUIRE(to_text(decode_pieces(text, 1, 1, limits)) == expected);
  return whole;
}

void check_data(std::string_view text, std::string_view data) {
  const Outcome out = decode(text);
  CAPTURE(text, out.refusal.reason);
  CHECK(out.status == ChunkStatus::done);
  CHECK(out.data == data);
}

void check_refused(std::string_view text, Error error, int status, ChunkLimits limits = {}) {
  const Outcome out = decode(text, limits);
  CAPTURE(text.substr(0, 200), out.refusal.reason);
  CHECK(out.status == ChunkStatus::failed);
  CHECK(out.refusal.error == error);
  CHECK(out.refusal.status == status);
}

}  // namespace

TEST_CASE("http chunked: sec 7-1 what the encoder writes", "[wire][http]") {
  std::string out;
  append_chunk(out, "hello");
  append_chunk(out, "");  // would end the body
  append_chunk(out, std::string(300, 'x'));
  append_last_chunk(out);
  CHECK(out == "5\r\nhello\r\n12c\r\n" + std::string(300, 'x') + "\r\n0\r\n\r\n");
  out.clear();
  append_chunk_size(out, 16);
  append_chunk_size(out, SIZE_MAX);
  CHECK(out == "10\r\n" + std::string(2 * sizeof(std::size_t), 'f') + "\r\n");
}

TEST_CASE("http chunked: a chunk around data that is written in place", "[wire][http]") {
  std::string out = "before";
  const std::size_t chunk = begin_chunk(out);
  out += std::string(171, 'y');
  end_chunk(out, chunk);
  CHECK(out == "before000000ab\r\n" + std::string(171, 'y') + "\r\n");
  const std::size_t empty = begin_chunk(out);
  const std::size_t size = empty;
  end_chunk(out, empty);
  CHECK(out.size() == size);
  append_last_chunk(out);
  check_data(out.substr(6), std::string(171, 'y'));
}

TEST_CASE("http chunked: sec 7-1 chunks are put together again, and what follows is left", "[wire][http]") {
  const Outcome out =
      decode("5\r\nhello\r\n1\r\n \r\n00000006\r\n\r\n0\r\n\r\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  CHECK(out.status == ChunkStatus::done);
  CHECK(out.data == "hello \r\n0\r\n\r");
  CHECK(out.rest == "GET / HTTP/1.1\r\n");
  check_data("0\r\n\r\n", "");
  check_data("000000\r\n\r\n", "");
  check_data("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789");
  CHECK(decode("5\r\nhello\r\n0\r\n\r").status == ChunkStatus::need_more);
}

TEST_CASE("http chunked: views instead of a copy", "[wire][http]") {
  HttpChunkedDecoder decoder;
  std::string_view bytes = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nnext", data;
  const char* begin = bytes.data();
  REQUIRE(decoder.next(bytes, data) == ChunkStatus::need_more);
  CHECK(data == "abc");
  CHECK(data.data() == begin + 3);
  REQUIRE(decoder.next(bytes, data) == ChunkStatus::need_more);
  CHECK(data == "de");
  REQUIRE(decoder.next(bytes, data) == ChunkStatus::done);
  CHECK(data.empty());
  CHECK(bytes == "next");
  decoder.reset();
  bytes = "4\r\nab";
  REQUIRE(decoder.next(bytes, data) == ChunkStatus::need_more);
  CHECK(data == "ab");
  REQUIRE(decoder.next(bytes, data) == ChunkStatus::need_more);
  CHECK(data.empty());
  CHECK(bytes.empty());
}

TEST_CASE("http chunked: sec 7-1 a size is hexadecimal digits and nothing else",
          "[wire][http]") {  // CVE-2023-38697
  for (const char* size :
       {"", "+5", "-5", "-2", "0x5", " 5", "\t5", "g", "5g", "5,5", "5.0", "\"5\"", "_5", "5_0", "\r\n5"}) {
    check_refused(size + "\r\nhello\r\n0\r\n\r\n"s, Error::invalid_length, 400);
  }
  check_refused("5 \r\nhello\r\n0\r\n\r\n", Error::malformed, 400);
  check_refused("5\0\r\nhello\r\n0\r\n\r\n"s, Error::invalid_length, 400);
}

TEST_CASE("http chunked: sec 7-1 a size that overflows is refused", "[wire][http]") {
  check_refused("10000000000000005\r\nhello\r\n", Error::invalid_length, 400);
  check_refused("00000000000000005\r\nhello\r\n", Error::invalid_length, 400);
  check_refused("ffffffffffffffff\r\n", Error::too_long, 413);
  ChunkLimits endless;
  endless.max_body_bytes = UINT64_MAX;
  CHECK(decode("ffffffffffffffff\r\nabc", endless).status == ChunkStatus::need_more);
  check_refused("3\r\nabc\r\nfffffffffffffffd\r\n", Error::too_long, 413, endless);
}

TEST_CASE("http chunked: sec 7-1 lines end in CRLF and data is followed by it", "[wire][http]") {
  for (const char* text : {"5\rhello\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
                           "5\r\nhello\r0\r\n\r\n", "5\r\nhelloo\r\n", "5\r\nhello\r\n0\r\n\n", "0\r\n\r\r\n",
                           "5;a\rb\r\nhello\r\n", "0\r\nA: b\rc\r\n\r\n"}) {
    check_refused(text, Error::malformed, 400);
  }
  check_refused("5\nhello\r\n0\r\n\r\n", Error::invalid_length, 400);
  check_refused("5\r\nhello\r\n\r\n0\r\n\r\n", Error::invalid_length, 400);
}

TEST_CASE("http chunked: sec 7-1-1 extensions are ignored, and bounded", "[wire][http]") {  // CVE-2023-39326
  check_data("5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n", "hello");
  check_data("5 \t; a = b\r\nhello\r\n0\r\n\r\n", "hello");
  check_data("5;" + std::string(255, 'a') + "\r\nhello\r\n0\r\n\r\n", "hello");
  check_refused("5;" + std::string(256, 'a') + "\r\nhello\r\n0\r\n\r\n", Error::too_long, 400);
  check_refused("5" + std::string(257, ' ') + ";\r\nhello\r\n0\r\n\r\n", Error::too_long, 400);
  check_refused("5;a\nb\r\nhello\r\n0\r\n\r\n", Error::malformed, 400);
  check_refused("5;a\0\r\nhello\r\n0\r\n\r\n"s, Error::malformed, 400);
  check_refused("5 a\r\nhello\r\n0\r\n\r\n", Error::malformed, 400);
  std::string text;
  for (int i = 0; i < 16; ++i) text += "1;" + std::string(255, 'a') + "\r\nx\r\n";
  check_data(text + "0\r\n\r\n", std::string(16, 'x'));
  check_refused(text + "0;\r\n\r\n", Error::too_long, 400);
}

TEST_CASE("http chunked: sec 7-1-2 trailers are checked, dropped, and bounded", "[wire][http]") {
  const Outcome out = decode("1\r\nx\r\n0\r\nA: b\r\nContent-Length:\t5 \r\nC:\r\n\r\nrest");
  CHECK(out.status == ChunkStatus::done);
  CHECK(out.data == "x");
  CHECK(out.rest == "rest");
  for (const std::string& line :
       {" A: b"s, "A : b"s, ": b"s, "A"s, "A: \0"s, "A: b\r\n c"s, "A: \x7f"s, "GET / HTTP/1.1"s}) {
    check_refused("0\r\n" + line + "\r\n\r\n", Error::malformed, 400);
  }
  ChunkLimits limits;
  limits.max_trailer_bytes = 8;
  CHECK(decode("0\r\nA: b\r\n\r\n", limits).status == ChunkStatus::done);
  check_refused("0\r\nA: bc\r\n\r\n", Error::too_long, 431, limits);
  check_refused("0\r\n" + std::string(5000, 'A'), Error::too_long, 431);
}

TEST_CASE("http chunked: the body's limit counts chunks too", "[wire][http]") {  // CVE-2025-46728
  ChunkLimits limits;
  limits.max_body_bytes = 6;
  CHECK(decode("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", limits).data == "abcdef");
  check_refused("3\r\nabc\r\n3\r\ndef\r\n1\r\ng\r\n0\r\n\r\n", Error::too_long, 413, limits);
  check_refused("3\r\nabc\r\n4\r\ndefg\r\n", Error::too_long, 413, limits);
  check_refused("7\r\n", Error::too_long, 413, limits);
  limits.max_body_bytes = 0;
  CHECK(decode("0\r\n\r\n", limits).status == ChunkStatus::done);
  check_refused("1\r\n", Error::too_long, 413, limits);
}

TEST_CASE("http chunked: random data makes the round trip", "[wire][http]") {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    std::string data, text;
    for (unsigned chunks = random() % 6; chunks != 0; --chunks) {
      std::string part(random() % 40, '\0');
      for (char& c : part) c = static_cast<char>(random());
      data += part;
      const std::size_t chunk = begin_chunk(text);
      text += part;
      end_chunk(text, chunk);
      append_chunk(text, part);
      data += part;
    }
    append_last_chunk(text);
    CAPTURE(seed);
    const Outcome out = decode(text + "rest");
    REQUIRE(out.status == ChunkStatus::done);
    REQUIRE(out.data == data);
    REQUIRE(out.rest == "rest");
  }
}
