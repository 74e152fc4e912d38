#pragma once

#include <fanfare/client/incoming.hpp>
#include <fanfare/core/log/event_record.hpp>
#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL bool is_usable_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= max_id_bytes && wire::is_field_value(id) && wire::trim_ows(id) == id;
}

FANFARE_DECL bool read_envelope(JsonValue object, Incoming& out) {
  bool has_topic = false, has_type = false, has_data = false, has_seq = false;
  const bool known = object.for_each_member([&](std::string_view name, JsonValue value) {
    std::string_view text;
    if (name == "data") {
      if (std::exchange(has_data, true)) return false;
      out.json.clear();
      value.append_to(out.json);
      return true;
    }
    if (name == "seq") return !std::exchange(has_seq, true) && value.get(out.seq);
    if (!value.get(text)) return false;
    if (name == "topic") return out.topic = text, !std::exchange(has_topic, true);
    if (name == "type") return out.type = text, !std::exchange(has_type, true);
    if (name == "id") return out.id = text, true;
    return false;
  });
  out.control = !has_seq;
  return known && has_topic && has_type && has_data;
}

FANFARE_DECL std::string as_json(std::string_view text) {
  std::string json(text);
  if (!text.empty() && !normalize_json(json)) return json;
  json.clear();
  wire::append_json_string(json, text);
  return json;
}

FANFARE_DECL std::shared_ptr<TopicAccount> EventMaker::account(const std::string& name) {
  if (name.size() > max_kept_bytes) return std::make_shared<TopicAccount>(name, total_);
  if (accounts_.size() >= max_names && !accounts_.contains(name)) accounts_.clear();
  auto& account = accounts_[name];
  if (!account) account = std::make_shared<TopicAccount>(name, total_);
  return account;
}

FANFARE_DECL Event EventMaker::make(Incoming&& incoming, WallTime now) {
  const Position position = Position::parse(incoming.id).value_or(Position{});
  const auto topic = account(incoming.topic);
  Ref<EventRecord> record;
  if (incoming.control) {
    record = Ref(new EventRecord(topic, std::move(incoming.type), std::move(incoming.json), position, 0));
  } else {
    record =
        Ref(new EventRecord(topic, Payload(std::move(incoming.type), Json{std::move(incoming.json)}), {}));
    record->position = position;
    record->seq = incoming.seq;
  }
  record->time = now;
  return Event(Ref<const RefCounted>(record));
}

}  // namespace fanfare::detail
