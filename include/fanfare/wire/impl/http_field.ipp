#pragma once

#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/scan.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace fanfare {
namespace detail {

enum HttpCharacter : std::uint8_t {
  http_token = 1,       // tchar, RFC 9110 sec. 5.6.2
  http_value = 2,       // field-vchar, SP, HTAB, RFC 9110 sec. 5.5
  http_path = 4,        // in the path of a request target
  http_query = 8,       // in its query
  http_host_name = 16,  // reg-name, RFC 3986 sec. 3.2.2
};

// A path or a query may hold more than RFC 3986 allows, since browsers send it unencoded (WHATWG URL
// sec. 1.3): ^ ` { | } [ ] in both and the backslash in a query. A '#' would start a fragment, which is never
// sent. A host may hold less: a comma is most likely two Host fields that a proxy joined.
constexpr std::array<std::uint8_t, 256> make_http_characters() {
  std::array<std::uint8_t, 256> table{};
  auto mark = [&table](std::string_view characters, int classes) {
    for (char c : characters) table[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(classes);
  };
  for (std::size_t c = 0; c < 256; ++c) {
    if (c == '\t' || (c >= ' ' && c != 0x7f)) table[c] |= http_value;
    if (c > ' ' && c < 0x7f && c != '"' && c != '#' && c != '<' && c != '>') {
      table[c] |= http_query;
      if (c != '\\') table[c] |= http_path;
    }
  }
  mark("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~", http_token | http_host_name);
  mark("!#$%&'*+^`|", http_token);
  mark("!$&'()*+;=", http_host_name);
  return table;
}

inline constexpr std::array<std::uint8_t, 256> http_characters = make_http_characters();

constexpr bool is_http(char c, HttpCharacter kind) noexcept {
  return (http_characters[static_cast<unsigned char>(c)] & kind) != 0;
}

inline bool all_http(std::string_view text, HttpCharacter kind) noexcept {
  std::uint8_t common = kind;
  for (char c : text) common &= http_characters[static_cast<unsigned char>(c)];
  return common != 0;
}

constexpr bool is_ows(char c) noexcept {
  return c == ' ' || c == '\t';
}

}  // namespace detail

namespace wire {

FANFARE_DECL bool same_field_name(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (detail::ascii_lower(a[i]) != detail::ascii_lower(b[i])) return false;
  }
  return true;
}

FANFARE_DECL bool is_token(std::string_view text) noexcept {
  return !text.empty() && detail::all_http(text, detail::http_token);
}

FANFARE_DECL bool is_field_value(std::string_view text) noexcept {
  // Eight bytes at a time, as most bytes of a head are in values; a tab is rare enough to stop for.
  while (text.size() >= 8) {
    const std::uint64_t word = detail::load_word(text.data());
    const std::uint64_t below_space = (word - detail::byte_lows * ' ') & ~word & detail::byte_tops;
    if ((below_space | detail::byte_in(word, 0x7f)) != 0) break;
    text.remove_prefix(8);
  }
  return detail::all_http(text, detail::http_value);
}

FANFARE_DECL std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && detail::is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && detail::is_ows(text.back())) text.remove_suffix(1);
  return text;
}

FANFARE_DECL const std::string* find_field(const std::vector<HttpField>& fields,
                                           std::string_view name) noexcept {
  for (const HttpField& field : fields) {
    if (same_field_name(field.name, name)) return &field.value;
  }
  return nullptr;
}

FANFARE_DECL bool list_has_member(std::string_view list, std::string_view member) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (same_field_name(trim_ows(list.substr(0, comma)), member)) return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

FANFARE_DECL bool field_has_member(const std::vector<HttpField>& fields, std::string_view name,
                                   std::string_view member) noexcept {
  for (const HttpField& field : fields) {
    if (same_field_name(field.name, name) && list_has_member(field.value, member)) return true;
  }
  return false;
}

}  // namespace wire
}  // namespace fanfare
