/// Takes the target of a request apart, and encodes text to put one together (RFC 3986). Does not resolve
/// references, normalise, or know schemes and hosts. What is decoded is arbitrary bytes: check it after
/// decoding (is_valid_utf8, the flags of UriPath), never before. All functions are pure; any thread.
/// Complexity: linear.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::wire {

/// Whether '+' stands for a space: in queries and form bodies it does (WHATWG URL sec. 5.1), in paths it does
/// not.
enum class Plus { literal, space };

/// Decodes %XX once. None if a '%' is not followed by two hexadecimal digits (RFC 3986 sec. 2.1).
/// Throws only bad_alloc; the result is never longer than the text.
std::optional<std::string> percent_decode(std::string_view text, Plus plus = Plus::literal);

/// Appends the text so that it stands for itself in a path segment or in the name or value of a query: all
/// but the unreserved characters (RFC 3986 sec. 2.3) become %XX, a space %20. Appends at most 3 bytes for
/// each byte.
void append_percent_encoded(std::string& out, std::string_view text);
std::string percent_encode(std::string_view text);

/// Views of a target in origin-form: "/a/b?c=d" is "/a/b" and "c=d".
/// Lifetime: that of the target.
struct TargetParts {
  std::string_view path, query;
};
TargetParts split_target(std::string_view target) noexcept;

/// A path's segments, each decoded by itself, so that no encoded slash makes two of one: "/a%2Fb/" is "a/b"
/// and "".
struct UriPath {
  std::vector<std::string> segments = {};
  bool has_encoded_slash =
      false;  ///< a segment holds '/': refuse it, unless it never meets a file system or a proxy
  bool has_control = false;  ///< a segment holds NUL or another control character: refuse it
};

/// @param path          starts with '/'; has no query
/// @param max_segments  the root, "/", counts as one, the empty segment
/// @return              malformed, invalid_encoding (a bad %XX), too_long; not_enough_memory. `out` is then
/// empty.
std::error_code parse_path(std::string_view path, UriPath& out, std::size_t max_segments = 64) noexcept;

/// Whether the decoded segments, joined to a directory, stay below it, on POSIX and on Windows. Refused: no
/// segment at all, an empty one, "." and "..", a slash, backslash, colon or control character, a dot or space
/// at the end (Windows drops them). Says nothing of symbolic links.
bool is_safe_relative_path(const std::vector<std::string>& segments) noexcept;

/// One name=value of a query; without '=' the value is empty.
struct QueryPair {
  std::string name, value;
};

/// Takes "a=1&b=2" apart, in order; '+' is a space. Also for application/x-www-form-urlencoded bodies.
/// @param max_pairs  empty pieces ("a&&b") are passed over and not counted
/// @return           invalid_encoding (a bad %XX), too_long; not_enough_memory. `out` is then empty.
std::error_code parse_query(std::string_view query, std::vector<QueryPair>& out,
                            std::size_t max_pairs = 100) noexcept;

/// The value of the first pair of that name (case counts); null if there is none.
/// Lifetime: the pointer dies with the pairs.
const std::string* find_query(const std::vector<QueryPair>& pairs, std::string_view name) noexcept;

/// The target with one pair of that name in its query, at the end, instead of those that it has.
std::string with_query(std::string_view target, std::string_view name, std::string_view value);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/uri.ipp>
#endif
