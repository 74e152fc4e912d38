/// Fuzzes SseParser: pieces do not matter, the standard's own algorithm agrees, and limits hold.
/// Build with clang++ -fsanitize=fuzzer,address,undefined.
#include "support/whatwg.hpp"

#include <fanfare/wire/sse_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace fanfare::wire;

struct Reading {
  whatwg::Interpretation stream = {};
  bool failed = false;
};

// The pieces' sizes are the bytes of `sizes`, over and over; none: all at once.
Reading read(std::string_view text, std::string_view sizes, SseLimits limits) {
  SseParser parser(limits);
  Reading reading;
  for (std::size_t i = 0; !text.empty() && !reading.failed; ++i) {
    const std::size_t size =
        sizes.empty() ? text.size() : 1 + static_cast<unsigned char>(sizes[i % sizes.size()]) % 16;
    const std::string piece(text.substr(0, size));
    text.remove_prefix(piece.size());
    std::string_view rest = piece;
    SseStatus status;
    while ((status = parser.parse(rest)) == SseStatus::event) {
      const SseEvent& event = parser.event();
      if (event.data.size() > limits.max_event_bytes) __builtin_trap();
      reading.stream.events.push_back({event.type, event.data, event.last_event_id});
    }
    reading.failed = status == SseStatus::failed;
    if (!reading.failed && !rest.empty()) __builtin_trap();
  }
  reading.stream.last_event_id = parser.last_event_id();
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (input.empty()) return 0;
  // First byte: how many bytes of piece sizes follow.
  const std::string_view sizes = input.substr(1, static_cast<unsigned char>(input[0]) % 8);
  const std::string_view text = input.substr(1 + sizes.size());

  const Reading whole = read(text, {}, {});
  if (whole.failed || whole.stream != whatwg::interpret_event_stream(text)) __builtin_trap();
  if (read(text, sizes, {}).stream != whole.stream) __builtin_trap();

  const SseLimits tight{.max_line_bytes = 12, .max_event_bytes = 16};
  const Reading tight_whole = read(text, {}, tight);
  const Reading tight_pieces = read(text, sizes, tight);
  if (tight_whole.failed != tight_pieces.failed || tight_whole.stream != tight_pieces.stream)
    __builtin_trap();
  if (!tight_whole.failed && tight_whole.stream != whole.stream) __builtin_trap();
  return 0;
}
