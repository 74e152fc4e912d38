#pragma once

#include <fanfare/wire/websocket_mask.hpp>

#include <cstring>

namespace fanfare::wire {

FANFARE_DECL void apply_mask(char* data, std::size_t size, const MaskKey& key,
                             std::uint64_t offset) noexcept {
  // The key twice, turned so that it begins with the byte for data[0]. Built from bytes, it is right on
  // machines of either byte order.
  unsigned char pattern[8];
  for (std::size_t i = 0; i < sizeof pattern; ++i) pattern[i] = key[(offset + i) % 4];
  std::uint64_t mask;
  std::memcpy(&mask, pattern, sizeof mask);

  std::size_t at = 0;
  for (; size - at >= 32; at += 32) {
    std::uint64_t words[4];
    std::memcpy(words, data + at, sizeof words);
    for (std::uint64_t& word : words) word ^= mask;
    std::memcpy(data + at, words, sizeof words);
  }
  for (; size - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + at, sizeof word);
    word ^= mask;
    std::memcpy(data + at, &word, sizeof word);
  }
  for (; at < size; ++at) {
    data[at] = static_cast<char>(static_cast<unsigned char>(data[at]) ^ pattern[at % 8]);
  }
}

}  // namespace fanfare::wire
