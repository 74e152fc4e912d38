#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/base64.hpp>
#include <fanfare/wire/impl/websocket_handshake.ipp>
#include <fanfare/wire/websocket_client_handshake.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include <algorithm>
#include <new>

namespace fanfare {
namespace detail {

FANFARE_DECL std::string encode_nonce(const wire::WebSocketNonce& nonce) {
  std::string key;
  wire::append_base64(key, {reinterpret_cast<const char*>(nonce.data()), nonce.size()});
  return key;
}

FANFARE_DECL std::string_view check_upgrade_fields(int status, const std::vector<HttpField>& fields,
                                                   const wire::WebSocketNonce& nonce) {
  // RFC 6455 sec. 4.1, after the request, items 1 to 4.
  if (status != 101) return "the status is not 101";
  const std::string* upgrade = find_only_field(fields, "Upgrade");
  if (upgrade == nullptr || !wire::same_field_name(wire::trim_ows(*upgrade), "websocket")) {
    return "Upgrade is not websocket";
  }
  if (!wire::field_has_member(fields, "Connection", "Upgrade")) return "Connection has no Upgrade";
  const std::string* accept = find_only_field(fields, "Sec-WebSocket-Accept");
  if (accept == nullptr || wire::trim_ows(*accept) != wire::websocket_accept_key(encode_nonce(nonce))) {
    return "Sec-WebSocket-Accept does not prove that the server read the request";
  }
  return {};
}

// Item 5: an extension that was not asked for MUST fail the connection, as must a response out of terms.
FANFARE_DECL std::string_view check_extensions(const std::vector<HttpField>& fields,
                                               const wire::WebSocketClientOptions& options,
                                               std::optional<wire::DeflateParameters>& out) {
  std::vector<wire::WebSocketExtension> agreed;
  for (const HttpField& field : fields) {
    if (!wire::same_field_name(field.name, "Sec-WebSocket-Extensions")) continue;
    const std::error_code error = wire::parse_websocket_extensions(field.value, agreed);
    if (error == std::errc::not_enough_memory) throw std::bad_alloc();
    if (error) return "Sec-WebSocket-Extensions is malformed";
  }
  if (agreed.empty()) return {};
  if (!wire::has_deflate || !options.deflate || agreed.size() > 1)
    return "an extension that was not asked for";
  out = wire::check_deflate_response(agreed.front(), *options.deflate);
  return out ? std::string_view() : "an extension on terms that were not offered";
}

// Item 6: a subprotocol that was not asked for MUST fail the connection. Sec. 11.3.4: it comes once at most.
FANFARE_DECL std::string_view check_subprotocol(const std::vector<HttpField>& fields,
                                                const wire::WebSocketClientOptions& options,
                                                std::string& out) {
  if (wire::find_field(fields, "Sec-WebSocket-Protocol") == nullptr) return {};
  const std::string* chosen = find_only_field(fields, "Sec-WebSocket-Protocol");
  if (chosen == nullptr) return "a repeated Sec-WebSocket-Protocol";
  const std::string_view name = wire::trim_ows(*chosen);
  if (std::find(options.subprotocols.begin(), options.subprotocols.end(), name) ==
      options.subprotocols.end()) {
    return "a subprotocol that was not asked for";
  }
  out = name;
  return {};
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::vector<HttpField> websocket_request_fields(const WebSocketClientOptions& options,
                                                             const WebSocketNonce& nonce) {
  std::vector<HttpField> fields = {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}};
  fields.push_back({"Sec-WebSocket-Key", detail::encode_nonce(nonce)});
  fields.push_back({"Sec-WebSocket-Version", std::string(detail::websocket_version)});
  std::string names;
  for (const std::string& name : options.subprotocols) names.append(names.empty() ? "" : ", ").append(name);
  if (!names.empty()) fields.push_back({"Sec-WebSocket-Protocol", std::move(names)});
  if (has_deflate && options.deflate) {
    fields.push_back({"Sec-WebSocket-Extensions", deflate_offer(*options.deflate)});
  }
  return fields;
}

FANFARE_DECL WebSocketAgreement check_websocket_response(int status, const std::vector<HttpField>& fields,
                                                         const WebSocketClientOptions& options,
                                                         const WebSocketNonce& nonce) noexcept {
  WebSocketAgreement out;
  try {
    out.reason = detail::check_upgrade_fields(status, fields, nonce);
    if (out.reason.empty()) out.reason = detail::check_extensions(fields, options, out.deflate);
    if (out.reason.empty()) out.reason = detail::check_subprotocol(fields, options, out.subprotocol);
    if (!out.reason.empty()) out.error = Error::malformed;
  } catch (const std::bad_alloc&) {
    out.error = std::make_error_code(std::errc::not_enough_memory);
    out.reason = "out of memory";
  }
  return out;
}

}  // namespace wire
}  // namespace fanfare
