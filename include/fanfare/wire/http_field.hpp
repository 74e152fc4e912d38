/// A field of an HTTP message (RFC 9110 sec. 5), and what its name and value may hold. Knows no field's
/// meaning.
#pragma once

#include <fanfare/config.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare {

/// One field line. The name keeps the case that it was written in; compare with wire::same_field_name.
struct HttpField {
  std::string name, value;
};

namespace wire {

/// Why a message was not taken, and the status to answer with before closing. None: error is zero.
struct HttpRefusal {
  std::error_code error = {};
  int status = 0;                ///< 400, 413, 414, 431, 501, 503 or 505
  std::string_view reason = {};  ///< one line for a log; static text that holds nothing of the peer's
};

/// Whether two field names are the same: ASCII letters match in either case (RFC 9110 sec. 5.1).
/// Also for other words that HTTP compares so: connection options, transfer codings.
bool same_field_name(std::string_view a, std::string_view b) noexcept;

/// At least one character, all of them tchar (RFC 9110 sec. 5.6.2).
bool is_token(std::string_view text) noexcept;

/// Free of CR, LF, NUL and every other control character but HTAB (RFC 9110 sec. 5.5). Empty is valid.
bool is_field_value(std::string_view text) noexcept;

/// Without the spaces and tabs at both ends (OWS, RFC 9110 sec. 5.6.3). Linear.
std::string_view trim_ows(std::string_view text) noexcept;

/// The value of the first field of that name; null if there is none.
/// Lifetime: the pointer dies with the fields.
const std::string* find_field(const std::vector<HttpField>& fields, std::string_view name) noexcept;

/// Whether a comma-separated list (RFC 9110 sec. 5.6.1) has the member. Empty members are passed over.
/// Members match in either case, as the options of Connection and the protocols of Upgrade do. Quoted strings
/// are not understood.
bool list_has_member(std::string_view list, std::string_view member) noexcept;

/// Whether a field of that name has the member; several fields of a name are one list (RFC 9110 sec. 5.3).
bool field_has_member(const std::vector<HttpField>& fields, std::string_view name,
                      std::string_view member) noexcept;

}  // namespace wire
}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/http_field.ipp>
#endif
