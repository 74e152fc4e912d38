#include "support/catch.hpp"
#include "support/whatwg.hpp"

#include <fanfare/wire/utf8.hpp>

#include <random>
#include <string>

using namespace fanfare::wire;

namespace {

std::string repaired(std::string_view text) {
  std::string out;
  append_valid_utf8(out, text);
  return out;
}

#define R "\xEF\xBF\xBD"

struct Case {
  const char* what;
  std::string_view bytes, repaired;
};

// Each also runs behind and before ASCII of 0 to 9 bytes, to meet the eight-byte steps at every offset.
const Case invalid[] = {
    {"a continuation alone", "\x80", R},
    {"two continuations alone", "\xBF\x80", R R},
    {"overlong slash in two bytes", "\xC0\xAF", R R},
    {"overlong in two bytes, the highest", "\xC1\xBF", R R},
    {"overlong slash in three bytes", "\xE0\x80\xAF", R R R},
    {"overlong in three bytes, the highest", "\xE0\x9F\xBF", R R R},
    {"overlong NUL in four bytes", "\xF0\x80\x80\x80", R R R R},
    {"overlong in four bytes, the highest", "\xF0\x8F\xBF\xBF", R R R R},
    {"the lowest surrogate", "\xED\xA0\x80", R R R},
    {"the highest surrogate", "\xED\xBF\xBF", R R R},
    {"a surrogate pair", "\xED\xA0\xBD\xED\xB8\x80", R R R R R R},
    {"U+110000", "\xF4\x90\x80\x80", R R R R},
    {"first byte F5", "\xF5\x80\x80\x80", R R R R},
    {"five bytes", "\xF8\x88\x80\x80\x80", R R R R R},
    {"six bytes", "\xFC\x84\x80\x80\x80\x80", R R R R R R},
    {"FE and FF", "\xFE\xFF", R R},
    {"two bytes without the second", "\xC3", R},
    {"three bytes without the third", "\xE2\x82", R},
    {"three bytes without the second", "\xE2", R},
    {"four bytes without the fourth", "\xF0\x9F\x98", R},
    {"four bytes without the third", "\xF0\x9F", R},
    {"a start, then a whole character", "\xE2\xC3\xA9", R "\xC3\xA9"},
    {"two starts", "\xF0\x9F\xF0\x9F", R R},
    // Unicode 15 sec. 3.9, tables 3-8 to 3-11
    {"table 3-8", "\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", R R R R R R R R "A"},
    {"table 3-9", "\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", R R R R R R R R "A"},
    {"table 3-10", "\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", R R R R R "A" R R "B"},
    {"table 3-11", "\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", R R R R "A"},
};

const std::string_view valid[] = {
    "",
    "plain",
    std::string_view("\0", 1),
    "\x7F",
    "\xC2\x80",          // the lowest of two bytes
    "\xDF\xBF",          // the highest of two bytes
    "\xE0\xA0\x80",      // the lowest of three bytes
    "\xED\x9F\xBF",      // the last before the surrogates
    "\xEE\x80\x80",      // the first after them
    "\xEF\xBF\xBF",      // the highest of three bytes, a noncharacter
    "\xEF\xBB\xBF",      // a byte order mark, which stays
    "\xF0\x90\x80\x80",  // the lowest of four bytes
    "\xF4\x8F\xBF\xBF",  // U+10FFFF
    "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z",
};

}  // namespace

TEST_CASE("utf8: every kind of invalid text is found and replaced once per maximal subpart", "[wire][utf8]") {
  for (const Case& c : invalid) {
    for (std::size_t before = 0; before < 10; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        const std::string front(before, 'x'), back(after, 'y');
        const std::string text = front + std::string(c.bytes) + back;
        CAPTURE(c.what, before, after);
        CHECK_FALSE(is_valid_utf8(text));
        CHECK(valid_utf8_prefix(text) >= before);
        CHECK(valid_utf8_prefix(text) < before + c.bytes.size());
        CHECK(repaired(text) == front + std::string(c.repaired) + back);
        CHECK(whatwg::utf8_decode_without_bom(text) == repaired(text));
      }
    }
  }
}

TEST_CASE("utf8: valid text stays as it is", "[wire][utf8]") {
  for (const std::string_view text : valid) {
    for (std::size_t before = 0; before < 10; ++before) {
      const std::string whole = std::string(before, 'x') + std::string(text);
      CAPTURE(whole);
      CHECK(is_valid_utf8(whole));
      CHECK(valid_utf8_prefix(whole) == whole.size());
      CHECK(repaired(whole) == whole);
    }
  }
}

TEST_CASE("utf8: a cut character is no part of the valid prefix", "[wire][utf8]") {
  const std::string text = "price \xE2\x82\xAC";
  CHECK(valid_utf8_prefix(text) == 9);
  CHECK(valid_utf8_prefix(text.substr(0, 8)) == 6);
  CHECK(valid_utf8_prefix(text.substr(0, 7)) == 6);
}

TEST_CASE("utf8: repaired text is appended and the rest is kept", "[wire][utf8]") {
  std::string out = "before ";
  append_valid_utf8(out, "\xFF");
  append_valid_utf8(out, "");
  CHECK(out == "before " R);
}

TEST_CASE("utf8: every sequence of two bytes, and every code point, is judged as the standard does",
          "[wire][utf8]") {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      if (repaired(text) != whatwg::utf8_decode_without_bom(text)) FAIL("bytes " << first << " " << second);
    }
  }
  for (std::uint32_t c = 0x10000; c < 0x110000; ++c) {
    const std::string text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
                              static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                              static_cast<char>(0x80 | (c & 0x3F))};
    if (!is_valid_utf8(text)) FAIL("code point " << c);
  }
  for (std::uint32_t c = 0x800; c < 0x10000; ++c) {
    const std::string text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
                              static_cast<char>(0x80 | (c & 0x3F))};
    const bool is_surrogate = c >= 0xD800 && c < 0xE000;
    if (is_valid_utf8(text) == is_surrogate) FAIL("code point " << c);
  }
}

TEST_CASE("utf8: random bytes are repaired as the standard does", "[wire][utf8]") {
  const std::string_view bytes =
      "az\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5";
  for (unsigned seed = 1; seed <= 20000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (auto n = random() % 40; n > 0; --n) text += bytes[random() % bytes.size()];
    const std::string expected = whatwg::utf8_decode_without_bom(text);
    if (repaired(text) != expected || is_valid_utf8(text) != (text == expected) || !is_valid_utf8(expected)) {
      FAIL("seed " << seed);
    }
  }
}
