#include <fanfare/wire/deflate.hpp>

#include <fanfare/error.hpp>

#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <cstdint>
#include <random>
#include <string>

#if FANFARE_WITH_ZLIB

using namespace fanfare::wire;
using fanfare::Error;
using rfc6455::hex;

namespace {

constexpr std::size_t no_limit = 1 << 26;

struct Outcome {
  std::error_code error = {};
  std::string text = {};
};

Outcome inflate(Inflater& inflater, std::string_view data, std::size_t max_bytes, std::size_t first,
                std::size_t each) {
  Outcome out;
  for (std::size_t size = first; !data.empty() && !out.error; size = each) {
    const std::string_view piece = data.substr(0, size);
    data.remove_prefix(piece.size());
    out.error = inflater.add(piece, out.text, max_bytes);
  }
  if (!out.error) out.error = inflater.finish(out.text, max_bytes);
  if (out.text.size() > max_bytes) FAIL("longer than its limit");
  return out;
}

// One message alone: whole, byte by byte, and split in two at every position.
Outcome inflate(std::string_view data, std::size_t max_bytes = no_limit) {
  Inflater inflater;
  const Outcome whole = inflate(inflater, data, max_bytes, data.size(), 1);
  for (std::size_t split = 0; split <= data.size(); split += 1 + data.size() / 100) {
    inflater.reset();
    const Outcome pieces = split == 0 ? inflate(inflater, data, max_bytes, 1, 1)
                                      : inflate(inflater, data, max_bytes, split, data.size());
    CAPTURE(split);
    REQUIRE(pieces.error == whole.error);
    REQUIRE(pieces.text == whole.text);
  }
  return whole;
}

std::string compress(Deflater& deflater, std::string_view message) {
  std::string out = "before";
  REQUIRE_FALSE(deflater.compress(message, out));
  REQUIRE(out.starts_with("before"));
  return out.substr(6);
}

std::string compress(std::string_view message) {
  Deflater deflater;
  return compress(deflater, message);
}

// One final block of fixed codes (RFC 1951 sec. 3.2.6): literals of 9 bits, an x, and matches that repeat it.
std::string final_block(std::size_t literals, std::size_t matches) {
  std::string bits = "110";  // BFINAL, BTYPE 01 from its least significant bit
  while (literals-- > 0) bits += "110010000";
  bits += "10101000";
  while (matches-- > 0) bits += "1100010100000";  // length 258, distance 1
  bits += "0000000";
  std::string out;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (i % 8 == 0) out += '\0';
    if (bits[i] == '1') out.back() = static_cast<char>(out.back() | 1 << i % 8);
  }
  return out;
}

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    if (random() % 3 == 0) text += static_cast<char>(random());
    text += "{\"type\":\"progress\",\"percent\":" + std::to_string(random() % 100) + "}";
    if (!text.empty() && random() % 4 == 0) text.append(random() % 300, text[random() % text.size()]);
  }
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("deflate: RFC 7692 sec 7-2-3-1 a message in one block", "[wire][deflate]") {
  CHECK(inflate(hex("f2 48 cd c9 c9 07 00")).text == "Hello");
  CHECK(compress("Hello") == hex("f2 48 cd c9 c9 07 00"));
}

TEST_CASE("deflate: RFC 7692 sec 7-2-3-2 a message that refers to the one before", "[wire][deflate]") {
  Inflater inflater({.context_takeover = true});
  CHECK(inflate(inflater, hex("f2 48 cd c9 c9 07 00"), no_limit, 2, 1).text == "Hello");
  CHECK(inflate(inflater, hex("f2 00 11 00 00"), no_limit, 2, 1).text == "Hello");
  Deflater deflater({.context_takeover = true});
  CHECK(compress(deflater, "Hello") == hex("f2 48 cd c9 c9 07 00"));
  CHECK(compress(deflater, "Hello") == hex("f2 00 11 00 00"));
  // Sec. 7.1.1: without takeover there is nothing to refer to, on either side.
  CHECK(inflate(hex("f2 00 11 00 00")).error == Error::malformed);
  Inflater forgetful;
  CHECK(inflate(forgetful, hex("f2 48 cd c9 c9 07 00"), no_limit, 2, 1).text == "Hello");
  CHECK(inflate(forgetful, hex("f2 00 11 00 00"), no_limit, 2, 1).error == Error::malformed);
  deflater.reset();
  CHECK(compress(deflater, "Hello") == hex("f2 48 cd c9 c9 07 00"));
  Deflater alone;
  CHECK(compress(alone, "Hello") == compress(alone, "Hello"));
}

TEST_CASE("deflate: RFC 7692 sec 7-2-3-3 a block without compression", "[wire][deflate]") {
  CHECK(inflate(hex("00 05 00 fa ff 48 65 6c 6c 6f 00")).text == "Hello");
}

TEST_CASE("deflate: RFC 7692 sec 7-2-3-4 a final block, and the block after it", "[wire][deflate]") {
  CHECK(inflate(hex("f3 48 cd c9 c9 07 00 00")).text == "Hello");
  CHECK(inflate(hex("f3 48 cd c9 c9 07 00")).text == "Hello");  // without the 0 that the standard wants
  // Sec. 7.2.1: the next block follows the padded final one, and may refer to it.
  CHECK(inflate(hex("f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 f2 48 cd c9 c9 07 00")).text ==
        "HelloHelloHello");
  CHECK(inflate(hex("f3 48 cd c9 c9 07 00 f2 00 11 00 00")).text == "HelloHello");
  // With any number of bits left for the end of the block, when what it inflates to no longer fits one step.
  for (std::size_t literals = 0; literals < 8; ++literals) {
    CHECK(inflate(final_block(literals, 32)).text ==
          std::string(literals, '\x90') + std::string(1 + 32 * 258, 'x'));
  }
  Inflater inflater({.context_takeover = true});
  CHECK(inflate(inflater, hex("f3 48 cd c9 c9 07 00 00"), no_limit, 99, 1).text == "Hello");
  CHECK(inflate(inflater, hex("f2 00 11 00 00"), no_limit, 99, 1).text == "Hello");
  CHECK(inflate(inflater, hex("f3 48 cd c9 c9 07 00"), no_limit, 99, 1).text == "Hello");
  CHECK(inflate(inflater, hex("f2 00 11 00 00"), no_limit, 99, 1).text == "Hello");
}

TEST_CASE("deflate: RFC 7692 sec 7-2-3-5 a message in two blocks", "[wire][deflate]") {
  CHECK(inflate(hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")).text == "Hello");
}

TEST_CASE("deflate: RFC 7692 sec 7-2-3-6 an empty message is one octet", "[wire][deflate]") {
  Deflater deflater({.context_takeover = true});
  Inflater inflater({.context_takeover = true});
  for (const char* text : {"", "", "text", "", "text", ""}) {
    const std::string data = compress(deflater, text);
    if (*text == '\0') CHECK(data == std::string(1, '\0'));
    CHECK(inflate(inflater, data, no_limit, 1, 1).text == text);
  }
  for (const char* empty : {"00", "02 00", "03 00", "03 00 00", "01 00 00 ff ff", "01 00 00 ff ff 00", ""}) {
    CAPTURE(empty);
    const Outcome out = inflate(hex(empty));
    CHECK_FALSE(out.error);
    CHECK(out.text.empty());
  }
}

TEST_CASE("deflate: RFC 7692 sec 7-2-2 a message that breaks off, or goes on with garbage, is refused",
          "[wire][deflate]") {
  const std::string hello = hex("f2 48 cd c9 c9 07 00");
  for (std::size_t size = 1; size < hello.size(); ++size) {
    CAPTURE(size);
    CHECK(inflate(hello.substr(0, size)).error == Error::malformed);
  }
  for (const char* rest :
       {"ff", "06", "07 00", "00 00", "00 05 00 fa ff", "01 05 00 ff ff", "e1 00", "00 00 00 ff"}) {
    CAPTURE(rest);
    CHECK(inflate(hex("f3 48 cd c9 c9 07 00") + hex(rest)).error == Error::malformed);
    if (std::string_view(rest) != "00 00") {
      CHECK(inflate(hex("f2 48 cd c9 c9 07 00 00 00 ff ff") + hex(rest)).error == Error::malformed);
    }
  }
}

TEST_CASE("deflate: blocks that are not valid are refused", "[wire][deflate]") {
  for (const char* data :
       {"06 00", "07", "00 05 00 fb ff 48", "f2 00 11 00 00", "4a 04 fe ff 00", "1a 00 00"}) {
    CAPTURE(data);
    CHECK(inflate(hex(data)).error == Error::malformed);
  }
}

TEST_CASE("deflate: an error stays until reset", "[wire][deflate]") {
  Inflater inflater;
  std::string out;
  CHECK(inflater.add("\x07", out, 10) == Error::malformed);
  CHECK(inflater.add(hex("f2 48 cd c9 c9 07 00"), out, 10) == Error::malformed);
  CHECK(inflater.finish(out, 10) == Error::malformed);
  inflater.reset();
  CHECK(inflate(inflater, hex("f2 48 cd c9 c9 07 00"), 10, 99, 1).text == "Hello");
}

TEST_CASE("deflate: the limit is exact, and a bomb ends at it", "[wire][deflate]") {
  const std::string hello = hex("f2 48 cd c9 c9 07 00");
  CHECK(inflate(hello, 5).text == "Hello");
  CHECK(inflate(hello, 4).error == Error::too_long);
  CHECK(inflate(hello, 4).text == "Hell");
  CHECK(inflate(hello, 0).error == Error::too_long);
  CHECK_FALSE(inflate(hex("00"), 0).error);

  const std::string bomb = compress(std::string(32 << 20, '\0'));
  CHECK(bomb.size() < 33 * 1024);  // 1:1000
  for (const std::size_t limit : {std::size_t{1} << 20, (std::size_t{8} << 10) - 1, std::size_t{8} << 10,
                                  (std::size_t{8} << 10) + 1, (std::size_t{32} << 20) - 1}) {
    Inflater inflater;
    const Outcome out = inflate(inflater, bomb, limit, bomb.size(), 1);
    CHECK(out.error == Error::too_long);
    CHECK(out.text.size() == limit);
    CHECK(out.text.capacity() <= limit);
  }
  Inflater inflater;
  CHECK(inflate(inflater, bomb, 32 << 20, 1000, 1000).text.size() == 32 << 20);
  // What is there already counts.
  std::string text = "12345678";
  inflater.reset();
  CHECK(inflater.add(hello, text, 12) == Error::too_long);
}

TEST_CASE("deflate: many empty final blocks take no more time than they have bytes", "[wire][deflate]") {
  std::string data, out;
  for (int i = 0; i < 500000; ++i) data += hex("03 00");
  Inflater inflater;
  CHECK_FALSE(inflater.add(compress(std::string(40000, 'x')), out, no_limit));  // fills the window
  CHECK_FALSE(inflater.add(hex("00 00 ff ff"), out, no_limit));
  for (int i = 0; i < 4; ++i) CHECK_FALSE(inflater.add(data, out, no_limit));
  CHECK_FALSE(inflater.finish(out, no_limit));
  CHECK(out.size() == 40000);
}

TEST_CASE("deflate: random messages make the round trip, in every window, with and without takeover",
          "[wire][deflate]") {
  for (int bits = 8; bits <= 15; ++bits) {
    for (const bool takeover : {false, true}) {
      std::mt19937 random(static_cast<unsigned>(bits));
      Deflater deflater({.window_bits = bits, .context_takeover = takeover, .level = 1 + bits % 9});
      Inflater inflater({.window_bits = bits, .context_takeover = takeover});
      for (int i = 0; i < 40; ++i) {
        const std::string text = random_text(random, random() % 5 == 0 ? random() % 200000 : random() % 600);
        const std::string data = compress(deflater, text);
        const Outcome out = inflate(inflater, data, no_limit, 1 + random() % 100, 1 + random() % 5000);
        CAPTURE(bits, takeover, i);
        REQUIRE_FALSE(out.error);
        REQUIRE(out.text == text);
      }
    }
  }
}

TEST_CASE("deflate: RFC 7692 sec 7-1-2-1 a compressor for 256 bytes never reaches back farther",
          "[wire][deflate]") {
  // zlib compresses with 512 then. Given one byte of input and of room at a time, a window of 256 is all that
  // an inflater has.
  std::mt19937 random(8);
  Deflater deflater({.window_bits = 8, .context_takeover = true, .level = 9});
  Inflater inflater({.window_bits = 8, .context_takeover = true});
  for (int i = 0; i < 200; ++i) {
    std::string block(200 + random() % 120, '\0'), text;  // repeats at distances around 256
    for (char& c : block) c = static_cast<char>(random());
    for (int n = 0; n < 20; ++n) text += block;
    std::string out;
    for (const char& c : compress(deflater, text)) REQUIRE_FALSE(inflater.add({&c, 1}, out, no_limit));
    REQUIRE_FALSE(inflater.finish(out, no_limit));
    REQUIRE(out == text);
  }
}

TEST_CASE("deflate: RFC 7692 sec 7-1-2 a smaller window cannot inflate what a larger one compressed",
          "[wire][deflate]") {
  std::mt19937 random(1);
  std::string block(5000, '\0');
  for (char& c : block) c = static_cast<char>(random());
  const std::string data = compress(block + block);
  CHECK(data.size() < 6000);
  Inflater inflater({.window_bits = 9});
  CHECK(inflate(inflater, data, no_limit, 1, 1).error == Error::malformed);
}

TEST_CASE("deflate: sizes around the steps of the compressor", "[wire][deflate]") {
  std::mt19937 random(3);
  std::string text(9000, '\0');
  for (char& c : text) c = static_cast<char>(random());
  for (std::size_t size = 8150; size < 8250; ++size) {
    const Outcome out = inflate(compress(text.substr(0, size)));
    if (out.error || out.text != text.substr(0, size)) FAIL("size " << size);
  }
}

TEST_CASE("deflate: options out of range are an error and no crash", "[wire][deflate]") {
  for (const DeflaterOptions options : {DeflaterOptions{.window_bits = 7}, DeflaterOptions{.window_bits = 16},
                                        DeflaterOptions{.level = 77}, DeflaterOptions{.memory_level = 0}}) {
    Deflater deflater(options);
    std::string out = "as it was";
    CHECK(deflater.compress("text", out) == std::errc::invalid_argument);
    CHECK(out == "as it was");
  }
  for (const int bits : {-15, 0, 7, 16, 31, 47}) {
    Inflater inflater({.window_bits = bits});
    std::string out;
    CHECK(inflater.add("\x02", out, 10) == std::errc::invalid_argument);
  }
}

TEST_CASE("deflate: random and mutated data neither grow beyond the limit nor hang", "[wire][deflate]") {
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937 random(seed);
    std::string data =
        random() % 3 == 0 ? std::string(random() % 60, '\0') : compress(random_text(random, random() % 300));
    for (auto n = random() % 6; n != 0 && !data.empty(); --n) {
      data[random() % data.size()] = static_cast<char>(random());
    }
    Inflater whole, pieces;
    const Outcome expected = inflate(whole, data, 1000, data.size(), 1);
    const Outcome out = inflate(pieces, data, 1000, 1, 1);
    if (out.error != expected.error || out.text != expected.text) FAIL("seed " << seed);
  }
}

#endif
