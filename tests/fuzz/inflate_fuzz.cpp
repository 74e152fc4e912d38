// Any bytes as compressed messages: within the limit, the same outcome in any pieces; and what is compressed
// comes back.
#include <fanfare/wire/deflate.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#if FANFARE_WITH_ZLIB

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

std::error_code inflate(Inflater& inflater, std::string_view data, std::size_t piece_size,
                        std::size_t max_bytes, std::string& out) {
  std::error_code error;
  while (!data.empty() && !error) {
    const std::string_view piece = data.substr(0, piece_size);
    data.remove_prefix(piece.size());
    error = inflater.add(piece, out, max_bytes);
    require(out.size() <= max_bytes);
  }
  if (!error) error = inflater.finish(out, max_bytes);
  require(out.size() <= max_bytes);
  return error;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  const std::size_t max_bytes = (data[0] & 128) != 0 ? 64 * 1024 : std::size_t{data[1]};
  const bool takeover = (data[0] & 64) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view messages[] = {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};

  Inflater whole({.context_takeover = takeover}), pieces({.context_takeover = takeover});
  Inflater small({.window_bits = 8 + data[1] % 8, .context_takeover = takeover});
  bool small_agrees = true;
  for (const std::string_view message : messages) {
    std::string at_once, piecewise, in_small;
    const std::error_code error = inflate(whole, message, message.size() + 1, max_bytes, at_once);
    require(inflate(pieces, message, piece_size, max_bytes, piecewise) == error && at_once == piecewise);
    // A smaller window may refuse more, and never inflates to anything else.
    small_agrees = small_agrees && !inflate(small, message, piece_size, max_bytes, in_small);
    if (small_agrees) require(!error && in_small == at_once);
    if (error) require(whole.finish(at_once, max_bytes) == error);
  }

  const int window_bits = 8 + data[1] % 8;
  Deflater deflater({.window_bits = window_bits, .context_takeover = takeover, .level = 1 + data[1] % 9});
  Inflater back({.window_bits = window_bits, .context_takeover = takeover});
  for (const std::string_view message : messages) {
    std::string compressed, inflated;
    require(!deflater.compress(message, compressed));
    require(!inflate(back, compressed, piece_size, message.size(), inflated) && inflated == message);
  }
  return 0;
}

#else

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) {
  return 0;
}

#endif
