#include <fanfare/wire/checksum.hpp>

#if FANFARE_WITH_ZLIB

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using fanfare::wire::Checksum;
using Kind = Checksum::Kind;

namespace {

/// What zlib says of the whole text.
std::uint32_t expected(Kind kind, std::string_view text) {
  const auto* bytes = reinterpret_cast<const Bytef*>(text.data());
  const auto size = static_cast<uInt>(text.size());
  return static_cast<std::uint32_t>(kind == Kind::crc32 ? crc32(0, bytes, size) : adler32(1, bytes, size));
}
Checksum of(Kind kind, std::string_view text) {
  Checksum sum(kind);
  sum.add(text);
  return sum;
}
std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() & 0xFF);
  return text;
}
/// Sums so many octets of 0xFF by doubling, which never holds them.
Checksum of_many(Kind kind, std::uint64_t count) {
  Checksum all(kind), power = of(kind, "\xFF");
  for (; count > 0; count >>= 1) {
    if ((count & 1) != 0) all.append(power);
    power.append(Checksum(power));
  }
  return all;
}

constexpr Kind kinds[] = {Kind::crc32, Kind::adler32};

}  // namespace

TEST_CASE("checksum: the published values", "[wire][checksum]") {
  CHECK(of(Kind::crc32, "123456789").value() == 0xCBF43926);
  CHECK(of(Kind::adler32, "Wikipedia").value() == 0x11E60398);
  CHECK(of(Kind::crc32, "").value() == 0);
  CHECK(of(Kind::adler32, "").value() == 1);
}

TEST_CASE("checksum: a text added or appended in any pieces is the text", "[wire][checksum]") {
  std::mt19937 random(1);
  for (const Kind kind : kinds) {
    for (int round = 0; round < 300; ++round) {
      const std::string text = random_text(random, random() % (round < 250 ? 600 : 200000));
      Checksum added(kind), appended(kind);
      for (std::string_view rest = text; !rest.empty();) {
        const auto piece = rest.substr(0, random() % (rest.size() + 1));
        added.add(piece);
        appended.append(of(kind, piece));
        rest.remove_prefix(piece.size());
      }
      REQUIRE(added.value() == expected(kind, text));
      REQUIRE(added.length() == text.size());
      REQUIRE(appended == added);
    }
  }
}

TEST_CASE("checksum: since is the sum of what came after", "[wire][checksum]") {
  std::mt19937 random(2);
  for (const Kind kind : kinds) {
    for (int round = 0; round < 1000; ++round) {
      const std::string first = random_text(random, random() % 300), second = random_text(random, random() % 300);
      const Checksum earlier = of(kind, first);
      Checksum all = earlier;
      all.add(second);
      REQUIRE(all.since(earlier) == of(kind, second));
      REQUIRE(all.since(Checksum(kind)) == all);
      REQUIRE(all.since(all) == Checksum(kind));
    }
  }
}

TEST_CASE("checksum: both halves of an Adler-32 at their largest and at zero", "[wire][checksum]") {
  // The sum of the octets is 65520, so that the first half is 0; and 65519, so that it is the largest.
  const std::string zero(256, '\xFF'), wraps = zero + '\xF0', largest = zero + '\xEF';
  REQUIRE((of(Kind::adler32, wraps).value() & 0xFFFF) == 0);
  REQUIRE((of(Kind::adler32, largest).value() & 0xFFFF) == 65520);
  for (const auto& first : {zero, wraps, largest}) {
    for (const auto& second : {zero, wraps, largest, std::string("x"), std::string(70000, '\xFF')}) {
      Checksum all = of(Kind::adler32, first);
      all.append(of(Kind::adler32, second));
      CHECK(all.value() == expected(Kind::adler32, first + second));
      CHECK(all.since(of(Kind::adler32, first)) == of(Kind::adler32, second));
    }
  }
}

TEST_CASE("checksum: nothing appended changes nothing", "[wire][checksum]") {
  for (const Kind kind : kinds) {
    const Checksum text = of(kind, "some text");
    Checksum sum = text;
    sum.append(Checksum(kind));
    CHECK(sum == text);
    sum = Checksum(kind);
    sum.append(text);
    CHECK(sum == text);
  }
}

TEST_CASE("checksum: more than 4 GiB, beyond what zlib counts at once", "[wire][checksum]") {
  // An Adler-32 by hand, RFC 1950 sec. 8.2: s1 = 1 + 255 n, s2 = n + 255 n (n + 1) / 2, modulo 65521.
  const auto adler = [](std::uint64_t n) {
    constexpr std::uint64_t base = 65521;
    const std::uint64_t even = n % 2 == 0 ? n / 2 : n, odd = n % 2 == 0 ? n + 1 : (n + 1) / 2;
    const std::uint64_t s1 = (1 + 255 * (n % base)) % base;
    const std::uint64_t s2 = (n % base + 255 * (even % base * (odd % base) % base)) % base;
    return static_cast<std::uint32_t>(s2 << 16 | s1);
  };
  CHECK(of_many(Kind::crc32, (std::uint64_t{5} << 30) + 12345).value() == 0x4C5D9756);  // as zlib says octet by octet
  const std::string mebibyte(1 << 20, '\xFF');
  for (const std::uint64_t count : {std::uint64_t{5} << 30, (std::uint64_t{1} << 32) - 1, std::uint64_t{1} << 32,
                                    (std::uint64_t{3} << 40) + 12345}) {
    const Checksum many = of_many(Kind::adler32, count);
    CHECK(many.length() == count);
    CHECK(many.value() == adler(count));
    for (const Kind kind : kinds) {
      // However it was put together: in front, behind, and taken away again.
      Checksum before = of(kind, mebibyte), after = of_many(kind, count);
      before.append(of_many(kind, count));
      after.append(of(kind, mebibyte));
      CHECK(before == after);
      CHECK(before == of_many(kind, count + mebibyte.size()));
      CHECK(before.since(of(kind, mebibyte)) == of_many(kind, count));
      CHECK(after.since(of_many(kind, count)) == of(kind, mebibyte));
    }
  }
}

TEST_CASE("checksum: none sums nothing", "[wire][checksum]") {
  Checksum none;
  none.add("text");
  none.append(Checksum());
  CHECK(none == Checksum());
  CHECK(none.since(Checksum()) == Checksum());
  CHECK(none.length() == 0);
}

#endif
