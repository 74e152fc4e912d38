/// Checks UTF-8 that arrives in pieces, cut anywhere, and fails at the first byte that no valid text has
/// there. For text that is whole see utf8.hpp. Keeps no text.
#pragma once

#include <fanfare/config.hpp>

#include <string_view>

namespace fanfare::wire {

/// Distinct objects on any threads. Complexity: linear.
class Utf8Validator {
 public:
  /// Whether all that was added so far can still become valid text. Stays false until reset.
  bool add(std::string_view piece) noexcept;

  /// Whether all that was added is valid and ends with a whole character.
  bool complete() const noexcept { return !failed_ && missing_ == 0; }

  /// Ready for another text.
  void reset() noexcept { *this = Utf8Validator(); }

 private:
  bool add_byte(unsigned char byte) noexcept;

  // How many bytes the character at hand still lacks, and what the next one may be.
  unsigned char missing_ = 0, low_ = 0x80, high_ = 0xBF;
  bool failed_ = false;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/utf8_validator.ipp>
#endif
