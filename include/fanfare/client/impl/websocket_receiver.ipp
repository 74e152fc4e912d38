#pragma once

#include <fanfare/client/websocket_receiver.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_close.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include <algorithm>
#include <random>
#include <utility>

namespace fanfare::detail {

/// Bytes that a peer cannot foresee (RFC 6455 sec. 4.1 item 7, sec. 5.3).
template <class Bytes>
void fill_unpredictably(Bytes& bytes) {
  std::random_device device;
  for (auto& byte : bytes) byte = static_cast<typename Bytes::value_type>(device() & 0xFF);
}

FANFARE_DECL WebSocketTerms WebSocketTerms::fresh() {
  WebSocketTerms terms;
  fill_unpredictably(terms.nonce);
  terms.options.subprotocols = {"fanfare.v1"};
  if (wire::has_deflate) terms.options.deflate.emplace();
  return terms;
}

FANFARE_DECL WebSocketReceiver::WebSocketReceiver(ReceiverSink& sink, ReceiverLimits limits,
                                                  WebSocketTerms terms)
    : sink_(sink), limits_(limits), terms_(std::move(terms)) {}

FANFARE_DECL std::error_code WebSocketReceiver::on_head(const wire::HttpResponseHead& head) {
  const auto agreed = wire::check_websocket_response(head.status, head.fields, terms_.options, terms_.nonce);
  if (agreed.error) return make_error_code(Error::upgrade_refused);
  enveloped_ = !agreed.subprotocol.empty();
  reader_.emplace(wire::WebSocketReaderOptions{.role = wire::WebSocketRole::client,
                                               .max_message_bytes = limits_.max_event_bytes,
                                               .deflate = agreed.deflate});
  return {};
}

FANFARE_DECL AnswerEnd WebSocketReceiver::on_bytes(std::string_view bytes) {
  for (;;) {
    switch (reader_->parse(bytes)) {
      case wire::WebSocketStatus::need_more: return {};
      case wire::WebSocketStatus::text: take_message(reader_->payload()); break;
      case wire::WebSocketStatus::binary:
        sink_.on_problem({make_error_code(Error::wrong_type), "a binary message, which is no event"});
        break;
      case wire::WebSocketStatus::ping:
        reply(wire::Opcode::pong, reader_->payload());
        sink_.on_beat();
        break;
      case wire::WebSocketStatus::pong: break;
      case wire::WebSocketStatus::close: return take_close();
      case wire::WebSocketStatus::failed: return fail();
    }
  }
}

FANFARE_DECL AnswerEnd WebSocketReceiver::on_end(std::error_code why) {
  return {AnswerEnd::What::lost, why ? why : make_error_code(Error::peer_gone)};
}

// ---- what the server says --------------------------------------------------------------------------

FANFARE_DECL void WebSocketReceiver::take_message(std::string_view text) {
  if (!enveloped_) return take_plain(text);
  const bool is_json = !json_.parse(text);
  std::string_view type;
  const JsonValue message = is_json ? json_.root() : JsonValue();
  // Some servers agree to any subprotocol without knowing it (npm's ws does). Ours says hello first of all.
  const bool is_known = message.member("topic") || (message.member("type").get(type) && type == "hello");
  if (!std::exchange(met_, true) && !is_known) {
    enveloped_ = false;
    return take_plain(text);
  }
  if (!is_json) {
    return sink_.on_problem(
        {make_error_code(Error::invalid_json), "a message of fanfare.v1 that is no JSON"});
  }
  if (!message.member("topic") && message.member("type").get(type)) return take_notice(type);
  Incoming incoming;
  if (!read_envelope(message, incoming)) {
    return sink_.on_problem({make_error_code(Error::wrong_type), "a message of fanfare.v1 that is no event"});
  }
  if (!is_usable_id(incoming.id)) incoming.id.clear();
  sink_.on_event(std::move(incoming));
}

FANFARE_DECL void WebSocketReceiver::take_plain(std::string_view text) {
  Incoming incoming{.type = "message"};
  std::string_view type;
  const JsonValue message = json_.parse(text) ? JsonValue() : json_.root();
  if (message.member("type").get(type) && message.member("data")) {
    incoming.type = type;
    incoming.json.clear();
    message.member("data").append_to(incoming.json);
  } else {
    incoming.json = as_json(text);
  }
  sink_.on_event(std::move(incoming));
}

FANFARE_DECL void WebSocketReceiver::take_notice(std::string_view type) {
  const JsonValue message = json_.root();
  std::int64_t milliseconds = 0;
  std::string_view id;
  if (type == "hello" && message.member("heartbeat_ms").get(milliseconds) && milliseconds >= 0) {
    sink_.on_heartbeat(std::chrono::milliseconds(milliseconds));
  } else if (type == "goodbye") {
    if (message.member("id").get(id) && is_usable_id(id)) sink_.on_position(id);
    if (message.member("retry_ms").get(milliseconds) && milliseconds > 0) {
      sink_.on_retry(std::chrono::milliseconds(milliseconds));
    }
  } else if (type == "error") {
    take_error();
  }
}

FANFARE_DECL void WebSocketReceiver::take_error() {
  std::string_view code, text;
  (void)json_.root().member("code").get(code);
  (void)json_.root().member("message").get(text);
  std::string detail(code);
  if (!text.empty()) detail.append(detail.empty() ? "" : ": ").append(text);
  sink_.on_problem({make_error_code(Error::refused), std::move(detail)});
}

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL AnswerEnd WebSocketReceiver::take_close() {
  const wire::CloseCode code = reader_->close_code();
  std::string payload;
  (void)wire::append_close_payload(payload, code);
  reply(wire::Opcode::close, payload);
  switch (code) {
    case wire::CloseCode::normal: return {AnswerEnd::What::finished, {}};
    case wire::CloseCode::protocol_error:
    case wire::CloseCode::unsupported_data:
    case wire::CloseCode::invalid_payload:
    case wire::CloseCode::message_too_big:
      return {AnswerEnd::What::hopeless, make_error_code(Error::refused)};
    default: return {AnswerEnd::What::lost, make_error_code(Error::peer_gone)};
  }
}

FANFARE_DECL AnswerEnd WebSocketReceiver::fail() {
  std::string payload;
  (void)wire::append_close_payload(payload, reader_->failure().code, reader_->failure().reason);
  reply(wire::Opcode::close, payload);
  return {AnswerEnd::What::lost, reader_->failure().error};
}

// ---- what the client says --------------------------------------------------------------------------

FANFARE_DECL bool WebSocketReceiver::say(std::string_view text) {
  if (!enveloped_) return false;
  reply(wire::Opcode::text, text);
  return true;
}

FANFARE_DECL void WebSocketReceiver::reply(wire::Opcode opcode, std::string_view payload) {
  wire::MaskKey key;
  fill_unpredictably(key);
  std::string frame;
  wire::append_frame(frame, {.opcode = opcode, .mask_key = key}, payload);
  sink_.on_reply(frame);
}

}  // namespace fanfare::detail
