#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/uri.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace fanfare {
namespace detail {

inline bool is_safe_segment(std::string_view segment) noexcept {
  // A dot at the end covers "." and ".." too.
  if (segment.empty() || segment.back() == '.' || segment.back() == ' ') return false;
  for (char c : segment) {
    if (is_ascii_control(c) || c == '/' || c == '\\' || c == ':') return false;
  }
  return true;
}

inline std::error_code split_path(std::string_view path, wire::UriPath& out, std::size_t max_segments) {
  if (path.empty() || path.front() != '/') return Error::malformed;
  for (std::size_t slash = 0; slash != path.npos;) {
    if (out.segments.size() == max_segments) return Error::too_long;
    const std::size_t next = path.find('/', slash + 1);
    const std::size_t size = next == path.npos ? path.npos : next - slash - 1;
    std::optional<std::string> segment = wire::percent_decode(path.substr(slash + 1, size));
    if (!segment) return Error::invalid_encoding;
    for (char c : *segment) {
      out.has_encoded_slash |= c == '/';
      out.has_control |= is_ascii_control(c);
    }
    out.segments.push_back(std::move(*segment));
    slash = next;
  }
  return {};
}

inline std::error_code split_query(std::string_view query, std::vector<wire::QueryPair>& out,
                                   std::size_t max_pairs) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (piece.empty()) continue;
    if (out.size() == max_pairs) return Error::too_long;
    const std::size_t equals = piece.find('=');
    std::optional<std::string> name = wire::percent_decode(piece.substr(0, equals), wire::Plus::space);
    std::optional<std::string> value = std::string();
    if (equals != piece.npos) value = wire::percent_decode(piece.substr(equals + 1), wire::Plus::space);
    if (!name || !value) return Error::invalid_encoding;
    out.push_back({std::move(*name), std::move(*value)});
  }
  return {};
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::optional<std::string> percent_decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = detail::hex_value(text[i + 1]), low = detail::hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '+' && plus == Plus::space ? ' ' : text[i]);
    }
  }
  return out;
}

FANFARE_DECL void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char c : text) {
    if (detail::is_unreserved(c)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    }
  }
}

FANFARE_DECL std::string percent_encode(std::string_view text) {
  std::string out;
  append_percent_encoded(out, text);
  return out;
}

FANFARE_DECL TargetParts split_target(std::string_view target) noexcept {
  const std::size_t mark = target.find('?');
  if (mark == target.npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

FANFARE_DECL std::error_code parse_path(std::string_view path, UriPath& out,
                                        std::size_t max_segments) noexcept {
  out.segments.clear();
  out.has_encoded_slash = out.has_control = false;
  std::error_code error;
  try {
    error = detail::split_path(path, out, max_segments);
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
  }
  if (error) out.segments.clear();
  return error;
}

FANFARE_DECL bool is_safe_relative_path(const std::vector<std::string>& segments) noexcept {
  for (const std::string& segment : segments) {
    if (!detail::is_safe_segment(segment)) return false;
  }
  return !segments.empty();
}

FANFARE_DECL std::error_code parse_query(std::string_view query, std::vector<QueryPair>& out,
                                         std::size_t max_pairs) noexcept {
  out.clear();
  std::error_code error;
  try {
    error = detail::split_query(query, out, max_pairs);
  } catch (const std::bad_alloc&) {
    error = std::make_error_code(std::errc::not_enough_memory);
  }
  if (error) out.clear();
  return error;
}

FANFARE_DECL const std::string* find_query(const std::vector<QueryPair>& pairs,
                                           std::string_view name) noexcept {
  for (const QueryPair& pair : pairs) {
    if (pair.name == name) return &pair.value;
  }
  return nullptr;
}

FANFARE_DECL std::string with_query(std::string_view target, std::string_view name, std::string_view value) {
  auto [path, query] = split_target(target);
  std::string out(path);
  out += '?';
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty() || percent_decode(pair.substr(0, pair.find('=')), Plus::space) == name) continue;
    out.append(pair).push_back('&');
  }
  append_percent_encoded(out, name);
  out += '=';
  append_percent_encoded(out, value);
  return out;
}

}  // namespace wire
}  // namespace fanfare
