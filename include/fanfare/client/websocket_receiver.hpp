/// WebSocketReceiver: a WebSocket connection as a client reads it, after RFC 6455: the subprotocol fanfare.v1
/// (docs/websocket.md), and whatever other servers send.
#pragma once

#include <fanfare/client/receiver.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/wire/websocket_client_handshake.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <optional>
#include <string>

namespace fanfare::detail {

/// What a request for an upgrade asks for, and what its answer is checked against.
struct WebSocketTerms {
  wire::WebSocketNonce nonce = {};
  wire::WebSocketClientOptions options = {};

  /// A fresh nonce, the subprotocol fanfare.v1.
  static WebSocketTerms fresh();
};

/// With the subprotocol, messages with a topic are events and the others are about the conversation.
/// Without, a message `{"type":..,"data":..}` is an event of that type; any other is one of type "message".
class WebSocketReceiver final : public Receiver {
 public:
  WebSocketReceiver(ReceiverSink& sink, ReceiverLimits limits, WebSocketTerms terms);

  FANFARE_DECL std::error_code on_head(const wire::HttpResponseHead& head) override;
  FANFARE_DECL AnswerEnd on_bytes(std::string_view bytes) override;
  FANFARE_DECL AnswerEnd on_end(std::error_code why) override;
  FANFARE_DECL bool say(std::string_view text) override;
  bool can_say() const noexcept override { return enveloped_; }

 private:
  void take_message(std::string_view text);
  void take_plain(std::string_view text);
  void take_notice(std::string_view type);
  void take_error();
  void reply(wire::Opcode opcode, std::string_view payload);
  AnswerEnd take_close();
  AnswerEnd fail();

  ReceiverSink& sink_;
  const ReceiverLimits limits_;
  const WebSocketTerms terms_;
  std::optional<wire::WebSocketReader> reader_;
  JsonDocument json_;
  bool enveloped_ = false;
  bool met_ = false;  // a first message came
};

}  // namespace fanfare::detail
