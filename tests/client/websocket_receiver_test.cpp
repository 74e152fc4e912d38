#include <fanfare/client/client.hpp>
#include <fanfare/client/websocket_receiver.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_frame.hpp>
#include <fanfare/wire/websocket_handshake.hpp>
#include <fanfare/wire/websocket_reader.hpp>

#include "client/receiving.hpp"
#include "support/catch.hpp"

#include <string>

using namespace clients;
using fanfare::Error;
using fanfare::detail::WebSocketReceiver;
using fanfare::detail::WebSocketTerms;
using fanfare::wire::CloseCode;
using fanfare::wire::Opcode;

namespace {

/// A connection that the server has accepted.
struct Talking {
  explicit Talking(std::string subprotocol = "fanfare.v1", std::size_t max_event_bytes = 1 << 20)
      : receiver(sink, {.max_event_bytes = max_event_bytes}, terms) {
    fanfare::wire::HttpResponseHead head;
    head.status = 101;
    const auto fields = fanfare::wire::websocket_request_fields(terms.options, terms.nonce);
    const std::string key = *fanfare::wire::find_field(fields, "Sec-WebSocket-Key");
    head.fields = {{"Upgrade", "websocket"},
                   {"Connection", "Upgrade"},
                   {"Sec-WebSocket-Accept", fanfare::wire::websocket_accept_key(key)}};
    if (!subprotocol.empty()) head.fields.push_back({"Sec-WebSocket-Protocol", std::move(subprotocol)});
    error = receiver.on_head(head);
  }
  static std::string frame(std::string_view payload, Opcode opcode = Opcode::text) {
    std::string bytes;
    fanfare::wire::append_frame(bytes, {.opcode = opcode}, payload);
    return bytes;
  }
  static std::string close(CloseCode code) {
    std::string payload;
    (void)fanfare::wire::append_close_payload(payload, code, "reason");
    return frame(payload, Opcode::close);
  }
  Lines hear(std::string_view payload) {
    CHECK(receiver.on_bytes(frame(payload)).what == What::more);
    return sink.take();
  }
  /// What the server gets to read.
  std::string said() {
    fanfare::wire::WebSocketReader reader;
    std::string_view bytes = sink.replies;
    std::string all;
    for (;;) {
      switch (reader.parse(bytes)) {
        case fanfare::wire::WebSocketStatus::need_more: return all;
        case fanfare::wire::WebSocketStatus::failed: return "failed";
        case fanfare::wire::WebSocketStatus::text:
          all += "text " + std::string(reader.payload()) + ';';
          break;
        case fanfare::wire::WebSocketStatus::pong:
          all += "pong " + std::string(reader.payload()) + ';';
          break;
        case fanfare::wire::WebSocketStatus::close:
          return all + "close " + std::to_string(static_cast<int>(reader.close_code()));
        default: all += "?;";
      }
    }
  }

  RecordingSink sink;
  WebSocketTerms terms = WebSocketTerms::fresh();
  WebSocketReceiver receiver;
  std::error_code error;
};

}  // namespace

TEST_CASE("websocket receiver: events of fanfare-v1 are told, the conversation is not",
          "[client][websocket]") {
  Talking peer;
  REQUIRE_FALSE(peer.error);
  CHECK(
      peer.hear(
          R"({"type":"hello","protocol":"fanfare.v1","connection":"r1","topics":["a"],"heartbeat_ms":15000})") ==
      Lines{"heartbeat 15000"});
  CHECK(peer.hear(R"({"topic":"a","id":"e.1","seq":1,"type":"note","data":[1, 2]})") ==
        Lines{"a|note|[1,2]|e.1|1"});
  CHECK(peer.hear(R"({"topic":"a","id":"e.1","type":"snapshot","data":{}})") ==
        Lines{"a|snapshot|{}|e.1|0|control"});
  CHECK(peer.hear(R"({"type":"accepted","ref":"1"})").empty());
  CHECK(peer.hear(R"({"type":"pong"})").empty());
  CHECK(peer.hear(R"({"type":"error","code":"refused","message":"not yours"})") ==
        Lines{"problem refused: not yours"});
  CHECK(peer.hear(R"({"type":"goodbye","reason":"draining","id":"e.5","retry_ms":1200})") ==
        Lines{"position e.5", "retry 1200"});
}

TEST_CASE("websocket receiver: messages that make no sense are reported, and it goes on",
          "[client][websocket]") {
  Talking peer;
  (void)peer.hear(R"({"type":"hello"})");
  CHECK(peer.hear("{") == Lines{"problem a message of fanfare.v1 that is no JSON"});
  CHECK(peer.hear("17") == Lines{"problem a message of fanfare.v1 that is no event"});
  CHECK(peer.hear(R"({"topic":"a","type":5,"data":1})") ==
        Lines{"problem a message of fanfare.v1 that is no event"});
  CHECK(peer.receiver.on_bytes(Talking::frame("\x01", Opcode::binary)).what == What::more);
  CHECK(peer.sink.take() == Lines{"problem a binary message, which is no event"});
  CHECK(peer.hear(R"({"type":"hello","heartbeat_ms":"often"})").empty());
}

TEST_CASE("websocket receiver: another server's messages are events as well", "[client][websocket]") {
  Talking peer("");
  REQUIRE_FALSE(peer.error);
  CHECK(peer.hear(R"({"type":"status","data":{"a":1}})") == Lines{R"(|status|{"a":1}||0)"});
  CHECK(peer.hear(R"({"kind":"x"})") == Lines{R"(|message|{"kind":"x"}||0)"});
  CHECK(peer.hear("hello") == Lines{R"(|message|"hello"||0)"});
  CHECK_FALSE(peer.receiver.can_say());
  CHECK_FALSE(peer.receiver.say("x"));
}

TEST_CASE("websocket receiver: a server that agrees to the subprotocol without knowing it is another server",
          "[client][websocket]") {
  Talking peer;
  CHECK(peer.hear(R"({"type":"status","data":1})") == Lines{"|status|1||0"});
  CHECK(peer.hear(R"({"topic":"a","type":"x"})") == Lines{R"(|message|{"topic":"a","type":"x"}||0)"});
  CHECK_FALSE(peer.receiver.can_say());
}

TEST_CASE("websocket receiver: a ping is answered, which is a sign of life", "[client][websocket]") {
  Talking peer;
  CHECK(peer.receiver.on_bytes(Talking::frame("abc", Opcode::ping)).what == What::more);
  CHECK(peer.sink.take() == Lines{"beat"});
  CHECK(peer.said() == "pong abc;");
}

TEST_CASE("websocket receiver: what it says is masked, as RFC 6455 sec 5-1 wants", "[client][websocket]") {
  Talking peer;
  CHECK(peer.receiver.can_say());
  CHECK(peer.receiver.say(R"({"type":"ping"})"));
  CHECK(peer.said() == R"(text {"type":"ping"};)");  // a server's reader fails without a mask
}

TEST_CASE("websocket receiver: the close code says whether to come back", "[client][websocket]") {
  const auto end = [](CloseCode code) {
    Talking peer;
    const auto ending = peer.receiver.on_bytes(Talking::close(code));
    CHECK(peer.said() == "close " + std::to_string(static_cast<int>(code)));
    return ending.what;
  };
  CHECK(end(CloseCode::normal) == What::finished);
  for (const auto code : {CloseCode::going_away, CloseCode::policy_violation, CloseCode::internal_error,
                          CloseCode::service_restart, CloseCode::try_again_later}) {
    CHECK(end(code) == What::lost);
  }
  for (const auto code : {CloseCode::protocol_error, CloseCode::unsupported_data, CloseCode::invalid_payload,
                          CloseCode::message_too_big}) {
    CHECK(end(code) == What::hopeless);
  }
}

TEST_CASE("websocket receiver: a connection without a close frame was lost", "[client][websocket]") {
  Talking peer;
  CHECK(peer.receiver.on_end({}).what == What::lost);
  CHECK(peer.receiver.on_end({}).why == Error::peer_gone);
}

TEST_CASE("websocket receiver: a server that breaks the protocol is told so, and left",
          "[client][websocket]") {
  Talking masked, large("fanfare.v1", 100);
  std::string bytes;
  fanfare::wire::append_frame(bytes, {.mask_key = fanfare::wire::MaskKey{1, 2, 3, 4}}, "{}");
  CHECK(masked.receiver.on_bytes(bytes).what == What::lost);
  CHECK(masked.said() == "close 1002");
  const auto end = large.receiver.on_bytes(Talking::frame(std::string(101, ' ')));
  CHECK(end.why == Error::too_long);
  CHECK(large.said() == "close 1009");
}

TEST_CASE("websocket receiver: an answer that does not agree is refused", "[client][websocket]") {
  CHECK(Talking("other.protocol").error == Error::upgrade_refused);
}

TEST_CASE("websocket receiver: each connection has a nonce of its own", "[client][websocket]") {
  CHECK(WebSocketTerms::fresh().nonce != WebSocketTerms::fresh().nonce);
}
