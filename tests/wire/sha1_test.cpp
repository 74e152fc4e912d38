#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <fanfare/wire/sha1.hpp>

#include <string>

using namespace fanfare::wire;

namespace {

std::string digest(std::string_view text) {
  const Sha1Digest bytes = sha1(text);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("sha1: the vectors of RFC 3174 and FIPS 180", "[wire][sha1]") {
  using rfc6455::hex;
  CHECK(digest("abc") == hex("A9993E364706816ABA3E25717850C26C9CD0D89D"));
  CHECK(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        hex("84983E441C3BD26EBAAE4AA1F95129E5E54670F1"));
  CHECK(digest(std::string(1000000, 'a')) == hex("34AA973CD4C4DAA4F61EEB2BDBAD27316534016F"));
  std::string repeated;
  for (int i = 0; i < 80; ++i) repeated += "01234567";
  CHECK(digest(repeated) == hex("DEA356A2CDDD90C7A7ECEDC5EBB563934F460452"));
  CHECK(digest("") == hex("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"));
}

TEST_CASE("sha1: lengths around the ends of a block, where the padding needs another one", "[wire][sha1]") {
  using rfc6455::hex;
  CHECK(digest(std::string(55, 'a')) == hex("C1C8BBDC22796E28C0E15163D20899B65621D65A"));
  CHECK(digest(std::string(56, 'a')) == hex("C2DB330F6083854C99D4B5BFB6E8F29F201BE699"));
  CHECK(digest(std::string(63, 'a')) == hex("03F09F5B158A7A8CDAD920BDDC29B81C18A551F5"));
  CHECK(digest(std::string(64, 'a')) == hex("0098BA824B5C16427BD7A1122A5A442A25EC644D"));
  CHECK(digest(std::string(65, 'a')) == hex("11655326C708D70319BE2610E8A57D9A5B959D3B"));
}
