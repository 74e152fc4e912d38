/// The server's part of the opening handshake of WebSocket (RFC 6455 sec. 4.2): checks a request, chooses a
/// subprotocol and extensions, and says what to answer. Looks neither at the origin nor at the path, and
/// writes no response (see http_response_head.hpp).
#pragma once

#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/permessage_deflate.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::wire {

struct WebSocketServerOptions {
  /// The subprotocols that are spoken here. Of those that the client asks for, in its order of preference,
  /// the first one is chosen; none in common: the connection has none, and the client decides.
  std::vector<std::string> subprotocols = {};
  /// Agree to permessage-deflate, on these terms. None, or no FANFARE_WITH_ZLIB: do not.
  std::optional<DeflateServerOptions> deflate = {};
};

/// What to answer, and what holds for the connection if that is 101.
struct WebSocketUpgrade {
  /// None: error is zero. Else malformed, invalid_host, unsupported_version, too_long or not_enough_memory,
  /// with 400, 405, 426 or 503.
  HttpRefusal refusal = {};
  std::vector<HttpField> fields = {};  ///< for the response, 101 or not; a refusal needs a length as well
  std::string subprotocol = {};        ///< empty: none
  std::optional<DeflateParameters> deflate = {};

  bool accepted() const noexcept { return !refusal.error; }
  int status() const noexcept { return accepted() ? 101 : refusal.status; }
};

/// Whether the request asks for WebSocket, well or badly: so that a path that serves more than WebSocket
/// knows whom accept_websocket is to answer. In HTTP/1.0 nobody can (RFC 9110 sec. 7.8).
bool asks_for_websocket(const HttpRequestHead& head) noexcept;

/// Makes every check of sec. 4.2.1, and refuses a request with a body too, whose end could be taken for
/// frames. Complexity: linear in the head.
WebSocketUpgrade accept_websocket(const HttpRequestHead& head,
                                  const WebSocketServerOptions& options = {}) noexcept;

/// The value of Sec-WebSocket-Accept for one of Sec-WebSocket-Key (sec. 4.2.2, item 5.4): 28 characters.
std::string websocket_accept_key(std::string_view key);

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_handshake.ipp>
#endif
