#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/error.hpp>
#include <fanfare/transport/websocket_messages.hpp>
#include <fanfare/wire/json_writer.hpp>

namespace fanfare::detail {

FANFARE_DECL void write_names(wire::JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).begin_array();
  for (const auto& name : names) json.value(name);
  json.end_array();
}

FANFARE_DECL void write_ref(wire::JsonWriter& json, std::string_view ref) {
  if (!ref.empty()) json.member("ref", ref);
}

FANFARE_DECL void append_hello(std::string& out, const Hello& hello) {
  wire::JsonWriter json(out);
  json.begin_object().member("type", "hello").member("protocol", "fanfare.v1").member("connection", hello.connection);
  write_names(json, "topics", hello.topics);
  json.member("heartbeat_ms", hello.heartbeat.count()).end_object();
}

FANFARE_DECL void append_subscribed(std::string& out, const Subscribed& outcome) {
  if (outcome.error) return append_error(out, outcome.error, outcome.detail, {}, outcome.ref);
  wire::JsonWriter json(out);
  json.begin_object().member("type", "subscribed");
  write_names(json, "topics", outcome.topics);
  if (!outcome.unknown.empty()) write_names(json, "unknown", outcome.unknown);
  if (!outcome.refused.empty()) write_names(json, "refused", outcome.refused);
  if (!outcome.detail.empty()) json.member("message", outcome.detail);
  write_ref(json, outcome.ref);
  json.end_object();
}

FANFARE_DECL void append_unsubscribed(std::string& out, const std::vector<std::string>& topics, std::string_view ref) {
  wire::JsonWriter json(out);
  json.begin_object().member("type", "unsubscribed");
  write_names(json, "topics", topics);
  write_ref(json, ref);
  json.end_object();
}

FANFARE_DECL void append_accepted(std::string& out, std::string_view ref) {
  wire::JsonWriter json(out);
  json.begin_object().member("type", "accepted");
  write_ref(json, ref);
  json.end_object();
}

FANFARE_DECL void append_error(std::string& out, std::error_code error, std::string_view text, std::string_view about,
                               std::string_view ref) {
  wire::JsonWriter json(out);
  json.begin_object().member("type", "error").member("code", error_word(error));
  json.member("message", text.empty() ? std::string_view(error.message()) : text);
  if (!about.empty()) json.member("about", about);
  write_ref(json, ref);
  json.end_object();
}

FANFARE_DECL void append_goodbye(std::string& out, const Goodbye& goodbye, Position position) {
  wire::JsonWriter json(out);
  json.begin_object().member("type", "goodbye");
  json.member("reason", goodbye.why ? goodbye.why.message() : "done");
  if (position.n != 0) json.member("id", position.str());
  if (goodbye.come_back.count() > 0) json.member("retry_ms", goodbye.come_back.count());
  json.end_object();
}

FANFARE_DECL std::string_view error_word(std::error_code error) noexcept {
  if (error == Error::invalid_json || error == Error::wrong_type || error == Error::out_of_range ||
      error == Error::invalid_choice || error == Condition::protocol_violation) {
    return "malformed";
  }
  if (error == Condition::not_found) return "not_found";
  if (error == Error::no_handler || error == Error::revoked || error == Error::admission_expired) return "refused";
  if (error == Condition::conflict) return "conflict";
  if (error == Condition::limit_exceeded) return "limit_exceeded";
  if (error == Error::shut_down || error == Condition::backplane_lost || error == std::errc::timed_out) return "unavailable";
  return "failed";
}

}  // namespace fanfare::detail
