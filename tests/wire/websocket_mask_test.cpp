#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <fanfare/wire/websocket_mask.hpp>

#include <cstdint>
#include <string>

using namespace fanfare::wire;

TEST_CASE("websocket mask: sec 5-3 octet i is masked with octet i modulo 4 of the key, at any alignment",
          "[wire][websocket]") {
  const MaskKey key = {0x37, 0xfa, 0x00, 0xff};
  std::string text(128, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  for (std::size_t begin = 0; begin <= 17; ++begin) {
    for (std::size_t size = 0; size <= 100; ++size) {
      std::string masked = text;
      apply_mask(masked.data() + begin, size, key);
      const std::string expected =
          text.substr(0, begin) + rfc6455::mask(text.substr(begin, size), key) + text.substr(begin + size);
      if (masked != expected) FAIL("begin " << begin << ", size " << size);
      apply_mask(masked.data() + begin, size, key);
      if (masked != text) FAIL("twice: begin " << begin << ", size " << size);
    }
  }
}

TEST_CASE("websocket mask: sec 5-3 a payload in pieces is masked as a whole one", "[wire][websocket]") {
  const MaskKey key = {1, 2, 3, 4};
  const std::string text(90, 'x');
  const std::string whole = rfc6455::mask(text, key);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    std::string masked = text;
    apply_mask(masked.data(), cut, key);
    apply_mask(masked.data() + cut, masked.size() - cut, key, cut);
    if (masked != whole) FAIL("cut " << cut);
  }
  for (const std::uint64_t offset : {std::uint64_t{1} << 32, (std::uint64_t{1} << 63) - 4, UINT64_MAX - 3}) {
    std::string masked = text;
    apply_mask(masked.data(), masked.size(), key, offset);
    CHECK(masked == whole);
  }
}
