#include "support/catch.hpp"

#include <fanfare/wire/base64.hpp>

#include <random>
#include <string>

using namespace fanfare::wire;

namespace {

std::string encode(std::string_view bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

}  // namespace

TEST_CASE("base64: the vectors of RFC 4648 sec 10, both ways", "[wire][base64]") {
  const std::string_view vectors[][2] = {{"", ""},
                                         {"f", "Zg=="},
                                         {"fo", "Zm8="},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg=="},
                                         {"fooba", "Zm9vYmE="},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xFF\xEF\xBE", "/+++"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(encode(bytes) == text);
    CHECK(decode_base64(text) == std::string(bytes));
  }
}

TEST_CASE("base64: sec 3-3 what is not of the alphabet is refused", "[wire][base64]") {
  for (const char* text : {"Z",    "Zg",   "Zg=",   "Zg===",    "=",          "==",     "===",      "====",
                           "Z===", "Zg=a", "=g==",  "Zm8=Zm8=", "Zg==Zg==",   "Zm9v\n", "Zm9\n",    "Zm v",
                           "Zm-v", "Zm_v", "Zm9v=", "Zm9v====", "\xC3\xA9==", " Zg=",   "Zm9v Zg=="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text).has_value());
  }
  CHECK(decode_base64("Zh==") == "f");  // the bits that the padding leaves over
}

TEST_CASE("base64: random bytes make the round trip", "[wire][base64]") {
  std::mt19937 random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string text = encode(bytes);
    CHECK(text.size() == (size + 2) / 3 * 4);
    CHECK(decode_base64(text) == bytes);
  }
}
