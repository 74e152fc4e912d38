/// A blocking WebSocket client for tests, over the raw HTTP client.
#pragma once

#include <fanfare/wire/websocket_client_handshake.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "support/http_client.hpp"

namespace websocket_client {

class Client {
 public:
  using Status = fanfare::wire::WebSocketStatus;

  Client(std::uint16_t port, std::string_view target, fanfare::wire::WebSocketClientOptions options = {.subprotocols = {"fanfare.v1"}},
         std::string_view fields = {}, int receive_buffer = 0)
      : http_(port, receive_buffer), options_(std::move(options)) {
    std::string more(fields);
    for (const auto& field : fanfare::wire::websocket_request_fields(options_, nonce_)) more += field.name + ": " + field.value + "\r\n";
    http_.get(target, more);
    head_ = http_.head();
    if (head_.status != 101) return;
    std::vector<fanfare::HttpField> answered;
    for (const auto& [name, value] : head_.fields) answered.push_back({name, value});
    agreed_ = fanfare::wire::check_websocket_response(head_.status, answered, options_, nonce_);
    if (agreed_.error) throw http::Failure("the handshake was not right: " + std::string(agreed_.reason));
    reader_.emplace(fanfare::wire::WebSocketReaderOptions{.role = fanfare::wire::WebSocketRole::client, .deflate = agreed_.deflate});
  }

  int status() const noexcept { return head_.status; }
  const http::Answer& head() const noexcept { return head_; }
  const fanfare::wire::WebSocketAgreement& agreed() const noexcept { return agreed_; }
  http::Client& http() noexcept { return http_; }

  void say(std::string_view text) { send_frame(fanfare::wire::Opcode::text, text); }
  void send_frame(fanfare::wire::Opcode opcode, std::string_view payload) {
    std::string bytes;
    fanfare::wire::append_frame(bytes, {.opcode = opcode, .mask_key = fanfare::wire::MaskKey{5, 6, 7, 8}}, payload);
    http_.send(bytes);
  }

  /// The next message: text as it is, "ping", "pong x", "close 1000 done"; "end" when the connection ended.
  std::string next() {
    for (;;) {
      switch (reader_->parse(rest_)) {
        case Status::need_more: break;
        case Status::text: return std::string(reader_->payload());
        case Status::binary: return "binary";
        case Status::ping: return "ping";
        case Status::pong: return "pong " + std::string(reader_->payload());
        case Status::close: return "close " + std::to_string(static_cast<unsigned>(reader_->close_code())) + " " + std::string(reader_->payload());
        case Status::failed: throw http::Failure("the server broke the protocol: " + std::string(reader_->failure().reason));
      }
      if (http_.input().empty() && !http_.read()) return "end";
      bytes_ = http_.exactly(http_.input().size());
      rest_ = bytes_;
    }
  }
  /// The next one that has the type; the others are passed over.
  std::string next(std::string_view type) {
    for (;;) {
      std::string message = next();
      if (message.find("\"type\":\"" + std::string(type) + "\"") != message.npos) return message;
      if (message == "end" || message.starts_with("close")) throw http::Failure("ended before '" + std::string(type) + "': " + message);
    }
  }

 private:
  http::Client http_;
  const fanfare::wire::WebSocketClientOptions options_;
  const fanfare::wire::WebSocketNonce nonce_{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  http::Answer head_;
  fanfare::wire::WebSocketAgreement agreed_;
  std::optional<fanfare::wire::WebSocketReader> reader_;
  std::string bytes_;
  std::string_view rest_;
};

}  // namespace websocket_client
