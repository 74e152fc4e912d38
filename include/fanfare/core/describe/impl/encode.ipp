#pragma once

#include <fanfare/core/describe/encode.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL void encode_raw(wire::JsonWriter& json, const Json& raw) {
  const std::string_view text = raw.text;
  if (text.empty()) {
    json.value(nullptr);
  } else if (text.find_first_of("\r\n") == std::string_view::npos) {
    json.raw(is_valid_json(text) ? text : "null");
  } else {
    std::string line = raw.text;
    json.raw(normalize_json(line) ? "null" : std::string_view(line));
  }
}

FANFARE_DECL std::string_view enum_name(EnumNames names, std::int64_t value) noexcept {
  for (const EnumName& entry : names) {
    if (entry.value == value) return entry.name;
  }
  return {};
}

}  // namespace fanfare::detail
