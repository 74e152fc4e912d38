/// An absolute http, https, ws or wss URL taken apart, and references to it resolved, as redirects need (RFC
/// 3986 sec. 5.2). Neither connects nor looks names up. All functions are pure; any thread. Complexity:
/// linear.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare::wire {

inline constexpr std::size_t max_url_bytes = 8 * 1024;

struct Url {
  std::string scheme = {};   ///< "http", "https", "ws" or "wss"
  std::string host = {};     ///< in lower case; of an IPv6 address without the brackets
  std::uint16_t port = 0;    ///< never 0; the scheme's own if none was given: 80 or 443
  std::string target = "/";  ///< path and query in origin-form, "/a?b"; without the fragment

  bool is_secure() const noexcept { return scheme == "https" || scheme == "wss"; }
  bool is_websocket() const noexcept { return scheme == "ws" || scheme == "wss"; }
  /// Host and port as the field Host wants them (RFC 9110 sec. 7.2): "[::1]:8080", without the scheme's own
  /// port.
  std::string authority() const;
  /// "https://example.org:8443/a?b". Parsing it gives the same Url.
  std::string text() const;

  bool operator==(const Url&) const = default;
};

/// Whether both lead to the same server by the same kind of connection: host, port, and whether it is secure.
/// ws is as http, wss as https. Only then may credentials go from one to the other.
bool same_origin(const Url& a, const Url& b) noexcept;

/// @param text  an absolute URL. Dot segments are removed, a fragment is dropped; a space, a backslash, a
///              quote, angle brackets and what is not ASCII become %XX in path and query, as browsers do
///              (WHATWG URL sec. 1.3).
/// @return      malformed; invalid_host (user information too: RFC 9110 sec. 4.2.4 wants it refused);
///              unsupported_scheme; unsafe_field (a control character); too_long; not_enough_memory. `out` is
///              then as before.
/// A host is a name in ASCII (an international one in its xn-- form), an IPv4 address, or an IPv6 address in
/// brackets, without a zone.
std::error_code parse_url(std::string_view text, Url& out) noexcept;

/// The URL that a reference means where `base` is known: RFC 3986 sec. 5.2.2, strict. For the field Location
/// (RFC 9110 sec. 10.2.2).
/// @return  as parse_url
std::error_code resolve_url(const Url& base, std::string_view reference, Url& out) noexcept;

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/url.ipp>
#endif
