#include <fanfare/error.hpp>
#include <fanfare/wire/http_request_head.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using fanfare::Error;
using fanfare::wire::HeadLimits;
using fanfare::wire::HeadStatus;
using fanfare::wire::HttpRequestHead;
using fanfare::wire::HttpRequestHeadParser;
using namespace std::string_literals;

namespace {

struct Outcome {
  HeadStatus status = HeadStatus::need_more;
  fanfare::wire::HttpRefusal refusal = {};
  HttpRequestHead head = {};
  std::string rest = {};  // what was left when done
};

Outcome parse_pieces(std::string_view text, std::size_t first, std::size_t each, HeadLimits limits) {
  HttpRequestHeadParser parser(limits);
  Outcome out;
  for (std::size_t at = 0, size = first; out.status == HeadStatus::need_more; size = each) {
    std::string_view piece = text.substr(at, size);
    const std::size_t given = piece.size();
    out.status = parser.parse(piece);
    if (out.status == HeadStatus::need_more && !piece.empty()) FAIL("need_more left bytes");
    at += given - piece.size();
    if (at == text.size() || out.status == HeadStatus::done) {
      out.rest = text.substr(at);
      break;
    }
  }
  if (parser.parse(text = "") != out.status) FAIL("the outcome does not last");
  out.refusal = parser.refusal();
  if (out.status == HeadStatus::done) out.head = parser.take();
  return out;
}

std::string to_text(const Outcome& o) {
  const HttpRequestHead& h = o.head;
  std::string text = std::to_string(static_cast<int>(o.status)) + ' ' + o.refusal.error.message() + ' ' +
                     std::to_string(o.refusal.status) + ' ' + std::string(o.refusal.reason) + ' ' + h.method +
                     ' ' + h.target + ' ' + h.host + ' ' + std::to_string(h.minor_version) +
                     (h.content_length ? " length " + std::to_string(*h.content_length) : "") +
                     (h.chunked ? " chunked" : "") + (h.keep_alive ? " keep" : "") +
                     (h.expect_continue ? " expect" : "") + (h.upgrade ? " upgrade" : "");
  for (const auto& field : h.fields) text += '\n' + field.name + ": " + field.value;
  return o.status == HeadStatus::done ? text + "\nrest " + o.rest : text;
}

// Parses the text whole, byte by byte, and split in two at every position: all must come out the same.
Outcome parse(std::string_view text, HeadLimits limits = {}) {
  const Outcome whole = parse_pieces(text, text.size(), 1, limits);
  const std::string expected = to_text(whole);
  const std::size_t step = 1 + text.size() / 1000;
  for (std::size_t split = 0; split <= text.size(); split += step) {
    const std::string got = to_text(parse_pieces(text, split, text.size() + 1, limits));
    if (got != expected) {
      CAPTURE(split, text.substr(0, 200));
      REQUIRE(got == expected);
    }
  }
  REQUIRE(to_text(parse_pieces(text, 1, 1, limits)) == expected);
  return whole;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

void check_done(std::string_view text) {
  const Outcome out = parse(text);
  CAPTURE(text, out.refusal.reason);
  CHECK(out.status == HeadStatus::done);
}

void check_refused(std::string_view text, Error error, int status, HeadLimits limits = {}) {
  const Outcome out = parse(text, limits);
  CAPTURE(text.substr(0, 300), out.refusal.reason);
  CHECK(out.status == HeadStatus::failed);
  CHECK(out.refusal.error == error);
  CHECK(out.refusal.status == status);
  CHECK_FALSE(out.refusal.reason.empty());
}

}  // namespace

TEST_CASE("http head: a browser's request", "[wire][http]") {
  const Outcome out = parse(
      "GET /jobs/job_1?since=4 HTTP/1.1\r\nHost: localhost:8080\r\nConnection: keep-alive\r\n"
      "Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nLast-Event-ID:\tx.7 "
      "\r\nEmpty:\r\n\r\nleft");
  REQUIRE(out.status == HeadStatus::done);
  CHECK(out.rest == "left");
  CHECK(out.head.method == "GET");
  CHECK(out.head.target == "/jobs/job_1?since=4");
  CHECK(out.head.host == "localhost:8080");
  CHECK(out.head.minor_version == 1);
  CHECK(out.head.keep_alive);
  CHECK_FALSE((out.head.chunked || out.head.upgrade || out.head.expect_continue || out.head.content_length));
  REQUIRE(out.head.fields.size() == 6);
  CHECK(out.head.fields[3].name == "Sec-Fetch-Site");
  CHECK(out.head.field("last-event-id") == "x.7");
  CHECK(out.head.field("EMPTY").empty());
  CHECK(out.head.field("absent").empty());
}

TEST_CASE("http head: pipelined requests come out one by one", "[wire][http]") {
  const std::string first = get("A: 1\r\n"), second = "POST /b HTTP/1.0\r\n\r\n";
  const std::string both = first + second;
  std::string_view bytes = both;
  HttpRequestHeadParser parser;
  CHECK_FALSE(parser.in_progress());
  REQUIRE(parser.parse(bytes) == HeadStatus::done);
  CHECK(bytes == second);
  CHECK(parser.head().fields.size() == 2);
  parser.reset();
  std::string_view part = bytes.substr(0, 3);
  REQUIRE(parser.parse(part) == HeadStatus::need_more);
  CHECK(parser.in_progress());
  bytes.remove_prefix(3);
  REQUIRE(parser.parse(bytes) == HeadStatus::done);
  CHECK(parser.head().method == "POST");
  CHECK(parser.head().fields.empty());
  CHECK(parser.head().host.empty());
  CHECK_FALSE(parser.head().keep_alive);
}

TEST_CASE("http head: a failed parser works again after reset", "[wire][http]") {
  HttpRequestHeadParser parser;
  std::string_view bytes = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nbad\r\n";
  REQUIRE(parser.parse(bytes) == HeadStatus::failed);
  parser.reset();
  const std::string good = get("");
  bytes = good;
  REQUIRE(parser.parse(bytes) == HeadStatus::done);
  CHECK_FALSE(parser.refusal().error);
  CHECK_FALSE(parser.head().content_length);
}

TEST_CASE("http head: sec 2-2 a lone LF or CR is refused", "[wire][http]") {
  check_refused("GET / HTTP/1.1\nHost: a\n\n", Error::malformed, 400);
  check_refused("GET / HTTP/1.1\r\nHost: a\n\r\n", Error::malformed, 400);
  check_refused("GET / HTTP/1.1\r\nHost: a\r\n\n", Error::malformed, 400);
  check_refused("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  check_refused("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  check_refused("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", Error::malformed, 400);
  check_refused(get("A: b\rc\r\n"), Error::unsafe_field, 400);
  check_refused(get("A: b\r\r\n"), Error::unsafe_field, 400);
  check_refused(get("A\r: b\r\n"), Error::malformed, 400);
  check_refused(get("\r\r\n"), Error::malformed, 400);
}

TEST_CASE("http head: sec 2-2 one empty line before the request line is skipped", "[wire][http]") {
  CHECK(parse("\r\n" + get("")).head.method == "GET");
  check_refused("\r\n\r\n" + get(""), Error::malformed, 400);
  check_refused(" \r\n" + get(""), Error::malformed, 400);
}

TEST_CASE("http head: sec 2-2 whitespace before the first field is refused", "[wire][http]") {
  check_refused("GET / HTTP/1.1\r\n Host: a\r\n\r\n", Error::malformed, 400);  // CVE-2026-28369
  check_refused("GET / HTTP/1.1\r\n\tHost: a\r\nHost: b\r\n\r\n", Error::malformed, 400);
  check_refused("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", Error::malformed, 400);
  CHECK(parse("GET / HTTP/1.1\r\n Host: a\r\n\r\n").refusal.reason == "whitespace before the first field");
}

TEST_CASE("http head: sec 2-3 the version is HTTP slash digit dot digit", "[wire][http]") {
  for (std::string version :
       {"HTTP/1.10", "HTTP/01.1", "http/1.1", "HTTP/1,1", "HTTP/1.", "HTTP/1", "HTTP/-1.1", "HTTP/1.1 ",
        " HTTP/1.1", "HTTPS/1.1", "HTTP /1.1", "HTTP/+1.1", ""}) {
    check_refused("GET / " + version + "\r\nHost: a\r\n\r\n", Error::malformed, 400);
  }
  check_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Error::unsupported_version, 505);
  check_refused("PRI * HTTP/2.0\r\n\r\n", Error::unsupported_version, 505);
  check_refused("GET / HTTP/0.9\r\n\r\n", Error::unsupported_version, 505);
  CHECK(parse("GET / HTTP/1.0\r\n\r\n").head.minor_version == 0);
  CHECK(parse("GET / HTTP/1.7\r\nHost: a\r\n\r\n").head.minor_version == 1);  // RFC 9110 sec. 2.5
}

TEST_CASE("http head: sec 3 the request line has three parts and two spaces", "[wire][http]") {
  for (std::string line :
       {"GET /", "GET", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", " GET / HTTP/1.1",
        "GET / a HTTP/1.1", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/1.1\t", "GET\v/ HTTP/1.1"}) {
    check_refused(line + "\r\nHost: a\r\n\r\n", Error::malformed, 400);
  }
}

TEST_CASE("http head: sec 3-1 the method is a token of a sensible length", "[wire][http]") {
  check_done("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(parse("get / HTTP/1.1\r\nHost: a\r\n\r\n").head.method == "get");
  for (std::string method : {"G(T", "G\x80T", "G,T", "\"GET\"", "G\x01T", "GET:", "{}"}) {
    check_refused(method + " / HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  }
  check_refused("G\0T / HTTP/1.1\r\nHost: a\r\n\r\n"s, Error::malformed, 400);
  check_refused(std::string(33, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 501);
}

TEST_CASE("http head: sec 3-2 exactly one valid Host in HTTP 1-1", "[wire][http]") {
  check_refused("GET / HTTP/1.1\r\n\r\n", Error::invalid_host, 400);
  check_refused(get("Host: a\r\n"), Error::invalid_host, 400);
  check_refused(get("hOST: b\r\n"), Error::invalid_host, 400);
  check_refused("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Error::invalid_host, 400);
  check_done("GET / HTTP/1.0\r\n\r\n");
  for (std::string host : {"",
                           "a b",
                           "a,b",
                           "a/b",
                           "a?b",
                           "a#b",
                           "u@a",
                           "a:b",
                           "a:80:80",
                           "a:65536",
                           "a:+80",
                           "a:-1",
                           "a: 80",
                           ":80",
                           "[::1",
                           "::1",
                           "[]",
                           "[g::]",
                           "[::1]a",
                           "[::1]:x",
                           "a\\b",
                           "a%2",
                           "a%zz",
                           "a\"b",
                           "a<b",
                           "\xc3\xa4",
                           "a^b",
                           "a|b",
                           "http://a",
                           "[::1]]",
                           "a:99999999999999999999"}) {
    CAPTURE(host);
    check_refused("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", Error::invalid_host, 400);
  }
  for (std::string host :
       {"a", "a.b-c_d~", "127.0.0.1:8080", "[::1]", "[::ffff:1.2.3.4]:65535", "a:", "a:0", "%61"}) {
    CHECK(parse("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n").head.host == host);
  }
}

TEST_CASE("http head: sec 3-2-1 a target in origin form", "[wire][http]") {
  for (std::string target :
       {"/", "/a%20b", "//a", "/a:b@c;d=e,f", "/?", "/?a=1&b[]={|}^`\\", "/a?b?c/d", "/%zz"}) {
    CHECK(parse("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").head.target == target);
  }
  for (std::string target : {"a", "?a", "/a#b", "/a\"", "/<a", "/a>", "/a\\b", "/\x7f", "/\x80", "/\xc3\xa4",
                             "/a\tb", "/?a\x01", "#", "/a?b#c"}) {
    check_refused("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  }
  check_refused("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, Error::malformed, 400);
}

TEST_CASE("http head: sec 3-2-2 the authority of an absolute form replaces Host", "[wire][http]") {
  const Outcome out = parse("GET HTTP://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(out.status == HeadStatus::done);
  CHECK(out.head.host == "b:81");
  CHECK(out.head.field("host") == "b:81");
  CHECK(out.head.target == "/x?y");
  CHECK(parse("GET https://b?q=/ HTTP/1.1\r\nHost: a\r\n\r\n").head.target == "/?q=/");
  CHECK(parse("GET http://b HTTP/1.0\r\n\r\n").head.target == "/");
  CHECK(parse("OPTIONS http://b HTTP/1.1\r\nHost: b\r\n\r\n").head.target == "*");
  CHECK(parse("OPTIONS http://b/ HTTP/1.1\r\nHost: b\r\n\r\n").head.target == "/");
  check_refused("GET http://b/ HTTP/1.1\r\n\r\n", Error::invalid_host, 400);
  for (std::string target :
       {"http:///a", "http://", "http://u@b/", "http://b#c", "http://b:x/", "http://b\\c/"}) {
    check_refused("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", Error::invalid_host, 400);
  }
  for (std::string target : {"ftp://b/", "http:/b", "http:b", "javascript:x", "://b/"}) {
    check_refused("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  }
}

TEST_CASE("http head: sec 3-2-3 CONNECT and its authority form are refused", "[wire][http]") {
  check_refused("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Error::malformed, 501);
  check_refused("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 501);
  check_refused("GET a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", Error::malformed, 400);
}

TEST_CASE("http head: sec 3-2-4 the asterisk form is for OPTIONS", "[wire][http]") {
  CHECK(parse("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head.target == "*");
  check_refused("GET * HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
  check_refused("OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", Error::malformed, 400);
}

TEST_CASE("http head: sec 5 a field is a token, a colon and a value", "[wire][http]") {
  check_refused(get("no colon\r\n"), Error::malformed, 400);
  check_refused(get("nocolon\r\n"), Error::malformed, 400);
  check_refused(get(": empty name\r\n"), Error::malformed, 400);
  check_refused(get("a(b): c\r\n"), Error::malformed, 400);
  check_refused(get("a\x80: c\r\n"), Error::malformed, 400);
  check_refused(get("a\0b: c\r\n"s), Error::malformed, 400);
  for (int c = 0; c < 256; ++c) {  // RFC 9110 sec. 5.5
    const std::string line = "A: x" + std::string(1, static_cast<char>(c)) + "y\r\n";
    if (c == '\n') {
      check_refused(get(line), Error::malformed, 400);
    } else if ((c < 0x20 && c != '\t') || c == 0x7f) {
      check_refused(get(line), Error::unsafe_field, 400);
    } else {
      check_done(get(line));
    }
  }
}

TEST_CASE("http head: sec 5-1 no whitespace before the colon", "[wire][http]") {
  check_refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n", Error::malformed, 400);
  check_refused(get("Content-Length : 5\r\n"), Error::malformed, 400);
  check_refused(get("Transfer-Encoding\t: chunked\r\n"), Error::malformed, 400);
}

TEST_CASE("http head: sec 5-1 whitespace around a value is dropped in linear time", "[wire][http]") {
  CHECK(parse(get("A: \t b \t c \t \r\n")).head.field("a") == "b \t c");
  const std::string spaces(7000, ' ');  // CVE-2021-32640
  CHECK(parse(get("A:" + spaces + "b" + spaces + "\r\n")).head.field("a") == "b");
}

TEST_CASE("http head: sec 5-2 a folded line is refused", "[wire][http]") {
  check_refused(get("A: b\r\n c\r\n"), Error::malformed, 400);
  check_refused(get("A: b\r\n\tTransfer-Encoding: chunked\r\n"), Error::malformed, 400);
  check_refused(get("A: b\r\n \r\n"), Error::malformed, 400);
  CHECK(parse(get(" A: b\r\n")).refusal.reason == "a folded field line");
}

TEST_CASE("http head: sec 9-3 who keeps the connection", "[wire][http]") {
  CHECK(parse(get("")).head.keep_alive);
  CHECK_FALSE(parse(get("Connection: close\r\n")).head.keep_alive);
  CHECK_FALSE(parse(get("Connection: Upgrade\r\nConnection: foo ,\tCLOSE\r\n")).head.keep_alive);
  CHECK_FALSE(parse(get("Connection: close, keep-alive\r\n")).head.keep_alive);
  CHECK(parse(get("Connection: closed\r\n")).head.keep_alive);
  CHECK(parse(get("Connection:\r\nConnection: ,,\r\n")).head.keep_alive);  // CVE-2026-46527
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").head.keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").head.keep_alive);
}

TEST_CASE("http head: RFC 9110 sec 10-1-1 and 7-8 expectations and upgrades are of HTTP 1-1",
          "[wire][http]") {
  CHECK(parse(get("Expect: 100-Continue\r\n")).head.expect_continue);
  CHECK_FALSE(parse(get("Expect: 200-ok\r\n")).head.expect_continue);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").head.expect_continue);
  CHECK(parse(get("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n")).head.upgrade);
  CHECK_FALSE(parse(get("Upgrade: websocket\r\n")).head.upgrade);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\nConnection: upgrade\r\n\r\n").head.upgrade);
}

TEST_CASE("http head: sec 3 and RFC 9110 sec 5-4 limits refuse and never drop",
          "[wire][http]") {  // CVE-2024-37890, CVE-2025-53628
  const std::string text = get("A: b\r\n");
  CHECK(parse(text, {.max_head_bytes = text.size()}).status == HeadStatus::done);
  check_refused(text, Error::too_long, 431, {.max_head_bytes = text.size() - 1});
  check_refused(text, Error::too_long, 414, {.max_head_bytes = 10});
  CHECK(parse("GET /1234 HTTP/1.1\r\nHost: a\r\n\r\n", {.max_target_bytes = 5}).status == HeadStatus::done);
  check_refused("GET /12345 HTTP/1.1\r\nHost: a\r\n\r\n", Error::too_long, 414, {.max_target_bytes = 5});
  CHECK(parse(text, {.max_fields = 2}).status == HeadStatus::done);
  check_refused(get("A: b\r\nC: d\r\n"), Error::too_long, 431, {.max_fields = 2});
  check_refused("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n", Error::too_long, 414);
  check_refused(std::string(17000, 'a'), Error::too_long, 414);
  check_refused(get("A: " + std::string(17000, 'a')), Error::too_long, 431);
  CHECK(parse("GET /" + std::string(7999, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").status == HeadStatus::done);
}
