/// Writes the head of an HTTP/1.1 response (RFC 9112 sec. 4 and 5): status line, fields, the empty line. Adds
/// no field of its own, and reads nothing. All functions are pure; any thread. Complexity: linear.
#pragma once

#include <fanfare/wire/http_field.hpp>

#include <chrono>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare::wire {

/// The phrase of RFC 9110 sec. 15 (and of RFC 6585, 7725, 8297, 8470); empty for a status that has none.
std::string_view reason_phrase(int status) noexcept;

/// Appends a whole head, or nothing and an error:
/// - out_of_range: the status is not within 100 to 599;
/// - unsafe_field: a name that is no token, a value with CR, LF, NUL or another control character (RFC 9110
/// sec. 5.5);
/// - invalid_length: fields that leave the end of the body in doubt: a repeated Content-Length or
/// Transfer-Encoding,
///   both of them, a length that is not a number, either one in a 1xx or 204 response (RFC 9112
///   sec. 6.1, 6.2).
/// The version is always 1.1, as it is ours and not the client's (RFC 9110 sec. 2.5). That chunked must not
/// go to an HTTP/1.0 client (RFC 9112 sec. 6.1), and that 304 and HEAD have no body, is the caller's part.
std::error_code append_response_head(std::string& out, int status, std::span<const HttpField> fields);
std::error_code append_response_head(std::string& out, int status, std::initializer_list<HttpField> fields);

/// Appends the time as "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC 9110 sec. 5.6.7), in any locale; 29
/// bytes. Fractions of a second are dropped; before year 0 and after year 9999 it is the nearest time that
/// can be said.
void append_http_date(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/http_response_head.ipp>
#endif
