/// What the head of an answer means for a client: go on, look elsewhere, come back later, or stop.
#pragma once

#include <fanfare/client/client_options.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/wall_time.hpp>
#include <fanfare/wire/http_response_parser.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace fanfare::detail {

enum class Action : std::uint8_t {
  open,        ///< events follow
  redirect,    ///< Location says where to
  retry,       ///< the same again, later
  unsuitable,  ///< this transport does not work here; another one may
  end,         ///< all was delivered
  give_up,     ///< it would be the same again
};

struct Verdict {
  Action action = Action::open;
  std::error_code error = {};         ///< why not; none for open, redirect and end
  std::chrono::milliseconds wait{0};  ///< with retry: what Retry-After asks for
};

/// @param now  for a Retry-After that is a date
Verdict judge(const wire::HttpResponseHead& head, ClientTransport transport, WallTime now);

/// Seconds, or a date (RFC 9110 sec. 10.2.3, the form that servers must send: sec. 5.6.7). 0 for a date in
/// the past; none for what is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text, WallTime now) noexcept;

/// What was larger than an option allows, as an error: "more than max_event_bytes, which is 8388608". Its condition
/// is limit_exceeded.
enum class Outgrown : std::uint8_t { max_event_bytes, max_answer_bytes };
std::error_code outgrown_error(Outgrown option, std::size_t bytes) noexcept;

/// A status as an error: "the server answered 503".
const std::error_category& http_status_category() noexcept;

}  // namespace fanfare::detail
