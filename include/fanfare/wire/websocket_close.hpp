/// The end of a WebSocket connection: close codes, the payload of close frames (RFC 6455 sec. 5.5.1, 7.4),
/// and why a connection must fail. Does not keep track of the closing handshake.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare::wire {

/// RFC 6455 sec. 7.4.1 and the IANA registry. Applications have 3000 to 4999 to themselves.
enum class CloseCode : std::uint16_t {
  none = 0,  ///< no close code, not even the one that says so
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  ///< never sent: what a close frame without a code counts as
  abnormal = 1006,   ///< never sent: the connection ended without a close frame
  invalid_payload = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  mandatory_extension = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
};

/// Whether a close frame may carry the code: 1000 to 1003, 1007 to 1014, 3000 to 4999. The others are
/// reserved for what happens on one side only (1005, 1006, 1015), or are not defined.
bool is_valid_close_code(unsigned code) noexcept;

/// Why a connection must fail (RFC 6455 sec. 7.1.7), and the code to put into the close frame that says so.
/// None: error is zero.
struct WebSocketFailure {
  std::error_code error = {};
  CloseCode code = CloseCode::none;
  std::string_view reason = {};  ///< one line for a log; static text that holds nothing of the peer's
};

/// What a close frame says. Lifetime of the reason: that of the payload.
struct ClosePayload {
  CloseCode code = CloseCode::no_status;  ///< no_status if the payload is empty
  std::string_view reason = {};           ///< valid UTF-8
};

/// Takes a close frame's payload apart.
/// @return  none; or malformed with 1002: a payload of one byte, or a code that may not be sent; or
///          invalid_encoding with 1007: a reason that is not UTF-8
WebSocketFailure parse_close_payload(std::string_view payload, ClosePayload& out) noexcept;

/// Of the reason in a close frame: what a control frame may carry, less the code.
inline constexpr std::size_t max_close_reason_bytes = 125 - 2;

/// Appends a close frame's payload: nothing for no_status, else the code and the reason. Invalid UTF-8 in the
/// reason becomes U+FFFD, and what is too long is cut at a character's end, so a reason is always sent.
/// @return  false, with nothing appended, if the code may not be sent
[[nodiscard]] bool append_close_payload(std::string& out, CloseCode code, std::string_view reason = {});

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/websocket_close.ipp>
#endif
