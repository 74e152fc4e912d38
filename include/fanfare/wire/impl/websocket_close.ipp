#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/utf8.hpp>
#include <fanfare/wire/websocket_close.hpp>

namespace fanfare::wire {

FANFARE_DECL bool is_valid_close_code(unsigned code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

FANFARE_DECL WebSocketFailure parse_close_payload(std::string_view payload, ClosePayload& out) noexcept {
  out = {};
  if (payload.empty()) return {};
  if (payload.size() == 1) {
    return {Error::malformed, CloseCode::protocol_error, "a close frame with half a code"};
  }
  const unsigned code = static_cast<unsigned>(static_cast<unsigned char>(payload[0]) << 8 |
                                              static_cast<unsigned char>(payload[1]));
  if (!is_valid_close_code(code)) {
    return {Error::malformed, CloseCode::protocol_error, "a close code that may not be sent"};
  }
  const std::string_view reason = payload.substr(2);
  if (!is_valid_utf8(reason)) {
    return {Error::invalid_encoding, CloseCode::invalid_payload, "the reason of a close frame is not UTF-8"};
  }
  out = {static_cast<CloseCode>(code), reason};
  return {};
}

FANFARE_DECL bool append_close_payload(std::string& out, CloseCode code, std::string_view reason) {
  if (code == CloseCode::no_status) return true;
  const unsigned number = static_cast<unsigned>(code);
  if (!is_valid_close_code(number)) return false;
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number & 0xFF));
  const std::size_t begin = out.size();
  // Repairs at most what can be sent, and one character that the cut may split.
  append_valid_utf8(out, reason.substr(0, max_close_reason_bytes + 4));
  if (out.size() - begin > max_close_reason_bytes) {
    const std::string_view kept(out.data() + begin, max_close_reason_bytes);
    out.resize(begin + valid_utf8_prefix(kept));
  }
  return true;
}

}  // namespace fanfare::wire
