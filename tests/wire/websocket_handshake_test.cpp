#include <fanfare/error.hpp>
#include <fanfare/wire/http_response_head.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;
using fanfare::HttpField;

namespace {

const std::string upgrade = "Upgrade: websocket\r\n";
const std::string connection = "Connection: Upgrade\r\n";
const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string version = "Sec-WebSocket-Version: 13\r\n";
const std::string all = upgrade + connection + key + version;

HttpRequestHead head_of(const std::string& fields, const std::string& line = "GET /chat HTTP/1.1") {
  const std::string text = line + "\r\nHost: server.example.com\r\n" + fields + "\r\n";
  HttpRequestHeadParser parser;
  std::string_view bytes = text;
  CAPTURE(text);
  REQUIRE(parser.parse(bytes) == HeadStatus::done);
  return parser.take();
}

WebSocketUpgrade accept(const std::string& fields, const WebSocketServerOptions& options = {}) {
  return accept_websocket(head_of(fields), options);
}

std::string field(const WebSocketUpgrade& answer, std::string_view name) {
  const std::string* value = find_field(answer.fields, name);
  return value ? *value : "none";
}

void check_refused(const WebSocketUpgrade& answer, Error error, int status) {
  CAPTURE(answer.refusal.reason);
  CHECK_FALSE(answer.accepted());
  CHECK(answer.refusal.error == error);
  CHECK(answer.status() == status);
  CHECK_FALSE(answer.refusal.reason.empty());
  CHECK(field(answer, "Sec-WebSocket-Accept") == "none");
  CHECK(answer.subprotocol.empty());
  CHECK_FALSE(answer.deflate);
}

void check_accepted(const std::string& fields) {
  const WebSocketUpgrade answer = accept(fields);
  CAPTURE(fields, answer.refusal.reason);
  CHECK(answer.accepted());
}

}  // namespace

TEST_CASE("websocket handshake: sec 1-2 and 1-3 the example of the standard", "[wire][websocket]") {
  CHECK(websocket_accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const WebSocketUpgrade answer =
      accept(all + "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n",
             {.subprotocols = {"superchat", "chat"}});
  REQUIRE(answer.accepted());
  CHECK(answer.status() == 101);
  std::string response;
  REQUIRE_FALSE(append_response_head(response, answer.status(), answer.fields));
  CHECK(response ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
  CHECK(answer.subprotocol == "chat");
}

TEST_CASE("websocket handshake: sec 4-2-1 what a request may look like", "[wire][websocket]") {
  check_accepted(all);
  check_accepted(
      "upgrade: WebSocket\r\nCONNECTION: keep-alive, UPGRADE\r\nsec-websocket-KEY: "
      "dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "SEC-websocket-version: 13\r\n");
  check_accepted("Upgrade: h2c, websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n" + key +
                 version);
  check_accepted(upgrade + connection +
                 "Sec-WebSocket-Key:   dGhlIHNhbXBsZSBub25jZQ== \t\r\nSec-WebSocket-Version:13 \r\n");
  check_accepted(all + "Content-Length: 0\r\n");
  check_accepted(upgrade + connection + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" + version);
  check_accepted(upgrade + connection + "Sec-WebSocket-Key: /+/+/+/+/+/+/+/+/+/+/w==\r\n" + version);
  CHECK(accept_websocket(head_of(all, "GET http://other.example/a?b HTTP/1.1")).accepted());
}

TEST_CASE("websocket handshake: sec 4-2-1 the method is GET", "[wire][websocket]") {
  for (const char* method : {"POST", "HEAD", "OPTIONS", "get", "PUT"}) {
    const WebSocketUpgrade answer = accept_websocket(head_of(all, method + std::string(" / HTTP/1.1")));
    check_refused(answer, Error::malformed, 405);
    CHECK(field(answer, "Allow") == "GET");
  }
}

TEST_CASE("websocket handshake: sec 4-2-1 the version of HTTP is at least 1-1", "[wire][websocket]") {
  check_refused(accept_websocket(head_of(all, "GET / HTTP/1.0")), Error::malformed, 426);
  CHECK_FALSE(asks_for_websocket(head_of(all, "GET / HTTP/1.0")));
}

TEST_CASE("websocket handshake: sec 4-2-1 Host is there", "[wire][websocket]") {
  HttpRequestHead head = head_of(all);
  head.host.clear();
  check_refused(accept_websocket(head), Error::invalid_host, 400);
}

TEST_CASE("websocket handshake: sec 4-2-1 Upgrade has websocket and Connection has upgrade",
          "[wire][websocket]") {
  for (const std::string& fields :
       {key + version, connection + key + version, upgrade + key + version,
        "Upgrade: websockets\r\n" + connection + key + version,
        "Upgrade: web socket\r\n" + connection + key + version,
        "Upgrade: websocket/13\r\n" + connection + key + version,
        "Upgrade: \r\n" + connection + key + version, upgrade + "Connection: close\r\n" + key + version,
        upgrade + "Connection: upgraded\r\n" + key + version, upgrade + "Connection: \r\n" + key + version}) {
    CAPTURE(fields);
    CHECK_FALSE(asks_for_websocket(head_of(fields)));
    const WebSocketUpgrade answer = accept(fields);
    check_refused(answer, Error::malformed, 426);
    CHECK(field(answer, "Upgrade") == "websocket");  // RFC 9110 sec. 15.5.22
    CHECK(field(answer, "Connection") == "Upgrade");
  }
  CHECK(asks_for_websocket(head_of(upgrade + connection)));
}

TEST_CASE("websocket handshake: sec 4-2-1 the key is 16 bytes in base64, and comes once",
          "[wire][websocket]") {
  for (const char* value : {"", "dGhlIHNhbXBsZSBub25jZQ",
                            "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25j",
                            "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25jZSEh",
                            "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
                            "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==", "dGhl IHNhbXBsZSBub25jZQ=",
                            "dGhlIHNhbXBsZSBub2-jZQ==", "\"dGhlIHNhbXBsZSBub25jZQ==\"", "=",
                            "====", "AAAAAAAAAAAAAAAAAAAAAAAA"}) {
    CAPTURE(value);
    check_refused(accept(upgrade + connection + version + "Sec-WebSocket-Key: " + value + "\r\n"),
                  Error::malformed, 400);
  }
  check_refused(accept(upgrade + connection + version), Error::malformed, 400);
  check_refused(accept(all + key), Error::malformed, 400);  // sec. 11.3.1
}

TEST_CASE("websocket handshake: sec 4-4 another version is answered with 426 and the one that is spoken",
          "[wire][websocket]") {
  for (const char* value :
       {"8", "7", "0", "14", "13, 8", "8, 13", "013", "+13", "13.0", "", "1 3", "thirteen"}) {
    CAPTURE(value);
    const WebSocketUpgrade answer =
        accept(upgrade + connection + key + "Sec-WebSocket-Version: " + value + "\r\n");
    check_refused(answer, Error::unsupported_version, 426);
    CHECK(field(answer, "Sec-WebSocket-Version") == "13");
    CHECK(field(answer, "Upgrade") == "websocket");
  }
  const WebSocketUpgrade answer = accept(upgrade + connection + key);
  check_refused(answer, Error::unsupported_version, 426);
  CHECK(field(answer, "Sec-WebSocket-Version") == "13");
  check_refused(accept(all + version), Error::malformed, 400);  // sec. 11.3.5
}

TEST_CASE("websocket handshake: a request with a body is refused", "[wire][websocket]") {
  check_refused(accept(all + "Content-Length: 5\r\n"), Error::malformed, 400);
  check_refused(accept(all + "Transfer-Encoding: chunked\r\n"), Error::malformed, 400);
}

TEST_CASE("websocket handshake: sec 4-2-2 the subprotocol is the first of the client's that is spoken here",
          "[wire][websocket]") {
  const WebSocketServerOptions options = {.subprotocols = {"fanfare.v1", "b", "c"}};
  const auto chosen = [&options](const std::string& value) {
    const WebSocketUpgrade answer = accept(all + "Sec-WebSocket-Protocol: " + value + "\r\n", options);
    CHECK(answer.accepted());
    CHECK(field(answer, "Sec-WebSocket-Protocol") ==
          (answer.subprotocol.empty() ? "none" : answer.subprotocol));
    return answer.subprotocol;
  };
  CHECK(chosen("fanfare.v1") == "fanfare.v1");
  CHECK(chosen("c, b") == "c");
  CHECK(chosen("x,c\t ,b") == "c");
  CHECK(chosen("x") == "");
  CHECK(chosen("Fanfare.V1") == "");
  CHECK(chosen(", b,, ,c") == "b");
  CHECK(chosen("x\r\nSec-WebSocket-Protocol: b") == "b");
  CHECK(accept(all, options).subprotocol.empty());
  CHECK(field(accept(all + "Sec-WebSocket-Protocol: b\r\n"), "Sec-WebSocket-Protocol") == "none");
}

TEST_CASE("websocket handshake: sec 4-1 subprotocols are tokens and no two are the same",
          "[wire][websocket]") {
  for (const char* value :
       {"", ",", " , ", "a b", "a/b", "a;b", "a, (b)", "\"a\"", "a, a", "a,b,a", "\xC3\xA9", "a@b",
        "a\r\nSec-WebSocket-Protocol: a", "a\r\nSec-WebSocket-Protocol:"}) {
    CAPTURE(value);
    const std::string line = std::string("Sec-WebSocket-Protocol: ") + value + "\r\n";
    check_refused(accept(all + line, {.subprotocols = {"a"}}), Error::malformed, 400);
    check_refused(accept(all + line), Error::malformed, 400);
  }
  std::string many = "p0";
  for (int i = 1; i < 32; ++i) many += ",p" + std::to_string(i);
  check_accepted(all + "Sec-WebSocket-Protocol: " + many + "\r\n");
  check_refused(accept(all + "Sec-WebSocket-Protocol: " + many + ",p32\r\n"), Error::too_long, 400);
}

TEST_CASE("websocket handshake: sec 9-1 extensions outside the grammar are refused, whatever is spoken here",
          "[wire][websocket]") {
  for (const char* value :
       {"", ";", "permessage-deflate;", "permessage-deflate; =10", "permessage-deflate; a=\"\"", "a b",
        "permessage-deflate; server_max_window_bits=\"10", "ok\r\nSec-WebSocket-Extensions: ;"}) {
    CAPTURE(value);
    const std::string line = std::string("Sec-WebSocket-Extensions: ") + value + "\r\n";
    check_refused(accept(all + line, {.deflate = DeflateServerOptions{}}), Error::malformed, 400);
    check_refused(accept(all + line), Error::malformed, 400);
  }
  std::string many = "a";
  for (int i = 0; i < 20; ++i) many += ", a";
  check_refused(accept(all + "Sec-WebSocket-Extensions: " + many + "\r\n"), Error::too_long, 400);
}

TEST_CASE("websocket handshake: RFC 7692 sec 5 and 7-1 the first offer that is not declined is agreed to",
          "[wire][websocket][deflate]") {
  const auto agreed = [](const std::string& value, const DeflateServerOptions& options) {
    const WebSocketUpgrade answer =
        accept(all + "Sec-WebSocket-Extensions: " + value + "\r\n", {.deflate = options});
    CHECK(answer.accepted());
    CHECK(answer.deflate.has_value() == (field(answer, "Sec-WebSocket-Extensions") != "none"));
    return field(answer, "Sec-WebSocket-Extensions");
  };
  const auto expected = [](const char* value) { return std::string(has_deflate ? value : "none"); };
  CHECK(agreed("permessage-deflate; client_max_window_bits", {}) == expected("permessage-deflate"));
  CHECK(agreed("x-private, permessage-deflate; bogus, permessage-deflate; server_max_window_bits=10", {}) ==
        expected("permessage-deflate; server_max_window_bits=10"));
  CHECK(agreed("permessage-deflate; bogus\r\nSec-WebSocket-Extensions: permessage-deflate; "
               "client_no_context_takeover",
               {}) == expected("permessage-deflate; client_no_context_takeover"));
  CHECK(agreed("permessage-deflate; server_max_window_bits=10, permessage-deflate",
               DeflateServerOptions::shared()) ==
        expected("permessage-deflate; server_no_context_takeover; client_no_context_takeover"));
  CHECK(agreed("permessage-deflate; server_max_window_bits=10", DeflateServerOptions::shared()) == "none");
  CHECK(agreed("x-private; a=b", {}) == "none");
  CHECK(field(accept(all + "Sec-WebSocket-Extensions: permessage-deflate\r\n"), "Sec-WebSocket-Extensions") ==
        "none");
}
