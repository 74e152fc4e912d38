/// The library's error codes (many) and the conditions they fold into (few).
/// Compare with a condition to decide what to do, log the code's message to see what happened.
#pragma once

#include <fanfare/config.hpp>

#include <string>
#include <system_error>
#include <type_traits>

namespace fanfare {

enum class Error {
  // publishing
  topic_finished = 1,
  topic_exists,
  unknown_topic,
  topic_expired,
  payload_too_large,
  invalid_payload,
  invalid_name,
  too_many_topics,
  state_refused,
  shut_down,
  backplane_lost,
  // commands and questions
  unknown_prompt,
  already_answered,
  invalid_choice,
  no_handler,
  // subscribing and streaming
  revoked,
  admission_expired,
  too_many_subscriptions,
  not_acceptable,
  peer_gone,
  stalled,
  drained,
  // wire formats
  malformed,
  too_long,
  unsupported_version,
  invalid_host,
  invalid_length,
  invalid_encoding,
  unsafe_field,
  cut_short,
  unsupported_scheme,
  // connecting
  unresolved_host,
  connect_timeout,
  response_timeout,
  tls_failed,
  tls_unavailable,
  certificate_refused,
  certificate_expired,
  certificate_wrong_host,
  // following
  unauthorized,
  forbidden,
  wrong_content_type,
  upgrade_refused,
  too_many_redirects,
  unsafe_redirect,
  silent,
  refused,
  handler_failed,
  // decoding
  invalid_json,
  wrong_type,
  out_of_range,
};

enum class Condition {
  protocol_violation = 1,  ///< the peer sent what its standard does not allow
  limit_exceeded,          ///< a bound of ours was reached
  peer_gone,               ///< the other side left, or took nothing for too long
  not_found,               ///< the name is not, or no longer, known
  conflict,                ///< it was already done, or is done by somebody else
  backplane_lost,          ///< other processes cannot be reached now
  unreachable,             ///< no connection came about: no such host, refused, no answer in time
  not_trusted,             ///< the peer did not prove that it is who it should be
};

const std::error_category& error_category() noexcept;
const std::error_category& condition_category() noexcept;

inline std::error_code make_error_code(Error error) noexcept {
  return {static_cast<int>(error), error_category()};
}
inline std::error_condition make_error_condition(Condition condition) noexcept {
  return {static_cast<int>(condition), condition_category()};
}

}  // namespace fanfare

template <>
struct std::is_error_code_enum<fanfare::Error> : std::true_type {};
template <>
struct std::is_error_condition_enum<fanfare::Condition> : std::true_type {};

#if FANFARE_HEADER_ONLY
#include <fanfare/impl/error.ipp>
#endif
