#pragma once

#include <fanfare/wire/impl/scan.hpp>
#include <fanfare/wire/impl/short_text.hpp>
#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/utf8.hpp>

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cmath>

namespace fanfare {
namespace detail {

// RFC 8259 sec. 7: unescaped = %x20-21 / %x23-5B / %x5D-10FFFF. Bytes above ASCII stop the scan, for
// their sequence is to be checked.
inline bool is_plain_json_byte(unsigned char byte) noexcept {
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

// Without the usual "& ~word" in each term: a byte with its top bit set is a hit anyway, and as long as no
// byte is one, none of the subtractions borrows.
inline bool is_plain_json_word(std::uint64_t word) noexcept {
  const std::uint64_t hits = (word - byte_lows * 0x20) | ((word ^ (byte_lows * '"')) - byte_lows) |
                             ((word ^ (byte_lows * '\\')) - byte_lows) | word;
  return (hits & byte_tops) == 0;
}

// A clean text, as nearly all are, takes whole words only: the last one overlaps what came before it.
inline const char* find_special_json_byte(const char* at, const char* end) noexcept {
  if (end - at >= 8) {
    while (end - at >= 8 && is_plain_json_word(load_word(at))) at += 8;
    if (end - at < 8 && is_plain_json_word(load_word(end - 8))) return end;
  } else if (end - at >= 4 && is_plain_json_word(load_half_words(at, end - 4))) {
    return end;
  }
  while (at != end && is_plain_json_byte(static_cast<unsigned char>(*at))) ++at;
  return at;
}

inline void append_json_escape(std::string& out, unsigned char byte) {
  char escape[6] = {'\\', 'u', '0', '0', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  switch (byte) {
    case '"': escape[1] = '"'; break;
    case '\\': escape[1] = '\\'; break;
    case '\b': escape[1] = 'b'; break;
    case '\f': escape[1] = 'f'; break;
    case '\n': escape[1] = 'n'; break;
    case '\r': escape[1] = 'r'; break;
    case '\t': escape[1] = 't'; break;
    default: out.append(escape, 6); return;
  }
  out.append(escape, 2);
}

// Longest shortest form of a double: sign + 17 digits + point + "e-308" = 1 + 17 + 1 + 5. Small numbers that
// fmt writes without an exponent ("0.000123...") add at most 5 zeros.
inline constexpr std::size_t max_json_number_bytes = 32;

template <class T>
void append_json_floating(std::string& out, T number) {
  if (!std::isfinite(number)) {
    out.append("null");
    return;
  }
  char buffer[max_json_number_bytes];
  const char* const end = fmt::format_to(buffer, FMT_COMPILE("{}"), number);
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

}  // namespace detail

namespace wire {

FANFARE_DECL void append_json_string(std::string& out, std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const char* run = at;  // what is not appended yet, and needs no change
  const auto flush = [&] { out.append(run, static_cast<std::size_t>(at - run)); };

  out.push_back('"');
  while ((at = detail::find_special_json_byte(at, end)) != end) {
    const unsigned char byte = static_cast<unsigned char>(*at);
    if (byte < 0x80) {
      flush();
      detail::append_json_escape(out, byte);
      run = ++at;
      continue;
    }
    const Utf8Sequence next = next_utf8({at, static_cast<std::size_t>(end - at)});
    if (!next.valid) {
      flush();
      out.append(utf8_replacement);
      run = at + next.size;
    }
    at += next.size;
  }
  flush();
  out.push_back('"');
}

FANFARE_DECL void append_json_number(std::string& out, double number) {
  detail::append_json_floating(out, number);
}

FANFARE_DECL void append_json_number(std::string& out, float number) {
  detail::append_json_floating(out, number);
}

FANFARE_DECL void append_json_number(std::string& out, std::int64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

FANFARE_DECL void append_json_number(std::string& out, std::uint64_t number) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

FANFARE_DECL JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  needs_comma_ = false;
  return *this;
}

FANFARE_DECL JsonWriter& JsonWriter::plain_key(std::string_view name) {
  detail::ShortText text(out_);
  if (needs_comma_) text.add(',');
  text.add('"').add(name).add('"').add(':').flush();
  needs_comma_ = false;
  return *this;
}

FANFARE_DECL JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

FANFARE_DECL JsonWriter& JsonWriter::value(const char* text) {
  return text == nullptr ? value(nullptr) : value(std::string_view(text));
}

FANFARE_DECL JsonWriter& JsonWriter::value(double number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

FANFARE_DECL JsonWriter& JsonWriter::value(float number) {
  separate();
  append_json_number(out_, number);
  return *this;
}

FANFARE_DECL JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  return *this;
}

}  // namespace wire
}  // namespace fanfare
