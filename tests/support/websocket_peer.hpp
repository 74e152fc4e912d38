/// A WebSocket client that is joined to a StreamCore without a socket: it says what a test has it say, and reads
/// what it was sent.
#pragma once

#include <fanfare/transport/websocket.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "support/scripted_sink.hpp"

namespace scripted {

inline fanfare::Request upgrade(std::string target = "/", std::string protocol = "fanfare.v1", std::string extensions = {}) {
  fanfare::Request request;
  request.id = "r1";
  request.target = std::move(target);
  request.add_field("Host", "localhost");
  request.add_field("Connection", "keep-alive, Upgrade");
  request.add_field("Upgrade", "websocket");
  request.add_field("Sec-WebSocket-Version", "13");
  request.add_field("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  if (!protocol.empty()) request.add_field("Sec-WebSocket-Protocol", protocol);
  if (!extensions.empty()) request.add_field("Sec-WebSocket-Extensions", extensions);
  return request;
}

class WebSocketPeer {
 public:
  WebSocketPeer(Bench& bench, std::vector<std::string> topics, fanfare::Request request = upgrade(),
                fanfare::WebSocketOptions options = {}, std::size_t room = Peer::unlimited, bool may_command = false)
      : deflate_(options.compress), peer_(bench, fanfare::websocket(options), admit(std::move(topics), may_command), std::move(request), room) {
    peer_.stream().start();
  }

  Peer& peer() { return peer_; }
  void send(std::string_view bytes) { peer_.stream().receive(bytes); }
  void send_frame(fanfare::wire::Opcode opcode, std::string_view payload) {
    std::string bytes;
    fanfare::wire::append_frame(bytes, {.opcode = opcode, .mask_key = fanfare::wire::MaskKey{1, 2, 3, 4}}, payload);
    send(bytes);
  }
  void say(std::string_view text) { send_frame(fanfare::wire::Opcode::text, text); }
  void close(unsigned code) {
    std::string payload;
    if (code != 0) payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    send_frame(fanfare::wire::Opcode::close, payload);
  }

  /// Everything that arrived so far, one line for each message: the text, or "ping", "pong x", "close 1000 done".
  std::vector<std::string> received() const {
    using fanfare::wire::WebSocketStatus;
    fanfare::wire::WebSocketReaderOptions options{.role = fanfare::wire::WebSocketRole::client};
    if (deflate_) options.deflate = fanfare::wire::DeflateParameters{.server_no_context_takeover = true};
    fanfare::wire::WebSocketReader reader(options);
    std::string_view bytes = peer_.got();
    std::vector<std::string> all;
    for (;;) {
      switch (reader.parse(bytes)) {
        case WebSocketStatus::need_more: return all;
        case WebSocketStatus::text: all.emplace_back(reader.payload()); break;
        case WebSocketStatus::binary: all.emplace_back("binary"); break;
        case WebSocketStatus::ping: all.emplace_back("ping"); break;
        case WebSocketStatus::pong: all.push_back("pong " + std::string(reader.payload())); break;
        case WebSocketStatus::close:
          all.push_back("close " + std::to_string(static_cast<unsigned>(reader.close_code())) + " " + std::string(reader.payload()));
          break;
        case WebSocketStatus::failed: all.emplace_back("malformed"); return all;
      }
    }
  }
  /// What came since the last call, joined by line ends.
  std::string news() {
    const auto all = received();
    std::string text;
    for (; told_ < all.size(); ++told_) text += (text.empty() ? "" : "\n") + all[told_];
    return text;
  }
  /// Of what came since the last call the types of the messages: "snapshot note pong".
  std::string types() {
    const auto all = received();
    std::string text;
    for (; told_ < all.size(); ++told_) {
      const std::string& line = all[told_];
      const auto at = line.find("\"type\":\"");
      text += text.empty() ? "" : " ";
      text += at == line.npos ? line.substr(0, line.find(' ')) : line.substr(at + 8, line.find('"', at + 8) - at - 8);
    }
    return text;
  }

 private:
  static fanfare::Admission admit(std::vector<std::string> topics, bool may_command) {
    auto admission = to(std::move(topics));
    admission.may_command = may_command;
    return admission;
  }

  bool deflate_;
  Peer peer_;
  std::size_t told_ = 0;
};

}  // namespace scripted
