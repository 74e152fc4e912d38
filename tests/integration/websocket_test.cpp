// WebSocket over real sockets: the upgrade, both directions, and every way to end.
#include <fanfare/server/server.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"
#include "support/websocket_client.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::Request;
using fanfare::Server;
using fanfare::wire::Opcode;
using vocabulary::Note;
using vocabulary::Tally;
using websocket_client::Client;
using namespace std::chrono_literals;

TEST_CASE("websocket: one path serves it and SSE, by what the client asks for", "[integration][websocket]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  Client socket(server.port(), "/jobs/a", {});
  http::Watcher watcher(server.port(), "/jobs/a");
  REQUIRE(socket.status() == 101);
  CHECK(socket.next("snapshot").starts_with(R"({"type":"snapshot","data":{)"));
  CHECK(watcher.next()->type == "snapshot");
  REQUIRE(topic.publish(Note{1}));
  CHECK(socket.next() == R"({"type":"note","data":{"value":1}})");
  CHECK(watcher.next()->type == "note");
  REQUIRE(topic.finish(fanfare::Done{}));
  CHECK(socket.next("done").find("\"data\"") != std::string::npos);
  CHECK(socket.next() == "close 1000 done");
  socket.send_frame(Opcode::close, "\x03\xE8");
  CHECK(socket.next() == "end");
}

TEST_CASE("websocket: a bad handshake is answered in HTTP", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0, .origins = {"https://friend.example"}});
  server.stream("/jobs/{topic}");
  server.start();
  CHECK(Client(server.port(), "/jobs/a", {}, "Origin: https://evil.example\r\n").status() == 403);
  CHECK(Client(server.port(), "/jobs/a", {}, "Origin: https://friend.example\r\n").status() == 101);
  CHECK(Client(server.port(), "/jobs/nowhere", {}).status() == 404);
  const auto old = http::get(server.port(), "/jobs/a",
                             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
                             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  CHECK(old.status == 426);
  CHECK(old.field("Sec-WebSocket-Version") == "13");
}

TEST_CASE("websocket: frames that arrive byte by byte, and right behind the handshake", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  std::string ping;
  fanfare::wire::append_frame(ping, {.opcode = Opcode::text, .mask_key = fanfare::wire::MaskKey{1, 2, 3, 4}}, "ping");
  Client slow(server.port(), "/jobs/a", {});
  for (const char byte : ping) slow.http().send({&byte, 1});
  CHECK(slow.next() == R"({"type":"pong"})");

  http::Client early(server.port());
  early.send("GET /jobs/a HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" + ping);
  CHECK(early.head().status == 101);
  CHECK(early.until("}").substr(2) == R"({"type":"pong"})");
}

TEST_CASE("websocket: the host decides about each topic that is added", "[integration][websocket]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  std::mutex mutex;
  std::vector<std::string> asked;
  Server server(broker, {.port = 0});
  server.stream("/live", {.admit = [&](const Request& request) {
    std::string text = request.bearer() + ":";
    for (const auto& topic : request.topics) text += topic + ",";
    text += "types=" + request.query("types");
    const std::lock_guard lock(mutex);
    asked.push_back(text);
    Admission admission;
    admission.topics = request.topics;
    std::erase(admission.topics, "b");
    admission.types = request.list("types");
    return admission;
  }});
  server.start();
  Client client(server.port(), "/live?types=note", {.subprotocols = {"other", "fanfare.v1"}}, "Authorization: Bearer me\r\n");
  REQUIRE(client.status() == 101);
  CHECK(client.agreed().subprotocol == "fanfare.v1");
  CHECK(client.next("hello").find(R"("topics":[])") != std::string::npos);
  client.say(R"({"type":"subscribe","topics":["a","b"]})");
  CHECK(client.next("subscribed") == R"({"type":"subscribed","topics":["a"],"refused":["b"]})");
  CHECK(client.next("snapshot").find(R"("topic":"a")") != std::string::npos);
  client.say(R"({"type":"subscribe","topics":["a"],"types":["meter"]})");
  (void)client.next("subscribed");
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(vocabulary::Meter{"m", 1}));
  REQUIRE(a.publish(vocabulary::Meter{"m", 2}));
  CHECK(client.next("meter").find(R"("value":2)") != std::string::npos);
  const std::lock_guard lock(mutex);
  CHECK(asked == std::vector<std::string>{"me:types=note", "me:a,b,types=note", "me:a,types=meter"});
}

TEST_CASE("websocket: a fault closes with its code and ends the connection", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  const auto answer = [&](std::string_view bytes) {
    Client client(server.port(), "/jobs/a", {});
    client.http().send(bytes);
    const std::string close = client.next();
    CHECK(client.next() == "end");
    return close.substr(0, close.find(' ', 6));
  };
  CHECK(answer("\x81\x01x") == "close 1002");
  CHECK(answer(std::string("\x82\x80\0\0\0\0", 6)) == "close 1003");
  CHECK(answer(std::string("\x81\x81\0\0\0\0\xFF", 7)) == "close 1007");
  CHECK(answer(std::string("\x81\xFF\x80\0\0\0\0\0\0\0\0\0\0\0", 14)) == "close 1002");
}

TEST_CASE("websocket: draining says 1012, and newcomers are refused before the upgrade", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  Client client(server.port(), "/jobs/a");
  (void)client.next("hello");
  Client waiting(server.port(), "/jobs/a");
  (void)waiting.next("hello");
  server.drain(100ms);
  CHECK(client.next("goodbye").find("retry_ms") != std::string::npos);
  CHECK(client.next().starts_with("close 1012"));
  client.send_frame(Opcode::close, "\x03\xF4");
  CHECK(client.next() == "end");
  server.wait();
}

TEST_CASE("websocket: a client that leaves without a word is forgotten", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0, .max_connections = 2});
  server.stream("/jobs/{topic}");
  server.start();
  for (int i = 0; i < 20; ++i) {
    auto client = std::make_unique<Client>(server.port(), "/jobs/a");
    while (client->status() == 503) client = std::make_unique<Client>(server.port(), "/jobs/a");  // the last one is noticed soon
    REQUIRE(client->status() == 101);
    (void)client->next("hello");
    if (i % 2) client->http().reset();
  }
}

TEST_CASE("websocket: a burst to a client that reads slowly, with pings in between, arrives whole and in order",
          "[integration][websocket]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  Client client(server.port(), "/jobs/a", {}, {}, 4096);
  client.say("ping");
  CHECK(client.next() == R"({"type":"pong"})");
  const std::string filler(2000, 'x');
  constexpr int count = 1500;
  for (int i = 0; i < count; ++i) {
    REQUIRE(topic.publish(vocabulary::plain("n", "\"" + std::to_string(i) + filler + "\"")));
    if (i % 100 == 0) client.send_frame(Opcode::ping, std::to_string(i));
  }
  int events = 0, pongs = 0;
  while (events < count) {
    const std::string message = client.next();
    if (message == "pong " + std::to_string(pongs * 100)) ++pongs;
    else if (message.starts_with(R"({"type":"n","data":")" + std::to_string(events) + "x")) ++events;
    else FAIL(message.substr(0, 100));
  }
  CHECK(pongs == count / 100);
}

TEST_CASE("websocket: a command whose hook throws is refused, and its client is heard on", "[integration][websocket]") {
  Broker broker;
  (void)broker.topic("a", Tally{}, {.on_command = [](const fanfare::Command&) { throw std::runtime_error("no"); }});
  Server server(broker, {.port = 0});
  server.stream("/live", {.admit = [](const Request&) {
    Admission admission;
    admission.topics = {"a"};
    admission.may_command = true;
    return admission;
  }});
  server.start();
  Client client(server.port(), "/live");
  client.say(R"({"type":"command","topic":"a","name":"go"})");
  CHECK(client.next("error").find(R"("code":"failed")") != std::string::npos);
  client.say("ping");
  CHECK(client.next("pong") == R"({"type":"pong"})");
}
