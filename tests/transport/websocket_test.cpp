#include <fanfare/transport/websocket.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

#include "support/vocabulary.hpp"
#include "support/websocket_peer.hpp"

using fanfare::Request;
using fanfare::WebSocketOptions;
using fanfare::wire::Opcode;
using namespace scripted;
using namespace std::chrono_literals;
using vocabulary::Note;
using vocabulary::Tally;

// ---- the handshake ---------------------------------------------------------------------------------

TEST_CASE("websocket: serves who asks to be upgraded and nobody else", "[transport][websocket]") {
  const auto factory = fanfare::websocket();
  CHECK(factory(Request{}) == nullptr);
  Request old = upgrade();
  old.http_minor = 0;
  CHECK(factory(old) == nullptr);
  const auto transport = factory(upgrade());
  REQUIRE(transport);
  const auto head = transport->head();
  CHECK(head.status == 101);
  const auto field = [&](std::string_view name) {
    const auto* found = fanfare::wire::find_field(head.fields, name);
    return found ? *found : std::string();
  };
  CHECK(field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 sec. 1.3
  CHECK(field("Sec-WebSocket-Protocol") == "fanfare.v1");
  CHECK(field("Upgrade") == "websocket");
  CHECK(field("Sec-WebSocket-Extensions").empty());
}

TEST_CASE("websocket: a handshake that is not right gets a status and a reason", "[transport][websocket]") {
  const auto factory = fanfare::websocket();
  Request request = upgrade();
  for (auto& field : request.fields) {
    if (field.name == "Sec-WebSocket-Version") field.value = "8";
  }
  const auto head = factory(request)->head();
  CHECK(head.status == 426);
  CHECK(*fanfare::wire::find_field(head.fields, "Sec-WebSocket-Version") == "13");  // RFC 6455 sec. 4.2.2 item 4
  CHECK(head.body.find("Sec-WebSocket-Version") != head.body.npos);
  Request keyless = upgrade();
  std::erase_if(keyless.fields, [](const auto& field) { return field.name == "Sec-WebSocket-Key"; });
  CHECK(factory(keyless)->head().status == 400);
}

TEST_CASE("websocket: options out of range are refused with their name", "[transport][websocket]") {
  const auto text = [](WebSocketOptions options) -> std::string {
    try {
      (void)fanfare::websocket(options);
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return {};
  };
  CHECK(text({.heartbeat = -1ms}).find("heartbeat") != std::string::npos);
  CHECK(text({.max_message_bytes = 0}).find("max_message_bytes") != std::string::npos);
  CHECK(text({}).empty());
}

// ---- events ----------------------------------------------------------------------------------------

TEST_CASE("websocket: without the subprotocol a message is type and data", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", Tally{});
  WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
  bench.turn();
  CHECK(peer.news().starts_with(R"({"type":"snapshot","data":{"notes":0,)"));
  REQUIRE(topic.publish(Note{7}));
  bench.turn();
  CHECK(peer.news() == R"({"type":"note","data":{"value":7}})");
}

TEST_CASE("websocket: with fanfare.v1 it says hello and wraps events in the envelope", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  CHECK(peer.news() == R"({"type":"hello","protocol":"fanfare.v1","connection":"r1","topics":["a"],"heartbeat_ms":15000})");
  const auto receipt = topic.publish(Note{7});
  bench.turn();
  CHECK(peer.news() == R"({"topic":"a","id":")" + receipt.position.str() + R"(","seq":1,"type":"note","data":{"value":7}})");
  WebSocketPeer by_query(bench, {"a"}, upgrade("/?protocol=fanfare.v1", ""));
  CHECK(by_query.types() == "hello");
}

TEST_CASE("websocket: resumes from the position in the query", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", Tally{});
  const auto first = topic.publish(Note{1});
  REQUIRE(topic.publish(Note{2}));
  WebSocketPeer peer(bench, {"a"}, upgrade("/?since=" + first.position.str()));
  bench.turn();
  CHECK(peer.types() == "hello note");
}

TEST_CASE("websocket: a whole cohort shares one image", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  std::vector<std::unique_ptr<WebSocketPeer>> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(std::make_unique<WebSocketPeer>(bench, std::vector<std::string>{"a"}));
  bench.turn();
  REQUIRE(bench.shard->cohort_count() == 1);
  const auto before = bench.broker.metrics().images_encoded;
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  CHECK(bench.broker.metrics().images_encoded == before + 1);
  for (const auto& peer : peers) CHECK(peer->types() == "hello note");
}

// ---- the end ---------------------------------------------------------------------------------------

TEST_CASE("websocket RFC 6455 sec. 7.1.2: after the last event it closes with 1000 and waits for the client's close",
          "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  REQUIRE(topic.finish(fanfare::Done{}));
  bench.turn();
  CHECK(peer.types() == "hello done goodbye close");
  CHECK_FALSE(peer.peer().finished());
  peer.close(1000);
  CHECK(peer.peer().finished());
  CHECK(peer.types().empty());  // sec. 5.5.1: nothing after the close frame
}

TEST_CASE("websocket: who does not answer the close is left after a while", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"});
  REQUIRE(topic.finish(fanfare::Done{}));
  bench.turn();
  bench.pass(4s);
  CHECK_FALSE(peer.peer().finished());
  bench.pass(2s);
  CHECK(peer.peer().finished());
}

TEST_CASE("websocket RFC 6455 sec. 5.5.1: a client's close is answered with its code", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  for (const unsigned code : {1000u, 1001u, 3000u, 4999u, 0u}) {
    WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
    peer.close(code);
    CHECK(peer.news() == (code == 0 ? std::string("close 1005 ") : "close " + std::to_string(code) + " "));
    CHECK(peer.peer().finished());
  }
}

TEST_CASE("websocket: who has everything of an ended topic is accepted and closed with 1000", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto done = topic.finish(fanfare::Done{});
  WebSocketPeer peer(bench, {"a"}, upgrade("/?since=" + done.position.str(), ""));
  CHECK(peer.news() == "close 1000 done");
  bench.pass(3h);
  WebSocketPeer expired(bench, {"a"}, upgrade("/?since=" + done.position.str(), ""));
  CHECK(expired.news() == "close 1000 done");
}

TEST_CASE("websocket: each end has its close code", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto code_of = [&](fanfare::Goodbye goodbye) {
    WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
    bench.turn();
    peer.peer().stream().say_goodbye(goodbye);
    const std::string said = peer.news();
    return said.substr(0, said.find(' ', 6));
  };
  CHECK(code_of({}) == "close 1000");
  CHECK(code_of({fanfare::Error::shut_down, {}}) == "close 1001");
  CHECK(code_of({fanfare::Error::revoked, {}}) == "close 1008");
  CHECK(code_of({fanfare::Error::drained, 2s}) == "close 1012");
  CHECK(code_of({fanfare::Error::too_many_topics, {}}) == "close 1013");
  CHECK(code_of({fanfare::Error::backplane_lost, {}}) == "close 1013");
  WebSocketPeer told(bench, {"a"});
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  (void)told.news();
  told.peer().stream().say_goodbye({fanfare::Error::drained, 2s});
  const std::string said = told.news();
  CHECK(said.find(R"({"type":"goodbye","reason":)") == 0);
  CHECK(said.find(R"("retry_ms":2000})") != said.npos);
  CHECK(said.find(R"("id":")") != said.npos);
}

TEST_CASE("websocket: each fault of the client has its close code", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  const auto answer = [&](std::string_view bytes, WebSocketOptions options = {}) {
    WebSocketPeer peer(bench, {"a"}, upgrade("/", ""), options);
    peer.send(bytes);
    CHECK(peer.peer().finished());
    const std::string said = peer.news();
    return said.substr(0, said.find(' ', 6));
  };
  const auto frame = [](Opcode opcode, std::string_view payload) {
    std::string bytes;
    fanfare::wire::append_frame(bytes, {.opcode = opcode, .mask_key = fanfare::wire::MaskKey{1, 2, 3, 4}}, payload);
    return bytes;
  };
  CHECK(answer("\x81\x01x") == "close 1002");                                   // not masked, sec. 5.1
  CHECK(answer(frame(Opcode::binary, "x")) == "close 1003");
  CHECK(answer(frame(Opcode::text, "\xFF")) == "close 1007");                   // sec. 8.1
  CHECK(answer(frame(Opcode::text, std::string(100, 'x')), {.max_message_bytes = 99}) == "close 1009");
  CHECK(answer(std::string("\x81\xFF\x80\0\0\0\0\0\0\0", 10)) == "close 1002");  // 2^63, sec. 5.2
  CHECK(answer(std::string("\x81\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4", 14)) == "close 1009");
}

// ---- what the client says --------------------------------------------------------------------------

TEST_CASE("websocket RFC 6455 sec. 5.5.2: a ping is answered with a pong of the same payload", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
  bench.turn();
  peer.send_frame(Opcode::ping, "abc");
  CHECK(peer.news() == "pong abc");
  CHECK(peer.peer().stream().in_cohort());  // and it rides on
}

TEST_CASE("websocket: the text ping is answered in plain mode and in fanfare.v1", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  for (const char* protocol : {"", "fanfare.v1"}) {
    WebSocketPeer peer(bench, {"a"}, upgrade("/", protocol));
    bench.turn();
    (void)peer.news();
    peer.say("ping");
    CHECK(peer.news() == R"({"type":"pong"})");
    peer.say(R"({"type":"ping"})");
    CHECK(peer.news() == R"({"type":"pong"})");
  }
}

TEST_CASE("websocket: a pong passes data that waits, between two events", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
  bench.turn();
  peer.peer().stop();
  for (int i = 1; i <= 3; ++i) REQUIRE(topic.publish(Note{i}));
  peer.peer().give_room(10);  // in the middle of the first
  bench.turn();
  peer.send_frame(Opcode::ping, "now");
  peer.peer().give_room(Peer::unlimited);
  bench.turn();
  CHECK(peer.types() == "note pong note note");
  CHECK_FALSE(peer.peer().misused());
}

TEST_CASE("websocket: 100000 pings neither starve the data nor grow memory", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"}, upgrade("/", ""));
  bench.turn();
  std::string pings;
  for (int i = 0; i < 1000; ++i) {
    fanfare::wire::append_frame(pings, {.opcode = Opcode::ping, .mask_key = fanfare::wire::MaskKey{1, 2, 3, 4}}, "x");
  }
  for (int i = 0; i < 100; ++i) {
    peer.send(pings);
    REQUIRE(topic.publish(Note{i}));
    bench.turn();
    REQUIRE(peer.peer().take().ends_with("{\"type\":\"note\",\"data\":{\"value\":" + std::to_string(i) + "}}"));
  }
  // Who does not read is not listened to for long.
  peer.peer().stop();
  int turns = 0;
  while (!peer.peer().stream().clogged() && turns < 100) peer.send(pings), ++turns;
  CHECK(turns < 10);
  peer.peer().give_room(Peer::unlimited);
  CHECK_FALSE(peer.peer().stream().clogged());
}

TEST_CASE("websocket: pings of its own, and a client that answers none is taken for dead", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer alive(bench, {"a"}, upgrade("/", "")), dead(bench, {"a"}, upgrade("/", ""));
  for (int i = 0; i < 4; ++i) {
    bench.pass(17s);
    alive.send_frame(Opcode::pong, "");
  }
  CHECK(alive.types() == "ping ping ping ping");
  CHECK(dead.news().starts_with("ping\nclose 1008"));
}

TEST_CASE("websocket: more messages than allowed in a second close with 1008", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"}, upgrade("/", ""), {.max_messages_per_second = 5});
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 5; ++i) peer.say("ping");
    bench.clock.advance(1s);
  }
  CHECK(peer.types() == "pong pong pong pong pong pong pong pong pong pong pong pong pong pong pong");
  for (int i = 0; i < 6; ++i) peer.say("ping");
  CHECK(peer.news().find("close 1008 too many messages") != std::string::npos);
}
