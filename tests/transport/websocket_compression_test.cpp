#include <fanfare/transport/websocket.hpp>

#include <memory>
#include <string>
#include <vector>

#include "support/vocabulary.hpp"
#include "support/websocket_peer.hpp"

#if FANFARE_WITH_ZLIB

using fanfare::WebSocketOptions;
using namespace scripted;
using vocabulary::plain;

namespace {

std::string extensions_of(std::string offer, WebSocketOptions options = {.compress = true}) {
  const auto head = fanfare::websocket(options)(upgrade("/", "", std::move(offer)))->head();
  CHECK(head.status == 101);
  const auto* field = fanfare::wire::find_field(head.fields, "Sec-WebSocket-Extensions");
  return field ? *field : std::string();
}

const std::string long_text = "\"" + std::string(1000, 'a') + "\"";

}  // namespace

TEST_CASE("websocket RFC 7692 sec. 7.1: an event stream agrees to a window of 15 without context and to nothing less",
          "[transport][websocket]") {
  CHECK(extensions_of("permessage-deflate; client_max_window_bits") ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  CHECK(extensions_of("permessage-deflate; server_max_window_bits=10").empty());
  CHECK(extensions_of("permessage-deflate; server_max_window_bits=10, permessage-deflate").starts_with("permessage-deflate;"));
  CHECK(extensions_of("permessage-deflate", {}).empty());
  CHECK(extensions_of("").empty());
}

TEST_CASE("websocket: an event is compressed once for a thousand subscribers, and small ones not at all",
          "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  std::vector<std::unique_ptr<WebSocketPeer>> peers;
  const WebSocketOptions options{.compress = true};
  for (int i = 0; i < 1000; ++i) {
    peers.push_back(std::make_unique<WebSocketPeer>(bench, std::vector<std::string>{"a"},
                                                    upgrade("/", "", "permessage-deflate"), options));
  }
  bench.turn();
  const auto before = bench.broker.metrics().images_encoded;
  REQUIRE(topic.publish(plain("big", long_text)));
  bench.turn();
  CHECK(bench.broker.metrics().images_encoded == before + 1);
  for (const auto& peer : peers) REQUIRE(peer->peer().got().size() < 100);
  REQUIRE(topic.publish(plain("small", "1")));
  bench.turn();
  for (const auto& peer : peers) {
    REQUIRE(peer->peer().got().ends_with(R"({"type":"small","data":1})"));
    REQUIRE(peer->news() == R"({"type":"big","data":)" + long_text + "}\n" R"({"type":"small","data":1})");
  }
}

TEST_CASE("websocket: who did not offer compression is not given any, beside one who did", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer with(bench, {"a"}, upgrade("/", "", "permessage-deflate"), {.compress = true});
  WebSocketPeer without(bench, {"a"}, upgrade("/", ""), {.compress = true});
  REQUIRE(topic.publish(plain("big", long_text)));
  bench.turn();
  CHECK(with.news() == without.news());
  CHECK(without.peer().got().find(long_text) != std::string::npos);
  CHECK(with.peer().got().size() < 100);
}

TEST_CASE("websocket: a compressed message from the client is read, and one that grows too large is refused",
          "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  const auto frame = [](const std::string& text) {
    fanfare::wire::WebSocketWriter writer({.role = fanfare::wire::WebSocketRole::client,
                                           .deflate = fanfare::wire::DeflateParameters{.client_no_context_takeover = true},
                                           .min_compressed_bytes = 0});
    std::string bytes;
    writer.append(bytes, fanfare::wire::Opcode::text, text, {1, 2, 3, 4});
    return bytes;
  };
  WebSocketPeer peer(bench, {"a"}, upgrade("/", "", "permessage-deflate"), {.compress = true});
  peer.send(frame("ping"));
  CHECK(peer.news() == R"({"type":"pong"})");
  peer.send(frame(std::string(10 << 20, ' ')));
  CHECK(peer.news().starts_with("close 1009"));
}

#endif
