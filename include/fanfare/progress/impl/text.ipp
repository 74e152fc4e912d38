#pragma once

#include <fanfare/progress/text.hpp>
#include <fanfare/wire/utf8.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::string bounded_text(std::string_view text, std::size_t max_bytes) {
  // Repairing shortens nothing, so a character that this first cut splits is beyond the second.
  constexpr std::size_t longest_character = 4;
  std::string out(text.substr(0, max_bytes + longest_character));
  if (!wire::is_valid_utf8(out)) {
    std::string repaired;
    wire::append_valid_utf8(repaired, out);
    out = std::move(repaired);
  }
  if (out.size() > max_bytes) out.resize(wire::valid_utf8_prefix(std::string_view(out).substr(0, max_bytes)));
  return out;
}

}  // namespace fanfare::detail
