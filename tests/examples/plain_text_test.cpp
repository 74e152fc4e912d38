#include "../../examples/support/plain_text.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

using examples::clipped, examples::columns_of, examples::plain_text;

TEST_CASE("plain text: nothing can move the cursor or change the terminal", "[examples][text]") {
  CHECK(plain_text("\x1b[31mred\x1b[0m \x1b[2J\x1b[1;1Hhome") == "red home");
  CHECK(plain_text("\x1b]0;title\ahere\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\") == "herelink");
  CHECK(plain_text("a\tb\r\nc\bd\ae\x7f") == "a b  cde");
  CHECK(plain_text("\x1b") == "");
  CHECK(plain_text("a\x1b[") == "a");
  CHECK(plain_text("a\x1b]never ended") == "a");
  CHECK(plain_text("a\x1b[12\nb") == "a b");
  CHECK(plain_text("\x1b(Bx\x1b=y") == "xy");
  CHECK(plain_text("\xC2\x9B" "31mx") == "31mx");              // CSI as one C1 character
  CHECK(plain_text("a\xE2\x80\xAE" "b\xE2\x81\xA6") == "ab");  // U+202E, U+2066
  CHECK(plain_text("\xFF\xFE ok \xC3") == "\xEF\xBF\xBD\xEF\xBF\xBD ok \xEF\xBF\xBD");
  CHECK(plain_text(std::string_view("a\0b", 3)) == "ab");
  for (int byte = 0; byte < 256; ++byte) {
    for (const std::string& text : {std::string("\x1b") + char(byte), std::string("\x1b[") + char(byte)}) {
      for (const char c : plain_text(text)) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
    }
  }
}

TEST_CASE("plain text: columns of wide characters and marks", "[examples][text]") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("\xE6\x97\xA5\xE6\x9C\xAC") == 4);   // two ideographs
  CHECK(columns_of("e\xCC\x81") == 1);                  // e and an acute accent
  CHECK(columns_of("\xF0\x9F\x8E\x89") == 2);           // an emoji
  CHECK(columns_of("\xC3\xA9\xE2\x96\x88") == 2);       // e acute, full block
}

TEST_CASE("plain text: cut to a width", "[examples][text]") {
  CHECK(clipped("abc", 3) == "abc");
  CHECK(clipped("abcd", 3) == "ab~");
  CHECK(clipped("abcd", 1) == "~");
  CHECK(clipped("abcd", 0) == "");
  CHECK(clipped("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4) == "\xE6\x97\xA5~");  // no half character
  CHECK(columns_of(clipped("\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E", 4)) == 3);
  CHECK(clipped("ae\xCC\x81z", 3) == "ae\xCC\x81z");
}
