/// Writes JSON text (RFC 8259) into a string of the caller's. Does not parse, indent or sort, and does not
/// check that the calls nest: that is the caller's part. What it writes, but for raw, is
/// valid UTF-8 whatever the input. Distinct objects on any threads; no state is shared.
#pragma once

#include <fanfare/config.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// Integers that are numbers: no bool, no characters, nothing wider than 64 bits.
template <class T>
concept JsonInteger = std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, bool> &&
                      !std::same_as<T, char> && !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                      !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// Appends the text in quotes. Escapes the quote, the backslash and the control characters below U+0020 (RFC
/// 8259 sec. 7); replaces invalid UTF-8 by U+FFFD. At most 6 bytes for each byte of the text.
void append_json_string(std::string& out, std::string_view text);

/// Appends the shortest decimal that reads back as the same value; null if it is infinite or not a number,
/// which JSON cannot say. Negative zero stays "-0".
void append_json_number(std::string& out, double number);
void append_json_number(std::string& out, float number);

void append_json_number(std::string& out, std::int64_t number);
void append_json_number(std::string& out, std::uint64_t number);
template <JsonInteger T>
void append_json_number(std::string& out, T number) {
  if constexpr (std::signed_integral<T>) {
    append_json_number(out, static_cast<std::int64_t>(number));
  } else {
    append_json_number(out, static_cast<std::uint64_t>(number));
  }
}

/// Appends one JSON document, with the commas where they belong.
///
///     JsonWriter json(out);
///     json.begin_object().member("task", "t1");
///     json.key("sizes").begin_array().value(1).value(2).end_array().end_object();
///
/// Lifetime: the string must outlive the writer. Throws only what the string throws.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// The name of the next value. REQUIRES: in an object, and the last name got its value.
  JsonWriter& key(std::string_view name);

  /// The same for a name that needs no escapes, as an identifier.
  JsonWriter& plain_key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text);  ///< null if the pointer is
  JsonWriter& value(std::nullptr_t) { return raw("null"); }
  JsonWriter& value(double number);
  JsonWriter& value(float number);
  template <JsonInteger T>
  JsonWriter& value(T number) {
    separate();
    append_json_number(out_, number);
    return *this;
  }
  /// A template, so that no pointer is taken for a truth value.
  template <std::same_as<bool> T>
  JsonWriter& value(T truth) {
    return raw(truth ? "true" : "false");
  }

  /// Appends text that is JSON already, unchecked. REQUIRES: exactly one valid JSON value.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& member(std::string_view name, const T& item) {
    return key(name).value(item);
  }

 private:
  // One bit for all levels: the last thing written says whether a comma comes next.
  void separate() {
    if (needs_comma_) out_.push_back(',');
    needs_comma_ = true;
  }
  JsonWriter& open(char bracket) {
    separate();
    out_.push_back(bracket);
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_.push_back(bracket);
    needs_comma_ = true;
    return *this;
  }

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/json_writer.ipp>
#endif
