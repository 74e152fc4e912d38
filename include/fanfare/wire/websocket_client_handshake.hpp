/// The client's part of the opening handshake of WebSocket (RFC 6455 sec. 4.1): what a request must have, and
/// whether a response agrees. Chooses no nonce, and knows neither redirects nor logins: statuses besides 101
/// are the caller's to handle.
#pragma once

#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/permessage_deflate.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::wire {

/// Sec. 4.1, item 7: 16 bytes, chosen at random for each connection.
using WebSocketNonce = std::array<unsigned char, 16>;

struct WebSocketClientOptions {
  std::vector<std::string> subprotocols = {};  ///< to ask for, most wanted first; tokens, no two the same
  std::optional<DeflateClientOptions> deflate =
      {};  ///< offer permessage-deflate, if there is FANFARE_WITH_ZLIB
};

/// What a response comes to.
struct WebSocketAgreement {
  std::error_code error = {};    ///< none: the connection is open; else malformed or not_enough_memory
  std::string_view reason = {};  ///< one line for a log; static text that holds nothing of the peer's
  std::string subprotocol = {};  ///< empty: the server chose none
  std::optional<DeflateParameters> deflate = {};
};

/// The fields of a GET request with HTTP/1.1 that ask for WebSocket, but for Host, Origin, and what else the
/// caller has to say.
std::vector<HttpField> websocket_request_fields(const WebSocketClientOptions& options,
                                                const WebSocketNonce& nonce);

/// Checks a response as sec. 4.1 asks, after its head: if there is an error, the connection MUST be closed.
WebSocketAgreement check_websocket_response(int status, const std::vector<HttpField>& fields,
                                            const WebSocketClientOptions& options,
                                            const WebSocketNonce& nonce) noexcept;

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_client_handshake.ipp>
#endif
