#pragma once

#include <fanfare/wire/sha1.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fanfare {
namespace detail {

inline constexpr std::size_t sha1_block_bytes = 64;

using Sha1State = std::array<std::uint32_t, 5>;

// FIPS 180-4 sec. 6.1.2.
FANFARE_DECL void add_sha1_block(Sha1State& state, const unsigned char* block) noexcept {
  std::uint32_t schedule[80];
  for (std::size_t t = 0; t < 16; ++t, block += 4) {
    schedule[t] = std::uint32_t{block[0]} << 24 | std::uint32_t{block[1]} << 16 |
                  std::uint32_t{block[2]} << 8 | std::uint32_t{block[3]};
  }
  for (std::size_t t = 16; t < 80; ++t) {
    schedule[t] = std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
  }

  auto [a, b, c, d, e] = state;
  for (std::size_t t = 0; t < 80; ++t) {
    std::uint32_t f = 0, k = 0;
    if (t < 20) {
      f = (b & c) | (~b & d);
      k = 0x5A827999;
    } else if (t < 40) {
      f = b ^ c ^ d;
      k = 0x6ED9EBA1;
    } else if (t < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8F1BBCDC;
    } else {
      f = b ^ c ^ d;
      k = 0xCA62C1D6;
    }
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + schedule[t];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e};
}

}  // namespace detail

namespace wire {

FANFARE_DECL Sha1Digest sha1(std::string_view text) noexcept {
  detail::Sha1State state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const std::uint64_t bits = std::uint64_t{text.size()} * 8;
  unsigned char block[detail::sha1_block_bytes];
  for (; text.size() >= sizeof block; text.remove_prefix(sizeof block)) {
    std::memcpy(block, text.data(), sizeof block);
    detail::add_sha1_block(state, block);
  }

  // Sec. 5.1.1: a bit 1, zeros, and in the last 8 bytes of a block the length in bits.
  std::memset(block, 0, sizeof block);
  if (!text.empty()) std::memcpy(block, text.data(), text.size());
  block[text.size()] = 0x80;
  if (text.size() + 1 > sizeof block - 8) {
    detail::add_sha1_block(state, block);
    std::memset(block, 0, sizeof block);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    block[sizeof block - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
  }
  detail::add_sha1_block(state, block);

  Sha1Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<unsigned char>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

}  // namespace wire
}  // namespace fanfare
