#include "handshake.hpp"

#include <fanfare/wire/http_response_head.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include <string_view>
#include <utility>
#include <vector>

using namespace fanfare::wire;
using fanfare::HttpField;

static std::string refuse(int status, std::string_view reason, std::vector<HttpField> fields,
                          bool with_body = true) {
  const std::string text =
      "This is a WebSocket echo server: it sends every message back.\n"
      "Connect to it with a WebSocket client (ws://). What came here is " +
      std::string(reason) + ".\n";
  fields.push_back({"Content-Type", "text/plain"});
  fields.push_back({"Content-Length", std::to_string(text.size())});
  fields.push_back({"Connection", "close"});
  std::string out;
  append_response_head(out, status, fields);
  return with_body ? out + text : out;
}

HandshakeAnswer answer_handshake(const HttpRequestHead& head) {
  WebSocketUpgrade upgrade = accept_websocket(head, {.deflate = DeflateServerOptions{}});
  if (!upgrade.accepted()) {
    return {.response = refuse(upgrade.status(), upgrade.refusal.reason, std::move(upgrade.fields),
                               head.method != "HEAD")};
  }
  HandshakeAnswer answer{.accepted = true, .deflate = upgrade.deflate};
  append_response_head(answer.response, upgrade.status(), upgrade.fields);
  return answer;
}

std::string refuse_request(const HttpRefusal& refusal) {
  return refuse(refusal.status, refusal.reason, {});
}
