#pragma once

#include <fanfare/error.hpp>

namespace fanfare {
namespace detail {

class ErrorCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "fanfare"; }
  std::string message(int value) const override {
    switch (static_cast<Error>(value)) {
      case Error::topic_finished: return "the topic has finished; nothing can follow its last event";
      case Error::topic_exists: return "a topic of this name is open";
      case Error::unknown_topic: return "no topic of this name";
      case Error::topic_expired: return "the topic has expired";
      case Error::payload_too_large: return "the payload is larger than limits.max_payload_bytes";
      case Error::invalid_payload: return "the payload is not what the topic's state expects";
      case Error::invalid_name: return "a name is empty, too long, or has control characters";
      case Error::too_many_topics: return "limits.max_topics is reached";
      case Error::state_refused: return "the topic's state refused the event";
      case Error::shut_down: return "the broker is shut down";
      case Error::backplane_lost: return "the backplane is away and the outbox is full";
      case Error::unknown_prompt: return "no question of this id";
      case Error::already_answered: return "the question has been answered";
      case Error::invalid_choice: return "the answer is not one of the choices";
      case Error::no_handler: return "the topic takes no commands";
      case Error::revoked: return "the admission was revoked";
      case Error::admission_expired: return "the admission has expired";
      case Error::too_many_subscriptions: return "limits.max_subscriptions is reached";
      case Error::not_acceptable: return "no transport for what the client accepts";
      case Error::peer_gone: return "the peer has left";
      case Error::stalled: return "the peer took nothing for the stall limit";
      case Error::drained: return "the server is draining";
      case Error::malformed: return "malformed input";
      case Error::too_long: return "input is longer than the limit";
      case Error::unsupported_version: return "unsupported protocol version";
      case Error::invalid_host: return "the Host field is missing, repeated or invalid";
      case Error::invalid_length: return "an invalid or contradictory length";
      case Error::invalid_encoding: return "invalid percent or transfer encoding";
      case Error::unsafe_field: return "a field holds CR, LF or NUL";
      case Error::cut_short: return "the connection ended before the message did";
      case Error::unsupported_scheme: return "the URL's scheme is not http, https, ws or wss";
      case Error::unresolved_host: return "the host's name has no address";
      case Error::connect_timeout: return "no connection within the time for it";
      case Error::response_timeout: return "no response within the time for it";
      case Error::tls_failed: return "TLS could not be agreed upon";
      case Error::tls_unavailable: return "fanfare was built without TLS";
      case Error::certificate_refused: return "the server's certificate is not signed by a trusted authority";
      case Error::certificate_expired: return "the server's certificate has expired, or is not valid yet";
      case Error::certificate_wrong_host: return "the server's certificate is for another host";
      case Error::unauthorized: return "the server asks for credentials (401)";
      case Error::forbidden: return "the server does not allow it (403)";
      case Error::wrong_content_type: return "the answer is not of the type that was asked for";
      case Error::upgrade_refused: return "the server does not speak WebSocket here";
      case Error::too_many_redirects: return "redirected too often";
      case Error::unsafe_redirect: return "redirected from https to http";
      case Error::silent: return "no sign of life for 2.5 heartbeats";
      case Error::refused: return "the server refused it";
      case Error::handler_failed: return "a handler threw";
      case Error::invalid_json: return "not valid JSON";
      case Error::wrong_type: return "a JSON value of another type than expected";
      case Error::out_of_range: return "a number out of range";
    }
    return "unknown error";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<Error>(value)) {
      case Error::malformed:
      case Error::unsupported_version:
      case Error::invalid_host:
      case Error::invalid_length:
      case Error::invalid_encoding:
      case Error::unsafe_field:
      case Error::invalid_json:
      case Error::wrong_type:
      case Error::out_of_range: return Condition::protocol_violation;
      case Error::payload_too_large:
      case Error::too_many_topics:
      case Error::too_many_subscriptions:
      case Error::too_long: return Condition::limit_exceeded;
      case Error::peer_gone:
      case Error::cut_short:
      case Error::response_timeout:
      case Error::silent:
      case Error::stalled: return Condition::peer_gone;
      case Error::unresolved_host:
      case Error::connect_timeout: return Condition::unreachable;
      case Error::tls_failed:
      case Error::certificate_refused:
      case Error::certificate_expired:
      case Error::certificate_wrong_host: return Condition::not_trusted;
      case Error::unknown_topic:
      case Error::topic_expired:
      case Error::unknown_prompt: return Condition::not_found;
      case Error::topic_finished:
      case Error::topic_exists:
      case Error::already_answered: return Condition::conflict;
      case Error::backplane_lost: return Condition::backplane_lost;
      default: return {value, *this};
    }
  }
};

class ConditionCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "fanfare.condition"; }
  std::string message(int value) const override {
    switch (static_cast<Condition>(value)) {
      case Condition::protocol_violation: return "protocol violation";
      case Condition::limit_exceeded: return "limit exceeded";
      case Condition::peer_gone: return "peer gone";
      case Condition::not_found: return "not found";
      case Condition::conflict: return "conflict";
      case Condition::backplane_lost: return "backplane lost";
      case Condition::unreachable: return "unreachable";
      case Condition::not_trusted: return "not trusted";
    }
    return "unknown condition";
  }
  // What the system says of connections belongs to the same few conditions.
  bool equivalent(const std::error_code& code, int condition) const noexcept override {
    switch (static_cast<Condition>(condition)) {
      case Condition::peer_gone:
        if (code == std::errc::connection_reset || code == std::errc::broken_pipe) return true;
        break;
      case Condition::unreachable:
        if (code == std::errc::connection_refused || code == std::errc::host_unreachable ||
            code == std::errc::network_unreachable || code == std::errc::timed_out) {
          return true;
        }
        break;
      default: break;
    }
    return std::error_category::equivalent(code, condition);
  }
};

}  // namespace detail

FANFARE_DECL const std::error_category& error_category() noexcept {
  static const detail::ErrorCategory category;
  return category;
}
FANFARE_DECL const std::error_category& condition_category() noexcept {
  static const detail::ConditionCategory category;
  return category;
}

}  // namespace fanfare
