#include <fanfare/progress/text.hpp>
#include <fanfare/wire/utf8.hpp>

#include "support/catch.hpp"

using fanfare::detail::bounded_text;

TEST_CASE("text: what fits stays as it is", "[progress][text]") {
  CHECK(bounded_text("", 4).empty());
  CHECK(bounded_text("abcd", 4) == "abcd");
  CHECK(bounded_text("\xC3\xA4\xC3\xB6", 4) == "\xC3\xA4\xC3\xB6");
}

TEST_CASE("text: a cut is after the last character that fits", "[progress][text]") {
  CHECK(bounded_text("abcde", 4) == "abcd");
  CHECK(bounded_text("abc\xC3\xA4", 4) == "abc");
  CHECK(bounded_text("a\xF0\x9F\x8E\xBA\xF0\x9F\x8E\xBA", 8) == "a\xF0\x9F\x8E\xBA");
  CHECK(bounded_text("\xF0\x9F\x8E\xBA", 3).empty());
}

TEST_CASE("text: what is not UTF-8 is replaced, wherever it is cut", "[progress][text]") {
  CHECK(bounded_text("a\xFFz", 10) == "a\xEF\xBF\xBDz");
  CHECK(bounded_text("\xC3", 10) == "\xEF\xBF\xBD");
  const std::string long_text = "ab\xFF" + std::string(100, '\xC3') + "\xF0\x9F\x8E\xBA";
  for (std::size_t max = 0; max < 120; ++max) {
    const std::string cut = bounded_text(long_text, max);
    CHECK(cut.size() <= max);
    CHECK(fanfare::wire::is_valid_utf8(cut));
    CHECK(cut.size() + 3 > max);  // only a whole character was left out
  }
}
