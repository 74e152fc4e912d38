#pragma once

#include <fanfare/core/response.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/json_writer.hpp>

namespace fanfare {

FANFARE_DECL Response Response::error(int status, std::string reason) {
  std::string body = "{\"error\":";
  wire::append_json_string(body, reason);
  body += '}';
  return {status, "application/json", std::move(body), {}};
}

FANFARE_DECL Response Response::from(std::error_code code) {
  if (!code) return {204, {}, {}, {}};
  const auto status = [&] {
    if (code == Error::topic_expired) return 410;
    if (code == Error::payload_too_large) return 413;
    if (code == Error::invalid_choice || code == Error::invalid_payload || code == Error::invalid_name) return 400;
    if (code == Error::no_handler) return 405;
    if (code == Error::revoked || code == Error::admission_expired) return 403;
    if (code == Error::shut_down || code == Error::drained || code == Condition::backplane_lost) return 503;
    if (code == Condition::not_found) return 404;
    if (code == Condition::conflict) return 409;
    if (code == Condition::limit_exceeded) return 429;
    if (code == Condition::protocol_violation) return 400;
    return 500;
  }();
  return error(status, code.message());
}

}  // namespace fanfare
