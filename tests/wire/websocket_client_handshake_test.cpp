#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_client_handshake.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;
using fanfare::HttpField;
using Fields = std::vector<HttpField>;

namespace {

const WebSocketNonce nonce = {'t', 'h', 'e', ' ', 's', 'a', 'm', 'p', 'l', 'e', ' ', 'n', 'o', 'n', 'c', 'e'};

const Fields good = {{"Upgrade", "websocket"},
                     {"Connection", "Upgrade"},
                     {"Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}};

Fields with(Fields fields, const std::string& name, const std::string& value) {
  fields.push_back({name, value});
  return fields;
}

Fields instead(Fields fields, const std::string& name, const std::string& value) {
  for (HttpField& field : fields) {
    if (field.name == name) field.value = value;
  }
  return fields;
}

Fields without(Fields fields, const std::string& name) {
  std::erase_if(fields, [&name](const HttpField& field) { return field.name == name; });
  return fields;
}

void check_refused(int status, const Fields& fields, const WebSocketClientOptions& options = {}) {
  const WebSocketAgreement out = check_websocket_response(status, fields, options, nonce);
  CHECK(out.error == Error::malformed);
  CHECK_FALSE(out.reason.empty());
}

WebSocketAgreement agreed(const Fields& fields, const WebSocketClientOptions& options = {}) {
  WebSocketAgreement out = check_websocket_response(101, fields, options, nonce);
  CAPTURE(out.reason);
  CHECK_FALSE(out.error);
  return out;
}

}  // namespace

TEST_CASE("websocket client handshake: sec 4-1 what a request must have", "[wire][websocket]") {
  std::string text;
  const WebSocketClientOptions options = {.subprotocols = {"chat", "superchat"},
                                          .deflate = DeflateClientOptions{}};
  for (const HttpField& field : websocket_request_fields(options, nonce))
    text += field.name + ": " + field.value + '\n';
  CHECK(text ==
        "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Protocol: chat, superchat\n" +
            std::string(has_deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\n"
                                    : ""));
  CHECK(websocket_request_fields({}, nonce).size() == 4);
}

TEST_CASE("websocket client handshake: sec 4-1 responses that open the connection", "[wire][websocket]") {
  CHECK(agreed(good).subprotocol.empty());
  agreed({{"UPGRADE", "WebSocket"},
          {"connection", "keep-alive, upgrade"},
          {"sec-websocket-accept", " s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\t"}});
  const WebSocketClientOptions options = {.subprotocols = {"a", "b"}};
  CHECK(agreed(with(good, "Sec-WebSocket-Protocol", "b"), options).subprotocol == "b");
  CHECK(agreed(good, options).subprotocol.empty());
}

TEST_CASE("websocket client handshake: sec 4-1 the status is 101", "[wire][websocket]") {
  for (const int status : {100, 102, 200, 204, 301, 401, 403, 426, 500}) check_refused(status, good);
}

TEST_CASE("websocket client handshake: sec 4-1 Upgrade, Connection and Accept are there and right",
          "[wire][websocket]") {
  for (const HttpField& field : good) check_refused(101, without(good, field.name));
  for (const char* value : {"", "websocket2", "h2c", "h2c, websocket", "web"}) {
    check_refused(101, instead(good, "Upgrade", value));
  }
  for (const char* value : {"", "close", "keep-alive", "Upgraded"})
    check_refused(101, instead(good, "Connection", value));
  for (const char* value :
       {"", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, s3pPLMBiTxaQ9kYGzzhZRbK+xOo="}) {
    check_refused(101, instead(good, "Sec-WebSocket-Accept", value));
  }
  check_refused(101, with(good, "Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  WebSocketNonce other = nonce;
  other[15] ^= 1;
  CHECK(check_websocket_response(101, good, {}, other).error == Error::malformed);
}

TEST_CASE("websocket client handshake: sec 4-1 a subprotocol that was not asked for is refused",
          "[wire][websocket]") {
  const WebSocketClientOptions options = {.subprotocols = {"a", "b"}};
  for (const char* value : {"c", "A", "", "a, b", "a,b", "\"a\""}) {
    CAPTURE(value);
    check_refused(101, with(good, "Sec-WebSocket-Protocol", value), options);
  }
  check_refused(101, with(good, "Sec-WebSocket-Protocol", "a"));
  check_refused(101, with(with(good, "Sec-WebSocket-Protocol", "a"), "Sec-WebSocket-Protocol", "b"), options);
}

TEST_CASE("websocket client handshake: sec 4-1 an extension that was not asked for is refused",
          "[wire][websocket][deflate]") {
  const WebSocketClientOptions options = {.deflate = DeflateClientOptions{}};
  check_refused(101, with(good, "Sec-WebSocket-Extensions", "permessage-deflate"));
  for (const char* value : {"", "x-other", "permessage-deflate, x-other", "x-other, permessage-deflate",
                            "permessage-deflate, permessage-deflate", "permessage-deflate; unknown",
                            "permessage-deflate; client_max_window_bits", "permessage-deflate;"}) {
    CAPTURE(value);
    check_refused(101, with(good, "Sec-WebSocket-Extensions", value), options);
  }
  check_refused(101,
                with(with(good, "Sec-WebSocket-Extensions", "permessage-deflate"), "Sec-WebSocket-Extensions",
                     "permessage-deflate"),
                options);
  CHECK_FALSE(agreed(good, options).deflate);
  if (!has_deflate) return;
  const auto deflate =
      agreed(with(good, "Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=10"), options)
          .deflate;
  REQUIRE(deflate);
  CHECK(deflate->client_max_window_bits == 10);
}

TEST_CASE("websocket client handshake: our server and our client agree", "[wire][websocket][deflate]") {
  std::mt19937 random(7);
  for (int i = 0; i < 50; ++i) {
    WebSocketNonce key;
    for (unsigned char& byte : key) byte = static_cast<unsigned char>(random());
    const WebSocketClientOptions client = {.subprotocols = {"a", "b"}, .deflate = DeflateClientOptions{}};
    HttpRequestHead head;
    head.method = "GET";
    head.target = "/";
    head.host = "localhost";
    head.upgrade = true;
    head.fields = websocket_request_fields(client, key);
    const WebSocketUpgrade answer =
        accept_websocket(head, {.subprotocols = {"b"}, .deflate = DeflateServerOptions::shared()});
    REQUIRE(answer.accepted());
    const WebSocketAgreement out = check_websocket_response(answer.status(), answer.fields, client, key);
    CAPTURE(out.reason);
    REQUIRE_FALSE(out.error);
    CHECK(out.subprotocol == "b");
    CHECK(out.deflate == answer.deflate);
    CHECK(out.deflate.has_value() == has_deflate);
  }
}
