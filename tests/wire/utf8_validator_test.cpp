#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <fanfare/wire/utf8.hpp>
#include <fanfare/wire/utf8_validator.hpp>

#include <random>
#include <string>

using namespace fanfare::wire;

namespace {

// Where the first byte stands that no valid text has there; the text's size if there is none.
std::size_t first_bad_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && rfc6455::begins_valid_utf8(text.substr(0, at + 1))) ++at;
  return at;
}

}  // namespace

TEST_CASE("utf8 validator: it fails at the first byte that no valid text has there", "[wire][utf8]") {
  const std::string_view bytes =
      "az\x7F\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEE\xEF\xF0\xF1\xF3\xF4\xF5";
  for (unsigned seed = 1; seed <= 20000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text(random() % 12, 'x');
    while (random() % 3 != 0) text += "\xE2\x82\xAC";
    for (auto n = random() % 6; n > 0; --n) text += bytes[random() % bytes.size()];
    const std::size_t bad = first_bad_byte(text);
    Utf8Validator validator;
    std::size_t at = 0;
    while (at < text.size() && validator.add(std::string_view(text).substr(at, 1))) ++at;
    if (at != bad) FAIL("seed " << seed << ": byte " << at << " instead of " << bad);
    if (validator.complete() != is_valid_utf8(text)) FAIL("seed " << seed << ": complete");
  }
}

TEST_CASE("utf8 validator: the outcome is the same wherever the text is cut", "[wire][utf8]") {
  for (const std::string_view text :
       {"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z 0123456789 \xF0\x9F\x98\x80", "\xCE\xBA\xE1\xBD\xB9\xCF\x83",
        "ends within \xF0\x9F\x98", "0123456789 \xF4\x90\x80\x80", "\xED\xA0\x80 0123456789", "\x80",
        "\xC0\xAF"}) {
    const std::size_t bad = first_bad_byte(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      for (std::size_t second = cut; second <= text.size(); ++second) {
        CAPTURE(text, cut, second);
        Utf8Validator validator;
        CHECK(validator.add(text.substr(0, cut)) == (bad >= cut));
        CHECK(validator.add(text.substr(cut, second - cut)) == (bad >= second));
        CHECK(validator.add(text.substr(second)) == (bad == text.size()));
        CHECK(validator.complete() == is_valid_utf8(text));
      }
    }
  }
}

TEST_CASE("utf8 validator: failed stays failed, until it is reset", "[wire][utf8]") {
  Utf8Validator validator;
  CHECK(validator.complete());
  CHECK_FALSE(validator.add("\xFF"));
  CHECK_FALSE(validator.add("a"));
  CHECK_FALSE(validator.complete());
  validator.reset();
  CHECK(validator.add("\xC3"));
  CHECK_FALSE(validator.complete());
  CHECK(validator.add(""));
  CHECK(validator.add("\xA9"));
  CHECK(validator.complete());
}
