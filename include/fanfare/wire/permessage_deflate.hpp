/// Negotiates the extension permessage-deflate (RFC 7692 sec. 7.1) for either role. Neither compresses nor
/// inflates (see deflate.hpp), and needs no zlib.
#pragma once

#include <fanfare/wire/websocket_extensions.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace fanfare::wire {

inline constexpr std::string_view permessage_deflate = "permessage-deflate";

/// Whether this build can compress and inflate: FANFARE_WITH_ZLIB. Otherwise no handshake agrees to it.
#if FANFARE_WITH_ZLIB
inline constexpr bool has_deflate = true;
#else
inline constexpr bool has_deflate = false;
#endif

/// The window is 2^bits bytes. Sec. 7.1.2 allows 8 to 15.
inline constexpr int min_window_bits = 8, max_window_bits = 15;

/// What both sides agreed on.
struct DeflateParameters {
  bool server_no_context_takeover = false;  ///< each message of the server is compressed by itself
  bool client_no_context_takeover = false;  ///< each message of the client is
  int server_max_window_bits = 15;          ///< the window that the server compresses with at the most
  int client_max_window_bits = 15;          ///< the window that the client compresses with at the most

  bool operator==(const DeflateParameters&) const = default;
};

/// What a server agrees to. As it is, every offer is honoured as asked for.
struct DeflateServerOptions {
  /// Compress each message by itself, asked for or not.
  bool server_no_context_takeover = false;
  /// Have the client compress each message by itself, asked for or not: then nothing is kept for it between
  /// messages.
  bool client_no_context_takeover = false;
  /// Offers that ask for a smaller window of the server's are declined; 8 to 15.
  int min_server_window_bits = 8;
  /// The window to compress with at the most; 8 to 15.
  int server_max_window_bits = 15;
  /// The window that clients may use, those that can be told (sec. 7.1.2.2); 8 to 15.
  int client_max_window_bits = 15;

  /// For event streams: each message is compressed once for all subscribers, which takes the same window
  /// for all and no context.
  static DeflateServerOptions shared() noexcept {
    return {
        .server_no_context_takeover = true, .client_no_context_takeover = true, .min_server_window_bits = 15};
  }
};

struct DeflateAgreement {
  DeflateParameters parameters = {};
  std::string response = {};  ///< for Sec-WebSocket-Extensions
};

/// Judges one extension that a client offered. Offers are in the client's order of preference: take the first
/// that is not declined.
/// @return  none if it is declined (sec. 7.1): another extension; a parameter that is not known, comes twice
///          or has a value that is not valid; or a window smaller than ours
std::optional<DeflateAgreement> accept_deflate(const WebSocketExtension& offer,
                                               const DeflateServerOptions& options = {});

/// What a client asks for.
struct DeflateClientOptions {
  bool server_no_context_takeover = false;  ///< asks the server to compress each message by itself
  bool client_no_context_takeover = false;  ///< says that we shall do so
  int server_max_window_bits = 15;          ///< asks for a window of at most this; 15: does not ask
  int client_max_window_bits = 15;          ///< our window at the most; below 15 the server is told
};

/// The offer for Sec-WebSocket-Extensions. It always lets the server limit our window.
std::string deflate_offer(const DeflateClientOptions& options = {});

/// Judges what the server agreed to.
/// @return  none if it does not match the offer: the connection MUST fail then (sec. 7.1)
std::optional<DeflateParameters> check_deflate_response(const WebSocketExtension& response,
                                                        const DeflateClientOptions& options = {});

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/permessage_deflate.ipp>
#endif
