#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/error.hpp>
#include <fanfare/transport/websocket.hpp>
#include <fanfare/transport/websocket_format.hpp>
#include <fanfare/transport/websocket_messages.hpp>
#include <fanfare/wire/websocket_handshake.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <stdexcept>

namespace fanfare {
namespace detail {

inline constexpr std::string_view websocket_protocol = "fanfare.v1";

/// The close frame that tells why (RFC 6455 sec. 7.4.1).
FANFARE_DECL wire::CloseCode close_code_of(std::error_code why) noexcept {
  using wire::CloseCode;
  if (!why) return CloseCode::normal;
  if (why == Error::drained) return CloseCode::service_restart;
  if (why == Error::shut_down) return CloseCode::going_away;
  if (why == Error::revoked || why == Error::admission_expired || why == Error::stalled) return CloseCode::policy_violation;
  if (why == Condition::limit_exceeded || why == Condition::backplane_lost) return CloseCode::try_again_later;
  return CloseCode::internal_error;
}

/// One connection's conversation. Idle it keeps no reader and no buffer.
class WebSocketTransport final : public Transport {
 public:
  WebSocketTransport(std::shared_ptr<const WebSocketOptions> options, const Request& request, wire::WebSocketUpgrade upgrade)
      : options_(std::move(options)),
        head_(std::make_unique<Response>()),
        deflate_(upgrade.deflate),
        enveloped_(upgrade.subprotocol == websocket_protocol || request.query("protocol") == websocket_protocol) {
    head_->status = upgrade.status();
    if (!upgrade.accepted()) *head_ = Response::error(upgrade.status(), std::string(upgrade.refusal.reason));
    head_->fields = std::move(upgrade.fields);
    if (enveloped_) greeting_ = std::make_unique<Greeting>(Greeting{request.id, request.topics});
  }

  Response head() const override { return head_ ? *head_ : Response{}; }
  const Format& format() const noexcept override {
    return WebSocketFormat::of({enveloped_, deflate_.has_value(), options_->min_compressed_bytes});
  }
  std::chrono::milliseconds beat_interval() const noexcept override { return options_->heartbeat; }
  bool subscribes_later() const noexcept override { return enveloped_; }
  bool silent() const noexcept override { return unanswered_; }
  bool concluded() const noexcept override { return peer_closed_ || failed_; }

  void open(const Response& sent, std::string& out) override {
    if (sent.status == 101 && greeting_) {
      say(out, [&](std::string& text) {
        append_hello(text, {greeting_->connection, greeting_->topics, options_->heartbeat});
      });
    }
    head_.reset();
    greeting_.reset();
  }
  void beat(std::string& out) override {
    unanswered_ = true;
    wire::append_frame(out, {.opcode = wire::Opcode::ping}, {});
  }
  FANFARE_DECL void end(Goodbye goodbye, std::string& out) override;
  FANFARE_DECL std::error_code receive(std::string_view bytes, Intake& intake) override;
  void subscribed(const Subscribed& outcome, std::string& out) override {
    say(out, [&](std::string& text) { append_subscribed(text, outcome); });
  }

 private:
  struct Greeting {
    std::string connection;
    std::vector<std::string> topics;
  };

  template <class Write>
  static void say(std::string& out, Write&& write) {
    const std::size_t frame = wire::begin_frame(out);
    write(out);
    wire::end_frame(out, frame, {.opcode = wire::Opcode::text});
  }
  template <class Write>
  void reply(Intake& intake, Write&& write) {
    std::string bytes;
    say(bytes, write);
    intake.reply(bytes);
  }
  std::error_code fail(wire::WebSocketFailure failure) noexcept;
  bool too_fast(SteadyTime now) noexcept;
  void on_text(std::string_view text, Intake& intake);
  void on_message(ClientMessage message, Intake& intake);
  void unsubscribe(const ClientMessage& message, Intake& intake);
  void command(Command command, const ClientMessage& message, Intake& intake);

  const std::shared_ptr<const WebSocketOptions> options_;
  std::unique_ptr<Response> head_;              // until the connection is open
  std::unique_ptr<Greeting> greeting_;          // likewise
  std::unique_ptr<wire::WebSocketReader> reader_;  // while a frame or message is under way
  std::optional<wire::DeflateParameters> deflate_;
  SteadyTime second_began_{};
  unsigned messages_ = 0;  // since then
  wire::CloseCode close_code_ = wire::CloseCode::none;  // what the peer said, or what it is told of its fault
  std::string_view close_reason_;
  bool enveloped_;
  bool unanswered_ = false, peer_closed_ = false, failed_ = false, ended_ = false;
};

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void WebSocketTransport::end(Goodbye goodbye, std::string& out) {
  ended_ = true;
  std::string payload;
  if (failed_) {
    (void)wire::append_close_payload(payload, close_code_, close_reason_);
  } else if (peer_closed_) {
    // Sec. 5.5.1: the answer to a close frame typically has the code that came.
    (void)wire::append_close_payload(payload, close_code_);
  } else {
    if (enveloped_) say(out, [&](std::string& text) { append_goodbye(text, goodbye, position()); });
    (void)wire::append_close_payload(payload, close_code_of(goodbye.why), goodbye.why ? goodbye.why.message() : "done");
  }
  wire::append_frame(out, {.opcode = wire::Opcode::close}, payload);
}

FANFARE_DECL std::error_code WebSocketTransport::fail(wire::WebSocketFailure failure) noexcept {
  failed_ = true;
  close_code_ = failure.code;
  close_reason_ = failure.reason;
  reader_.reset();
  return failure.error;
}

// ---- what the client says --------------------------------------------------------------------------

FANFARE_DECL std::error_code WebSocketTransport::receive(std::string_view bytes, Intake& intake) {
  if (failed_ || peer_closed_) return {};
  unanswered_ = false;
  if (!reader_) {
    reader_ = std::make_unique<wire::WebSocketReader>(wire::WebSocketReaderOptions{
        .max_message_bytes = options_->max_message_bytes, .accept_binary = false, .deflate = deflate_});
  }
  for (;;) {
    switch (reader_->parse(bytes)) {
      case wire::WebSocketStatus::need_more:
        if (reader_->idle()) reader_.reset();
        return {};
      case wire::WebSocketStatus::ping: {
        std::string pong;
        wire::append_frame(pong, {.opcode = wire::Opcode::pong}, reader_->payload());
        intake.reply(pong);
        break;
      }
      case wire::WebSocketStatus::pong: break;
      case wire::WebSocketStatus::text:
      case wire::WebSocketStatus::binary:
        if (ended_) break;
        if (too_fast(intake.now())) {
          return fail({make_error_code(Error::too_many_subscriptions), wire::CloseCode::policy_violation,
                       "too many messages in a second"});
        }
        on_text(reader_->payload(), intake);
        break;
      case wire::WebSocketStatus::close:
        peer_closed_ = true;
        close_code_ = reader_->close_code();
        reader_.reset();
        intake.end({make_error_code(Error::peer_gone), {}});
        return {};
      case wire::WebSocketStatus::failed: return fail(reader_->failure());
    }
  }
}

FANFARE_DECL bool WebSocketTransport::too_fast(SteadyTime now) noexcept {
  if (options_->max_messages_per_second == 0) return false;
  if (now >= second_began_ + std::chrono::seconds(1)) {
    second_began_ = now;
    messages_ = 0;
  }
  return ++messages_ > options_->max_messages_per_second;
}

FANFARE_DECL void WebSocketTransport::on_text(std::string_view text, Intake& intake) {
  const auto pong = [](std::string& out) { out += pong_message; };
  if (text == "ping") return reply(intake, pong);
  auto message = from_json<ClientMessage>(text);
  if (message && message->type == "ping") return reply(intake, pong);
  if (!enveloped_) return;  // plain clients have nothing else to say
  if (message) return on_message(*std::move(message), intake);
  reply(intake, [&](std::string& out) { append_error(out, message.error(), message.detail(), {}, {}); });
}

FANFARE_DECL void WebSocketTransport::on_message(ClientMessage message, Intake& intake) {
  if (message.type == "subscribe") {
    Wanted wanted{.since = std::move(message.since), .types = std::move(message.types), .max_rate = message.max_rate};
    wanted.topics = std::move(message.topics);
    wanted.ref = std::move(message.ref);
    return intake.subscribe(std::move(wanted));
  }
  if (message.type == "unsubscribe") return unsubscribe(message, intake);
  if (message.type == "cancel") return command({message.topic, "cancel", {}}, message, intake);
  if (message.type == "command") return command({message.topic, message.name, message.data}, message, intake);
  if (message.type == "answer") {
    std::string data;
    wire::JsonWriter(data).begin_object().member("prompt", message.prompt).member("answer", message.answer).end_object();
    return command({message.topic, "answer", Json{std::move(data)}}, message, intake);
  }
  reply(intake, [&](std::string& out) {
    append_error(out, make_error_code(Error::malformed), "unknown message type", message.type.substr(0, 64), message.ref);
  });
}

FANFARE_DECL void WebSocketTransport::unsubscribe(const ClientMessage& message, Intake& intake) {
  std::vector<std::string> removed;
  for (const auto& topic : message.topics) {
    if (intake.unsubscribe(topic)) removed.push_back(topic);
  }
  reply(intake, [&](std::string& out) { append_unsubscribed(out, removed, message.ref); });
}

FANFARE_DECL void WebSocketTransport::command(Command command, const ClientMessage& message, Intake& intake) {
  const std::error_code error = intake.command(std::move(command));
  reply(intake, [&](std::string& out) {
    if (error) append_error(out, error, {}, message.topic, message.ref);
    else append_accepted(out, message.ref);
  });
}

/// The head as the parser would have made it: a host with a server of its own has only the fields.
FANFARE_DECL wire::HttpRequestHead upgrade_head(const Request& request) {
  wire::HttpRequestHead head;
  head.method = request.method;
  head.target = request.target;
  head.host = request.field("Host");
  head.fields = request.fields;
  head.minor_version = static_cast<int>(request.http_minor);
  head.upgrade = wire::field_has_member(request.fields, "Connection", "upgrade");
  head.chunked = wire::find_field(request.fields, "Transfer-Encoding") != nullptr;
  const std::string length = request.field("Content-Length");
  if (!length.empty() && length != "0") head.content_length = request.body.size();
  return head;
}

}  // namespace detail

FANFARE_DECL TransportFactory websocket(WebSocketOptions options) {
  constexpr std::size_t most = std::size_t{1} << 31;
  if (options.heartbeat.count() < 0) throw std::invalid_argument("websocket: heartbeat must be 0 or more milliseconds");
  if (options.max_message_bytes < 1 || options.max_message_bytes > most) {
    throw std::invalid_argument("websocket: max_message_bytes must be 1 to 2^31");
  }
  if (options.min_compressed_bytes > most) throw std::invalid_argument("websocket: min_compressed_bytes must be 0 to 2^31");
  if (options.compress && !wire::has_deflate) {
    throw std::invalid_argument("websocket: compress needs zlib (FANFARE_WITH_ZLIB)");
  }
  return [options = std::make_shared<const WebSocketOptions>(options)](const Request& request) -> std::unique_ptr<Transport> {
    const wire::HttpRequestHead head = detail::upgrade_head(request);
    if (!wire::asks_for_websocket(head)) return nullptr;
    wire::WebSocketServerOptions terms{.subprotocols = {std::string(detail::websocket_protocol)}};
    if (options->compress) terms.deflate = wire::DeflateServerOptions::shared();
    return std::make_unique<detail::WebSocketTransport>(options, request, wire::accept_websocket(head, terms));
  };
}

}  // namespace fanfare
