#pragma once

#include <fanfare/core/describe/decode.hpp>
#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/utf8.hpp>

#include <charconv>
#include <cmath>

namespace fanfare::detail {

// Names in error texts are a peer's: enough of one to find it, and never with control characters.
inline constexpr std::size_t max_shown_name_bytes = 40;

template <class T>
std::string integer_range(T least, T most) {
  std::string text = "an integer from ";
  wire::append_json_number(text, least);
  text += " to ";
  wire::append_json_number(text, most);
  return text;
}

// Only the spelling that the writer uses, so that no two names stand for one key.
template <class T>
bool parse_key(std::string_view text, T& out) noexcept {
  const std::string_view digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
  if (digits.empty() || (digits.front() == '0' && text != "0")) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

FANFARE_DECL bool Decoder::fail(Error error, std::string_view expected) {
  error_ = make_error_code(error);
  message_ = "expected ";
  message_ += expected;
  return false;
}

FANFARE_DECL bool Decoder::fail_enum(Error error, EnumNames names) {
  std::string expected = "one of ";
  for (const EnumName& entry : names) {
    if (&entry != names.begin()) expected += ", ";
    wire::append_json_string(expected, entry.name);
  }
  return fail(error, expected);
}

FANFARE_DECL bool Decoder::expect_array_of(std::string_view what, std::size_t count) {
  std::string expected = "an array of ";
  if (count != 0) {
    wire::append_json_number(expected, count);
    expected += ' ';
  }
  expected += what;
  return fail(Error::wrong_type, expected);
}

FANFARE_DECL void Decoder::prepend(std::string segment) {
  if (!path_.empty() && path_.front() != '[') segment += '.';
  path_.insert(0, segment);
}

FANFARE_DECL bool Decoder::in_member(std::string_view name) {
  prepend(std::string(name));
  return false;
}

FANFARE_DECL bool Decoder::in_element(std::size_t index) {
  std::string segment = "[";
  wire::append_json_number(segment, index);
  prepend(segment += ']');
  return false;
}

FANFARE_DECL bool Decoder::in_entry(std::string_view key) {
  std::string shown(key.substr(0, wire::valid_utf8_prefix(key.substr(0, max_shown_name_bytes))));
  if (shown.size() < key.size()) shown += "...";
  std::string segment = "[";
  wire::append_json_string(segment, shown);
  prepend(segment += ']');
  return false;
}

FANFARE_DECL bool Decoder::read(JsonValue from, bool& out) {
  return from.get(out) || expect("true or false");
}

FANFARE_DECL bool Decoder::read(JsonValue from, double& out) {
  return from.get(out) || expect("a number");
}

FANFARE_DECL bool Decoder::read(JsonValue from, float& out) {
  double wide = 0;
  if (!read(from, wide)) return false;
  if (std::fabs(wide) > std::numeric_limits<float>::max()) {
    return fail(Error::out_of_range, "a number within single precision");
  }
  out = static_cast<float>(wide);
  return true;
}

FANFARE_DECL bool Decoder::read(JsonValue from, std::string& out) {
  std::string_view text;
  if (!from.get(text)) return expect("a string");
  out = text;
  return true;
}

FANFARE_DECL bool Decoder::read(JsonValue from, Json& out) {
  out.text.clear();
  from.append_to(out.text);
  return true;
}

FANFARE_DECL bool Decoder::read_integer(JsonValue from, std::int64_t least, std::int64_t most,
                                        std::int64_t& out) {
  if (from.type() != JsonType::integer) return expect("an integer");
  if (from.get(out) && out >= least && out <= most) return true;
  return fail(Error::out_of_range, integer_range(least, most));
}

FANFARE_DECL bool Decoder::read_integer(JsonValue from, std::uint64_t most, std::uint64_t& out) {
  if (from.type() != JsonType::integer) return expect("an integer");
  if (from.get(out) && out <= most) return true;
  return fail(Error::out_of_range, integer_range<std::uint64_t>(0, most));
}

FANFARE_DECL bool Decoder::read_enum(JsonValue from, EnumNames names, std::int64_t& out) {
  std::string_view text;
  if (!from.get(text)) return fail_enum(Error::wrong_type, names);
  return read_key(text, names, out);
}

FANFARE_DECL bool Decoder::read_ticks(JsonValue from, double per_second, std::int64_t least,
                                      std::int64_t most, std::int64_t& out) {
  double seconds = 0;
  if (!from.get(seconds)) return expect("a number of seconds");
  const double ticks = std::round(seconds * per_second);
  // most + 1 is a power of two, and so exact, where most may not be.
  if (!(ticks >= static_cast<double>(least) && ticks < static_cast<double>(most) + 1)) {
    return fail(Error::out_of_range, "a number of seconds that its type can hold");
  }
  out = static_cast<std::int64_t>(ticks);
  return true;
}

FANFARE_DECL bool Decoder::read_key(std::string_view key, std::int64_t least, std::int64_t most,
                                    std::int64_t& out) {
  if (parse_key(key, out) && out >= least && out <= most) return true;
  return fail(Error::wrong_type, integer_range(least, most) + " as the name");
}

FANFARE_DECL bool Decoder::read_key(std::string_view key, std::uint64_t most, std::uint64_t& out) {
  if (parse_key(key, out) && out <= most) return true;
  return fail(Error::wrong_type, integer_range<std::uint64_t>(0, most) + " as the name");
}

FANFARE_DECL bool Decoder::read_key(std::string_view key, EnumNames names, std::int64_t& out) {
  for (const EnumName& entry : names) {
    if (entry.name == key) {
      out = entry.value;
      return true;
    }
  }
  return fail_enum(Error::out_of_range, names);
}

}  // namespace fanfare::detail
