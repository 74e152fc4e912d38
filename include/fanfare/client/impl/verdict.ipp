#pragma once

#include <fanfare/client/backoff.hpp>
#include <fanfare/client/verdict.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/http_field.hpp>

#include <algorithm>
#include <string>

namespace fanfare::detail {

class HttpStatusCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "fanfare.http"; }
  std::string message(int value) const override { return "the server answered " + std::to_string(value); }
};

FANFARE_DECL const std::error_category& http_status_category() noexcept {
  static const HttpStatusCategory category;
  return category;
}

class OutgrownCategory final : public std::error_category {
 public:
  explicit OutgrownCategory(std::string_view option) noexcept : option_(option) {}
  const char* name() const noexcept override { return "fanfare.limit"; }
  std::string message(int bytes) const override {
    return "more than " + std::string(option_) + ", which is " + std::to_string(bytes);
  }
  std::error_condition default_error_condition(int) const noexcept override { return Condition::limit_exceeded; }

 private:
  const std::string_view option_;
};

FANFARE_DECL std::error_code outgrown_error(Outgrown option, std::size_t bytes) noexcept {
  static const OutgrownCategory event("max_event_bytes"), answer("max_answer_bytes");
  // The options are 1 GiB at most.
  return {static_cast<int>(bytes), option == Outgrown::max_event_bytes ? event : answer};
}

// ---- Retry-After -----------------------------------------------------------------------------------

/// Two or four digits at a place; -1 if they are none.
FANFARE_DECL int digits_at(std::string_view text, std::size_t at, std::size_t count) noexcept {
  int number = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

/// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". The day's name is not compared.
FANFARE_DECL std::optional<WallTime> parse_http_date(std::string_view text) noexcept {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = months.find(text.substr(8, 3));
  const int day = digits_at(text, 5, 2), year = digits_at(text, 12, 4);
  const int hour = digits_at(text, 17, 2), minute = digits_at(text, 20, 2), second = digits_at(text, 23, 2);
  if (month == months.npos || month % 3 != 0 || std::min({day, year, hour, minute, second}) < 0)
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::time_point_cast<WallTime::duration>(
      std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
      std::chrono::seconds(second));
}

FANFARE_DECL std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view text,
                                                                        WallTime now) noexcept {
  using std::chrono::milliseconds;
  text = wire::trim_ows(text);
  if (text.empty()) return std::nullopt;
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    // Compared in seconds, so that no number of digits overflows.
    const auto most = std::chrono::duration_cast<std::chrono::seconds>(max_server_wait).count();
    while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
    const auto seconds = parse_number(text);
    if (!seconds || *seconds > static_cast<std::uint64_t>(most)) return max_server_wait;
    return std::chrono::seconds(static_cast<std::int64_t>(*seconds));
  }
  const auto date = parse_http_date(text);
  if (!date) return std::nullopt;
  if (*date <= now) return milliseconds(0);
  return std::min<milliseconds>(std::chrono::ceil<milliseconds>(*date - now), max_server_wait);
}

// ---- the verdict -----------------------------------------------------------------------------------

FANFARE_DECL bool has_media_type(const wire::HttpResponseHead& head, std::string_view wanted) noexcept {
  const std::string_view value = head.field("Content-Type");
  return wire::same_field_name(wire::trim_ows(value.substr(0, value.find(';'))), wanted);
}

FANFARE_DECL Verdict judge_success(const wire::HttpResponseHead& head, ClientTransport transport) {
  switch (transport) {
    case ClientTransport::websocket: return {Action::unsuitable, make_error_code(Error::upgrade_refused)};
    case ClientTransport::sse:
      if (has_media_type(head, "text/event-stream")) return {};
      break;
    case ClientTransport::long_poll:
      if (has_media_type(head, "application/json")) return {};
      break;
  }
  return {Action::unsuitable, make_error_code(Error::wrong_content_type)};
}

FANFARE_DECL Verdict judge(const wire::HttpResponseHead& head, ClientTransport transport, WallTime now) {
  const std::error_code status(head.status, http_status_category());
  switch (head.status) {
    case 101:
      if (transport == ClientTransport::websocket) return {};
      return {Action::unsuitable, status};
    case 200: return judge_success(head, transport);
    case 204: return {Action::end};
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      if (!head.field("Location").empty()) return {Action::redirect};
      return {Action::unsuitable, status};
    case 401: return {Action::give_up, make_error_code(Error::unauthorized)};
    case 403: return {Action::give_up, make_error_code(Error::forbidden)};
    case 404: return {Action::give_up, make_error_code(Error::unknown_topic)};
    case 410: return {Action::give_up, make_error_code(Error::topic_expired)};
    case 406: return {Action::unsuitable, make_error_code(Error::not_acceptable)};
    case 501:
    case 505: return {Action::unsuitable, status};
    default: break;
  }
  const bool passing = head.status >= 500 || head.status == 408 || head.status == 425 || head.status == 429;
  if (!passing) return {Action::unsuitable, status};
  return {Action::retry, status,
          parse_retry_after(head.field("Retry-After"), now).value_or(std::chrono::milliseconds(0))};
}

}  // namespace fanfare::detail
