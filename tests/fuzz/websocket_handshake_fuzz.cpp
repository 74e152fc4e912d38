// Any fields as a handshake, from a client and from a server: what is agreed to keeps to what was offered,
// and our own client understands it.
#include <fanfare/wire/base64.hpp>
#include <fanfare/wire/http_response_head.hpp>
#include <fanfare/wire/websocket_client_handshake.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::wire;
using fanfare::HttpField;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

const std::vector<std::string> subprotocols = {"fanfare.v1", "b"};
const WebSocketNonce nonce = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

void check_parameters(const DeflateParameters& agreed) {
  require(agreed.server_max_window_bits >= 8 && agreed.server_max_window_bits <= 15);
  require(agreed.client_max_window_bits >= 8 && agreed.client_max_window_bits <= 15);
}

void check_request(std::string_view text, bool shared) {
  HttpRequestHeadParser parser;
  if (parser.parse(text) != HeadStatus::done) return;
  const HttpRequestHead& head = parser.head();
  WebSocketServerOptions options;
  options.subprotocols = subprotocols;
  options.deflate = shared ? DeflateServerOptions::shared() : DeflateServerOptions();
  const WebSocketUpgrade answer = accept_websocket(head, options);
  require(answer.accepted() == (answer.refusal.status == 0));
  if (head.chunked || head.method != "GET") require(!answer.accepted());
  std::string response;
  require(!append_response_head(response, answer.status(), answer.fields));
  if (!answer.accepted()) return;

  require(asks_for_websocket(head) && !head.host.empty());
  require(find_field(answer.fields, "Sec-WebSocket-Accept")->size() == 28);
  if (!answer.subprotocol.empty()) {
    require(field_has_member(head.fields, "Sec-WebSocket-Protocol", answer.subprotocol));
    require(std::find(subprotocols.begin(), subprotocols.end(), answer.subprotocol) != subprotocols.end());
  }
  if (answer.deflate) {
    check_parameters(*answer.deflate);
    if (shared)
      require(answer.deflate->server_no_context_takeover && answer.deflate->server_max_window_bits == 15);
  }
}

void check_response(std::string_view extensions, std::string_view subprotocol) {
  WebSocketClientOptions options;
  options.subprotocols = subprotocols;
  options.deflate = DeflateClientOptions{.server_max_window_bits = 12, .client_max_window_bits = 13};
  std::string key;
  for (const HttpField& field : websocket_request_fields(options, nonce)) {
    if (field.name == "Sec-WebSocket-Key") key = field.value;
  }
  const std::vector<HttpField> fields = {{"Upgrade", "websocket"},
                                         {"Connection", "Upgrade"},
                                         {"Sec-WebSocket-Accept", websocket_accept_key(key)},
                                         {"Sec-WebSocket-Extensions", std::string(extensions)},
                                         {"Sec-WebSocket-Protocol", std::string(subprotocol)}};
  const WebSocketAgreement out = check_websocket_response(101, fields, options, nonce);
  require(static_cast<bool>(out.error) == !out.reason.empty());
  if (out.error) return;
  require(std::find(subprotocols.begin(), subprotocols.end(), out.subprotocol) != subprotocols.end());
  require(out.deflate.has_value());  // a field that is there names something
  check_parameters(*out.deflate);
  require(out.deflate->server_max_window_bits <= 12 && out.deflate->client_max_window_bits <= 13);
}

// What is declined by the letter stays so, and what is accepted is understood by a client that made the
// offer.
void check_offers(std::string_view text) {
  std::vector<WebSocketExtension> offers;
  if (parse_websocket_extensions(text, offers)) return;
  require(!offers.empty() && offers.size() <= max_websocket_extensions);
  for (const WebSocketExtension& offer : offers) {
    require(is_token(offer.name) && offer.parameters.size() <= max_extension_parameters);
    for (const ExtensionParameter& parameter : offer.parameters) {
      require(is_token(parameter.name) && (!parameter.value || is_token(*parameter.value)));
    }
    const auto agreement = accept_deflate(offer);
    if (!agreement) continue;
    require(offer.name == permessage_deflate);
    std::vector<WebSocketExtension> response;
    require(!parse_websocket_extensions(agreement->response, response) && response.size() == 1);
    const auto understood = check_deflate_response(response[0]);
    require(understood && *understood == agreement->parameters);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_request(text, data[0] % 2 != 0);
  check_request(
      "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n" +
          std::string(text) + "\r\n\r\n",
      data[0] % 2 != 0);
  check_offers(text);
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  check_response(text.substr(0, line_end), "b");
  check_response("permessage-deflate; server_max_window_bits=10", text);

  std::string decoded, encoded;
  if (const auto bytes = decode_base64(text)) append_base64(encoded, *bytes);
  append_base64(decoded, text);
  require(decode_base64(decoded) == std::string(text));
  return 0;
}
