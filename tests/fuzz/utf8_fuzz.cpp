/// Fuzzes the UTF-8 functions and what is built on them: the decoder of the standard agrees, and JSON and SSE
/// text are valid UTF-8 that nothing can break out of. Build with clang++
/// -fsanitize=fuzzer,address,undefined.
#include "support/whatwg.hpp"

#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/sse_encoder.hpp>
#include <fanfare/wire/utf8.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace fanfare::wire;

void check(bool holds) {
  if (!holds) __builtin_trap();
}

void check_utf8(std::string_view text) {
  std::string repaired;
  append_valid_utf8(repaired, text);
  check(repaired == whatwg::utf8_decode_without_bom(text));
  check(is_valid_utf8(repaired));
  check(is_valid_utf8(text) == (repaired == text));
  check(is_valid_utf8(text.substr(0, valid_utf8_prefix(text))));
}

void check_json(std::string_view text) {
  std::string json;
  append_json_string(json, text);
  check(is_valid_utf8(json));
  check(json.size() >= 2 && json.front() == '"' && json.back() == '"');
  const std::string_view inside = std::string_view(json).substr(1, json.size() - 2);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    check(static_cast<unsigned char>(inside[i]) >= 0x20 && inside[i] != '"');
    if (inside[i] == '\\') check(++i < inside.size());
  }
}

void check_sse(std::string_view text) {
  std::string block;
  check(append_sse_event(block, {.data = text}));
  const std::size_t data_bytes = block.size();
  append_sse_comment(block, text);
  check(is_valid_utf8(block));
  const whatwg::Interpretation read = whatwg::interpret_event_stream(block);
  check(read.events.size() == 1 && read.events[0].type == "message" && read.last_event_id.empty());
  check(block.find("\n\n") == data_bytes - 2);

  std::string named;
  if (append_sse_event(named, {.id = text, .event = text, .data = "x"})) {
    const whatwg::Interpretation again = whatwg::interpret_event_stream(named);
    check(again.events.size() == 1 && again.events[0].data == "x" && again.events[0].last_event_id == text);
    check(again.events[0].type == (text.empty() ? "message" : text));
  } else {
    check(named.empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  check_utf8(text);
  check_json(text);
  check_sse(text);
  return 0;
}
