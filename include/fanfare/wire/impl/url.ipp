#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/impl/http_field.ipp>
#include <fanfare/wire/url.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace fanfare {
namespace detail {

inline std::uint16_t default_port(std::string_view scheme) noexcept {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  return 0;
}

/// The bytes before the ':' of a scheme (RFC 3986 sec. 3.1); 0 if the text starts with none.
inline std::size_t scheme_size(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_letter = ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
    if (c == ':') return i;
    if (!is_letter && (i == 0 || (!is_ascii_digit(c) && c != '+' && c != '-' && c != '.'))) return 0;
  }
  return 0;
}

/// RFC 3986 sec. 3.2.2, without zones and future versions. The shape only: the system reads the address.
inline bool is_ipv6_text(std::string_view text) noexcept {
  const auto fits = [](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; };
  return text.size() >= 2 && text.size() <= 45 && std::all_of(text.begin(), text.end(), fits) &&
         text.find(':') != text.npos;
}

/// A name as it is looked up: no %XX, for it would only hide what it is. 253 is the longest in DNS (RFC
/// 1035).
inline bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 253 && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_unreserved(c) && c != '~'; });
}

/// "host", "host:", "host:80" into the URL, whose scheme is known.
inline std::error_code take_authority(std::string_view text, wire::Url& url) {
  std::string_view host = text, port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == text.npos) return Error::invalid_host;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!is_ipv6_text(host)) return Error::invalid_host;
  } else {
    host = text.substr(0, text.find(':'));
    port = text.substr(host.size());
    if (!is_host_name(host)) return Error::invalid_host;
  }
  url.host.assign(host);
  std::transform(url.host.begin(), url.host.end(), url.host.begin(), ascii_lower);
  url.port = default_port(url.scheme);
  if (port.empty() || port == ":") return {};  // RFC 3986 sec. 3.2.3
  unsigned number = 0;
  for (char c : port.substr(1)) {
    if (!is_ascii_digit(c)) return Error::invalid_host;
    number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > 65535) return Error::invalid_host;
  }
  if (port.front() != ':' || number == 0) return Error::invalid_host;
  url.port = static_cast<std::uint16_t>(number);
  return {};
}

/// RFC 3986 sec. 5.2.4, for a path that starts with '/'. Linear.
inline std::string remove_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // with the slash before it
    const bool is_last = end == path.size();
    path.remove_prefix(end);
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") out.resize(out.empty() ? 0 : out.rfind('/'));
      if (is_last) out += '/';
    } else {
      out += segment;
    }
  }
  return out;
}

/// What a request line cannot hold becomes %XX.
inline void append_for_target(std::string& out, std::string_view text, HttpCharacter kind) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char c : text) {
    if (is_http(c, kind)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

/// @param path   starts with '/', or is empty
/// @param query  with its '?', or empty
inline void take_target(std::string_view path, std::string_view query, wire::Url& url) {
  const std::string clean = remove_dot_segments(path);
  url.target.clear();
  append_for_target(url.target, clean.empty() ? "/" : clean, http_path);
  append_for_target(url.target, query, http_query);
}

/// RFC 3986 sec. 5.2.2. Without a base the text must be absolute.
inline std::error_code take_reference(const wire::Url* base, std::string_view text, wire::Url& url) {
  if (text.size() > wire::max_url_bytes) return Error::too_long;
  if (std::any_of(text.begin(), text.end(), is_ascii_control)) return Error::unsafe_field;
  text = text.substr(0, text.find('#'));
  if (base != nullptr) url = *base;
  const std::size_t scheme = scheme_size(text);
  if (scheme != 0) {
    url.scheme.assign(text.substr(0, scheme));
    std::transform(url.scheme.begin(), url.scheme.end(), url.scheme.begin(), ascii_lower);
    if (default_port(url.scheme) == 0) return Error::unsupported_scheme;
    text.remove_prefix(scheme + 1);
  }
  const bool has_authority = text.substr(0, 2) == "//";
  // RFC 9110 sec. 4.2.1: these schemes have an authority.
  if ((scheme != 0 || base == nullptr) && (scheme == 0 || !has_authority)) return Error::malformed;
  if (has_authority) {
    text.remove_prefix(2);
    const std::string_view authority = text.substr(0, text.find_first_of("/?"));
    if (const std::error_code error = take_authority(authority, url)) return error;
    text.remove_prefix(authority.size());
  }
  const std::string_view path = text.substr(0, text.find('?'));
  const std::string_view query = text.substr(path.size());
  if (has_authority || path.substr(0, 1) == "/") {
    take_target(path, query, url);
  } else if (!text.empty()) {
    const std::string_view had(base->target);
    std::string merged(had.substr(0, had.find('?')));
    if (!path.empty()) merged.resize(merged.rfind('/') + 1);
    take_target(merged.append(path), query, url);
  }
  return {};
}

inline std::error_code make_url(const wire::Url* base, std::string_view text, wire::Url& out) noexcept {
  try {
    wire::Url url;
    std::error_code error = take_reference(base, text, url);
    // Escapes make three bytes of one, and the result shall be a URL that is taken again.
    if (!error && url.text().size() > wire::max_url_bytes) error = Error::too_long;
    if (!error) out = std::move(url);
    return error;
  } catch (const std::bad_alloc&) {
    return std::make_error_code(std::errc::not_enough_memory);
  }
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::string Url::authority() const {
  std::string out = host.find(':') != host.npos ? '[' + host + ']' : host;
  if (port != detail::default_port(scheme)) out.append(":").append(std::to_string(port));
  return out;
}

FANFARE_DECL std::string Url::text() const {
  return scheme + "://" + authority() + target;
}

FANFARE_DECL bool same_origin(const Url& a, const Url& b) noexcept {
  return a.is_secure() == b.is_secure() && a.port == b.port && a.host == b.host;
}

FANFARE_DECL std::error_code parse_url(std::string_view text, Url& out) noexcept {
  return detail::make_url(nullptr, text, out);
}

FANFARE_DECL std::error_code resolve_url(const Url& base, std::string_view reference, Url& out) noexcept {
  return detail::make_url(&base, reference, out);
}

}  // namespace wire
}  // namespace fanfare
