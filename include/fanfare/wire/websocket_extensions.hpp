/// The grammar of Sec-WebSocket-Extensions (RFC 6455 sec. 9.1). Knows no extension's meaning.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::wire {

struct ExtensionParameter {
  std::string name = {};                  ///< a token, case counts
  std::optional<std::string> value = {};  ///< a token, out of its quotes if it had any; none: no '='
};

/// What a client offers, or a server agrees to. Names and parameters may come more than once: an offer is
/// judged by the extension's own rules.
struct WebSocketExtension {
  std::string name = {};
  std::vector<ExtensionParameter> parameters = {};
};

/// More of either in one handshake is too_long.
inline constexpr std::size_t max_websocket_extensions = 16;
inline constexpr std::size_t max_extension_parameters = 16;

/// Appends what one field lists, in order; several fields are one list. Spaces and tabs may stand around '=',
/// ';' and ',' (the implied LWS of RFC 2616 sec. 2.1); empty members between commas are passed over, but a
/// field must have at least one that is not.
/// @return  malformed, too_long; not_enough_memory. `out` is then not to be used
/// Complexity: linear.
std::error_code parse_websocket_extensions(std::string_view value,
                                           std::vector<WebSocketExtension>& out) noexcept;

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_extensions.ipp>
#endif
