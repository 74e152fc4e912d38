#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/wire/impl/short_text.hpp>
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
  constexpr std::size_t id_and_frames = 64;
  out.reserve(out.size() + event.json().size() + event.type().size() + id_and_frames);
  // Names were checked when the event was published.
  ShortText head(out);
  if (event.position().n != 0) {
    char id[max_position_text];
    const char* const end = style_.seq_ids ? write_number(id, event.seq()) : write_position(id, event.position());
    head.add("id: ").add({id, static_cast<std::size_t>(end - id)}).add('\n');
  }
  if (style_.named) head.add("event: ").add(event.type()).add('\n');
  head.flush();
  if (style_.named && !style_.envelope) return wire::append_trusted_sse_data(out, event.json());
  std::string data;
  if (style_.envelope) append_envelope(data, event);
  else append_typed_payload(data, event);
  wire::append_trusted_sse_data(out, data);
}

FANFARE_DECL const SseFormat& SseFormat::of(SseStyle style) noexcept {
  static const SseFormat formats[] = {
      SseFormat({false, false, false}), SseFormat({true, false, false}), SseFormat({false, true, false}),
      SseFormat({true, true, false}),   SseFormat({false, false, true}), SseFormat({true, false, true}),
      SseFormat({false, true, true}),   SseFormat({true, true, true})};
  return formats[(style.named ? 1 : 0) + (style.seq_ids ? 2 : 0) + (style.envelope ? 4 : 0)];
}

}  // namespace fanfare::detail
