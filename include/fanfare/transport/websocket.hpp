/// WebSocket (RFC 6455): events as text messages, and a client that can talk back: the subprotocol
/// `fanfare.v1` subscribes, unsubscribes, answers questions and cancels (docs/websocket.md).
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/transport.hpp>

#include <chrono>
#include <cstddef>

namespace fanfare {

struct WebSocketOptions {
  /// A ping after this long without a write, +-10 %; a client that has not answered it by the next one is taken
  /// for dead. 0: never. Below what proxies in between cut at (often 60 s).
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
  /// Agree to permessage-deflate (RFC 7692): each event is compressed once for all. Needs FANFARE_WITH_ZLIB.
  bool compress = false;
  /// Shorter events are sent as they are; 0 to 2^31.
  std::size_t min_compressed_bytes = 256;
  /// Of a message from the client, inflated; a larger one closes with 1009. 1 to 2^31.
  std::size_t max_message_bytes = 64 << 10;
  /// Text messages of one client in a second; more close with 1008. 0: no limit. Pings are not counted.
  unsigned max_messages_per_second = 100;
};

/// Serves requests that ask to be upgraded. Who asks for the subprotocol `fanfare.v1`, or for
/// `?protocol=fanfare.v1`, gets the envelope (topic, id, seq, type, data) and may subscribe later; who does not
/// gets `{"type":..,"data":..}` for the topics of the request. The text `ping` is answered `{"type":"pong"}`.
/// Ends with close code 1000 when all topics have ended; clients reconnect on any other.
/// Throws std::invalid_argument: a value out of its range; compress without zlib.
TransportFactory websocket(WebSocketOptions options = {});

}  // namespace fanfare
