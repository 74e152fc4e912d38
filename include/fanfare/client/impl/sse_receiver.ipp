#pragma once

#include <fanfare/client/sse_receiver.hpp>
#include <fanfare/error.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::error_code SseReceiver::on_head(const wire::HttpResponseHead&) {
  return {};
}

FANFARE_DECL AnswerEnd SseReceiver::on_bytes(std::string_view bytes) {
  for (;;) {
    switch (parser_.parse(bytes)) {
      case wire::SseStatus::event: take(parser_.event()); break;
      case wire::SseStatus::need_more: return take_rest(), AnswerEnd{};
      case wire::SseStatus::failed: return {AnswerEnd::What::lost, parser_.error()};
    }
  }
}

FANFARE_DECL AnswerEnd SseReceiver::on_end(std::error_code why) {
  // Also when the topics have ended: it is the answer to the next request that says so (204).
  return {AnswerEnd::What::lost, why ? why : make_error_code(Error::peer_gone)};
}

FANFARE_DECL void SseReceiver::take(const wire::SseEvent& event) {
  const bool own_id = event.last_event_id != last_id_;
  if (own_id) last_id_ = event.last_event_id;
  if (take_envelope(event, own_id)) return;
  Incoming incoming{.type = event.type, .json = as_json(event.data)};
  if (own_id && is_usable_id(event.last_event_id)) incoming.id = event.last_event_id;
  sink_.on_event(std::move(incoming));
  if (own_id && event.last_event_id.empty()) sink_.on_position({});
}

FANFARE_DECL bool SseReceiver::take_envelope(const wire::SseEvent& event, bool own_id) {
  if (!event.data.starts_with("{\"") || json_.parse(event.data)) return false;
  Incoming incoming;
  if (!read_envelope(json_.root(), incoming)) return false;
  // By chance another server's data may look like one; it would not repeat the stream's own id and type.
  if (event.type != incoming.type && event.type != "message") return false;
  if (own_id ? incoming.id != event.last_event_id : !incoming.id.empty() && incoming.id != last_id_)
    return false;
  if (!is_usable_id(incoming.id)) incoming.id.clear();
  sink_.on_event(std::move(incoming));
  return true;
}

/// What came besides events.
FANFARE_DECL void SseReceiver::take_rest() {
  if (parser_.last_event_id() != last_id_) {
    last_id_ = parser_.last_event_id();
    if (last_id_.empty() || is_usable_id(last_id_)) sink_.on_position(last_id_);
  }
  if (parser_.comments() != comments_) {
    comments_ = parser_.comments();
    sink_.on_beat();
  }
  if (parser_.retry() && parser_.retry() != retry_) {
    retry_ = parser_.retry();
    sink_.on_retry(*retry_);
  }
}

}  // namespace fanfare::detail
