#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/sse_encoder.hpp>

#include <algorithm>

namespace fanfare::detail {

FANFARE_DECL void append_typed_payload(std::string& out, const Event& event) {
  out += "{\"type\":";
  wire::append_json_string(out, event.type());
  if (!event.control()) {
    out += ",\"seq\":";
    append_number(out, event.seq());
  }
  constexpr std::string_view white_space = " \t\r\n";  // RFC 8259 sec. 2
  std::string_view json = event.json();
  json.remove_prefix(std::min(json.find_first_not_of(white_space), json.size()));
  if (json.size() < 2 || json.front() != '{') {
    out += ",\"data\":";
    out += json;
    out += '}';
    return;
  }
  const auto first = json.find_first_not_of(white_space, 1);
  if (first != json.npos && json[first] != '}') out += ',';
  out += json.substr(1);
}

FANFARE_DECL void append_envelope(std::string& out, const Event& event) {
  out += "{\"topic\":";
  wire::append_json_string(out, event.topic());
  if (event.position().n != 0) {
    out += ",\"id\":\"";
    append_position(out, event.position());
    out += '"';
  }
  if (!event.control()) {
    out += ",\"seq\":";
    append_number(out, event.seq());
  }
  out += ",\"type\":";
  wire::append_json_string(out, event.type());
  out += ",\"data\":";
  out += event.json();
  out += '}';
}

FANFARE_DECL void SseFormat::encode(const Event& event, std::string& out) const {
  std::string id;
  if (event.position().n != 0) {
    if (style_.seq_ids) append_number(id, event.seq());
    else append_position(id, event.position());
  }
  std::string data;
  if (style_.envelope) append_envelope(data, event);
  else if (!style_.named) append_typed_payload(data, event);
  out.reserve(out.size() + event.json().size() + data.size() + event.type().size() + id.size() + 32);
  // Names were checked when the event was published, so this cannot be refused.
  (void)wire::append_trusted_sse_event(
      out, {id, style_.named ? event.type() : std::string_view(), data.empty() ? event.json() : data, !id.empty()});
}

FANFARE_DECL const SseFormat& SseFormat::of(SseStyle style) noexcept {
  static const SseFormat formats[] = {
      SseFormat({false, false, false}), SseFormat({true, false, false}), SseFormat({false, true, false}),
      SseFormat({true, true, false}),   SseFormat({false, false, true}), SseFormat({true, false, true}),
      SseFormat({false, true, true}),   SseFormat({true, true, true})};
  return formats[(style.named ? 1 : 0) + (style.seq_ids ? 2 : 0) + (style.envelope ? 4 : 0)];
}

}  // namespace fanfare::detail
