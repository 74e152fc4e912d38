#include <fanfare/error.hpp>
#include <fanfare/wire/http_response_head.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;
using fanfare::HttpField;

namespace {

std::string date(long long unix_seconds) {
  std::string out;
  append_http_date(out, std::chrono::system_clock::time_point(std::chrono::seconds(unix_seconds)));
  return out;
}

void check_refused(Error error, int status, const std::vector<HttpField>& fields) {
  std::string out = "before";
  CHECK(append_response_head(out, status, fields) == error);
  CHECK(out == "before");
}

using namespace std::string_literals;

}  // namespace

TEST_CASE("http response: sec 4 and 5 status line, fields, empty line", "[wire][http]") {
  std::string out = "x";
  CHECK_FALSE(
      append_response_head(out, 200, {{"Content-Type", "text/event-stream"}, {"A", ""}, {"A", "b\tc\x80"}}));
  CHECK(out == "xHTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nA: \r\nA: b\tc\x80\r\n\r\n");
}

TEST_CASE("http response: sec 4 the space before an absent reason phrase stays", "[wire][http]") {
  std::string out;
  CHECK_FALSE(append_response_head(out, 599, {}));
  CHECK(out == "HTTP/1.1 599 \r\n\r\n");
}

TEST_CASE("http response: a status outside 100 to 599 is refused", "[wire][http]") {
  for (int status : {-1, 0, 99, 600, 1000}) check_refused(Error::out_of_range, status, {});
  std::string out;
  CHECK_FALSE(append_response_head(out, 100, {}));
}

TEST_CASE("http response: sec 11-1 a field cannot split the response",
          "[wire][http]") {  // Crow 1165, CVE-2026-45372
  for (const std::string& value :
       {"a\r\nSet-Cookie: b"s, "a\rb"s, "a\nb"s, "a\0b"s, "a\x7f"s, "\x1b[2J"s, "\n"s}) {
    check_refused(Error::unsafe_field, 200, {{"Fine", "a"}, {"A", value}});
  }
  for (const std::string& name :
       {""s, "A B"s, "A:"s, "A\r\nB"s, "A\n"s, " A"s, "A "s, "A\0"s, "\xc3\xa4"s, "A(b)"s}) {
    check_refused(Error::unsafe_field, 200, {{"Fine", "a"}, {name, "b"}});
  }
}

TEST_CASE("http response: sec 6-1 and 6-2 framing fields that contradict each other are refused",
          "[wire][http]") {
  check_refused(Error::invalid_length, 200, {{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}});
  check_refused(Error::invalid_length, 200, {{"Content-Length", "5"}, {"content-length", "5"}});
  check_refused(Error::invalid_length, 200,
                {{"Transfer-Encoding", "chunked"}, {"transfer-encoding", "chunked"}});
  for (const char* length : {"", "-5", "+5", "5, 5", " 5", "0x5"}) {
    check_refused(Error::invalid_length, 200, {{"Content-Length", length}});
  }
  for (int status : {100, 101, 103, 204}) {
    check_refused(Error::invalid_length, status, {{"Content-Length", "0"}});
    check_refused(Error::invalid_length, status, {{"Transfer-Encoding", "chunked"}});
  }
  std::string out;
  CHECK_FALSE(append_response_head(out, 304, {{"Content-Length", "5"}}));
  CHECK_FALSE(append_response_head(out, 200, {{"Transfer-Encoding", "chunked"}}));
}

TEST_CASE("http response: RFC 9110 sec 15 reason phrases", "[wire][http]") {
  CHECK(reason_phrase(101) == "Switching Protocols");
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(204) == "No Content");
  CHECK(reason_phrase(404) == "Not Found");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(505) == "HTTP Version Not Supported");
  CHECK(reason_phrase(299).empty());
  CHECK(reason_phrase(-5).empty());
}

TEST_CASE("http response: RFC 9110 sec 5-6-7 dates", "[wire][http]") {
  CHECK(date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");  // the RFC's own example
  CHECK(date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(date(-1) == "Wed, 31 Dec 1969 23:59:59 GMT");
  CHECK(date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(date(4107542399) == "Sun, 28 Feb 2100 23:59:59 GMT");
  CHECK(date(4107542400) == "Mon, 01 Mar 2100 00:00:00 GMT");
  CHECK(date(1735689599) == "Tue, 31 Dec 2024 23:59:59 GMT");
  std::string out;
  append_http_date(out, std::chrono::system_clock::time_point(std::chrono::milliseconds(-1)));
  CHECK(out == "Wed, 31 Dec 1969 23:59:59 GMT");
  for (auto time :
       {std::chrono::system_clock::time_point::min(), std::chrono::system_clock::time_point::max()}) {
    out.clear();
    append_http_date(out, time);
    CHECK(out.size() == 29);
  }
}

TEST_CASE("http field: names match in either case, and nothing else does", "[wire][http]") {
  CHECK(same_field_name("Content-Length", "cONTENT-lENGTH"));
  CHECK_FALSE(same_field_name("a", "ab"));
  CHECK_FALSE(same_field_name("@", "`"));
  CHECK_FALSE(same_field_name("[", "{"));
  CHECK_FALSE(same_field_name("\xc4", "\xe4"));
  CHECK(same_field_name("", ""));
}

TEST_CASE("http field: RFC 9110 sec 5-6-2 tokens", "[wire][http]") {
  const std::string specials = "!#$%&'*+-.^_`|~";
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool special = c != 0 && specials.find(static_cast<char>(c)) != specials.npos;
    CAPTURE(c);
    CHECK(is_token("x" + std::string(1, static_cast<char>(c))) == (letter || special));
  }
  CHECK_FALSE(is_token(""));
}

TEST_CASE("http field: RFC 9110 sec 5-5 a control character is found wherever it stands", "[wire][http]") {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = static_cast<char>(c);
      CAPTURE(c, at);
      REQUIRE(is_field_value(text) == (c == '\t' || (c >= ' ' && c != 0x7f)));
    }
  }
  CHECK(is_field_value(""));
}

TEST_CASE("http field: RFC 9110 sec 5-6-1 members of lists", "[wire][http]") {
  const std::vector<HttpField> fields = {
      {"Connection", ""}, {"A", "close"}, {"connection", ",, keep-alive ,\tUpgrade"}};
  CHECK(field_has_member(fields, "Connection", "upgrade"));
  CHECK(field_has_member(fields, "CONNECTION", "Keep-Alive"));
  CHECK_FALSE(field_has_member(fields, "Connection", "close"));
  CHECK_FALSE(field_has_member(fields, "Connection", "keep"));
  CHECK_FALSE(field_has_member({}, "Connection", "close"));
  REQUIRE(find_field(fields, "a") != nullptr);
  CHECK(*find_field(fields, "a") == "close");
  CHECK(find_field(fields, "b") == nullptr);
  CHECK(trim_ows(" \t ").empty());
  CHECK(trim_ows("\t a b ") == "a b");
}
