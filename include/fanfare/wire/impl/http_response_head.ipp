#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/http_response_head.hpp>
#include <fanfare/wire/impl/ascii.hpp>

#include <algorithm>
#include <cstddef>

namespace fanfare {
namespace detail {

// Whether the fields say at most once, and clearly, where the body ends.
inline bool is_response_framing_clear(int status, std::span<const HttpField> fields) noexcept {
  std::size_t lengths = 0, codings = 0;
  for (const HttpField& field : fields) {
    if (wire::same_field_name(field.name, "Transfer-Encoding")) ++codings;
    if (!wire::same_field_name(field.name, "Content-Length")) continue;
    ++lengths;
    if (field.value.empty() || !std::all_of(field.value.begin(), field.value.end(), is_ascii_digit))
      return false;
  }
  const bool has_no_body = status < 200 || status == 204;
  return lengths + codings <= (has_no_body ? 0 : 1);
}

inline void append_digits(std::string& out, unsigned number, unsigned width) {
  const std::size_t begin = out.size();
  out.append(width, '0');
  for (std::size_t i = begin + width; i-- > begin; number /= 10)
    out[i] = static_cast<char>('0' + number % 10);
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 305: return "Use Proxy";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return {};
  }
}

FANFARE_DECL std::error_code append_response_head(std::string& out, int status,
                                                  std::span<const HttpField> fields) {
  if (status < 100 || status > 599) return Error::out_of_range;
  const std::string_view reason = reason_phrase(status);
  std::size_t size = sizeof "HTTP/1.1 200 \r\n\r\n" - 1 + reason.size();
  for (const HttpField& field : fields) {
    if (!is_token(field.name) || !is_field_value(field.value)) return Error::unsafe_field;
    size += field.name.size() + field.value.size() + 4;  // ": " and CRLF
  }
  if (!detail::is_response_framing_clear(status, fields)) return Error::invalid_length;
  // Memory is all that can fail from here on, and it fails now: a head is never left half written.
  if (out.capacity() - out.size() < size) out.reserve(std::max(out.size() + size, 2 * out.capacity()));
  out.append("HTTP/1.1 ");
  detail::append_digits(out, static_cast<unsigned>(status), 3);
  out.push_back(' ');  // RFC 9112 sec. 4: also when no phrase follows
  out.append(reason).append("\r\n");
  for (const HttpField& field : fields)
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  out.append("\r\n");
  return {};
}

FANFARE_DECL std::error_code append_response_head(std::string& out, int status,
                                                  std::initializer_list<HttpField> fields) {
  return append_response_head(out, status, std::span<const HttpField>(fields.begin(), fields.size()));
}

FANFARE_DECL void append_http_date(std::string& out, std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  constexpr sys_seconds first = sys_days(year(0) / January / 1);
  constexpr sys_seconds last = sys_days(year(10000) / January / 1) - seconds(1);
  const sys_seconds second = std::clamp(floor<seconds>(time), first, last);
  const sys_days day = floor<days>(second);
  const year_month_day date(day);
  const auto of_day = static_cast<unsigned>((second - day).count());
  constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  out.append(weekdays.substr(3 * weekday(day).c_encoding(), 3)).append(", ");
  detail::append_digits(out, static_cast<unsigned>(date.day()), 2);
  out.append(" ").append(months.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3)).append(" ");
  detail::append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out.append(" ");
  detail::append_digits(out, of_day / 3600, 2);
  out.append(":");
  detail::append_digits(out, of_day / 60 % 60, 2);
  out.append(":");
  detail::append_digits(out, of_day % 60, 2);
  out.append(" GMT");
}

}  // namespace wire
}  // namespace fanfare
