#include <fanfare/error.hpp>
#include <fanfare/wire/http_response_parser.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using fanfare::Error;
using namespace fanfare::wire;
using namespace std::string_literals;

namespace {

struct Outcome {
  HeadStatus status = HeadStatus::need_more;
  std::error_code error = {};
  std::string_view reason = {};
  HttpResponseHead head = {};
  std::string rest = {};  // what was left when done
};

Outcome parse_pieces(std::string_view text, std::size_t first, std::size_t each, ResponseHeadLimits limits) {
  HttpResponseHeadParser parser(limits);
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
  out.error = parser.error();
  out.reason = parser.reason();
  if (out.status == HeadStatus::done) out.head = parser.take();
  return out;
}

std::string to_text(const Outcome& o) {
  const HttpResponseHead& h = o.head;
  std::string text =
      std::to_string(static_cast<int>(o.status)) + ' ' + o.error.message() + ' ' + std::string(o.reason) +
      ' ' + std::to_string(h.status) + ' ' + h.reason + ' ' + std::to_string(h.minor_version) +
      (h.content_length ? " length " + std::to_string(*h.content_length) : "") +
      (h.chunked ? " chunked" : "") + (h.keep_alive ? " keep" : "") + (h.upgrade ? " upgrade" : "");
  for (const auto& field : h.fields) text += '\n' + field.name + ": " + field.value;
  return o.status == HeadStatus::done ? text + "\nrest " + o.rest : text;
}

// Parses the text whole, byte by byte, and split in two at every position: all must come out the same.
Outcome parse(std::string_view text, ResponseHeadLimits limits = {}) {
  const Outcome whole = parse_pieces(text, text.size(), 1, limits);
  const std::string expected = to_text(whole);
  const std::size_t step = 1 + text.size() / 500;
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

void check_refused(std::string_view text, Error error, ResponseHeadLimits limits = {}) {
  const Outcome out = parse(text, limits);
  CAPTURE(text.substr(0, 300), out.reason);
  CHECK(out.status == HeadStatus::failed);
  CHECK(out.error == error);
  CHECK_FALSE(out.reason.empty());
}

HttpResponseHead head(std::string_view fields, int status = 200) {
  const Outcome out = parse("HTTP/1.1 " + std::to_string(status) + " \r\n" + std::string(fields) + "\r\n");
  CAPTURE(out.reason);
  REQUIRE(out.status == HeadStatus::done);
  return out.head;
}

struct Body {
  BodyStatus status = BodyStatus::need_more;
  std::string data = {}, rest = {};
  std::error_code at_end = {};
  bool operator==(const Body&) const = default;
};

Body read_pieces(HttpResponseBody body, std::string_view text, std::size_t size) {
  Body out;
  out.status = body.status();
  while (out.status == BodyStatus::need_more && !text.empty()) {
    std::string_view piece = text.substr(0, size);
    const std::size_t given = piece.size();
    for (std::string_view data = "x"; out.status == BodyStatus::need_more && !data.empty();) {
      out.status = body.next(piece, data);
      out.data += data;
    }
    if (out.status == BodyStatus::need_more && !piece.empty()) FAIL("need_more left bytes");
    text.remove_prefix(given - piece.size());
  }
  if (out.status == BodyStatus::done) out.rest = text;
  out.at_end = body.end_of_input();
  if (out.status == BodyStatus::failed) CHECK(out.at_end == body.error());
  return out;
}

Body read(const HttpResponseBody& body, std::string_view text) {
  const Body whole = read_pieces(body, text, text.size());
  for (const std::size_t size : {1u, 2u, 3u, 7u}) REQUIRE(read_pieces(body, text, size) == whole);
  return whole;
}

}  // namespace

TEST_CASE("http response parser: sec 4 status line and fields", "[wire][http]") {
  const Outcome out = parse(
      "HTTP/1.1 200 All \xc3\xa4 right\r\nContent-Type: text/event-stream\r\nA:\r\nA: \t b \t\r\n\r\nbody");
  CHECK(out.status == HeadStatus::done);
  CHECK(out.head.status == 200);
  CHECK(out.head.reason == "All \xc3\xa4 right");
  CHECK(out.head.field("content-TYPE") == "text/event-stream");
  CHECK(out.head.fields.size() == 3);
  CHECK(out.head.fields[2].value == "b");
  CHECK(out.head.field("None") == "");
  CHECK(out.head.keep_alive);
  CHECK(out.rest == "body");
}

TEST_CASE("http response parser: sec 4 the reason phrase may be empty, and its space missing",
          "[wire][http]") {
  CHECK(parse("HTTP/1.1 404 \r\n\r\n").head.status == 404);
  CHECK(parse("HTTP/1.1 404\r\n\r\n").head.status == 404);
  CHECK(parse("HTTP/1.7 204 No\r\n\r\n").head.minor_version == 1);
}

TEST_CASE("http response parser: a status line that is none is refused", "[wire][http]") {
  for (const char* line :
       {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 OK", "HTTP/1.1 20x OK", "HTTP/1.1  200 OK",
        "HTTP/1.1 -20 OK", "HTTP/1.1 099 OK", "HTTP/1.1 600 OK", "http/1.1 200 OK", " HTTP/1.1 200 OK",
        "HTTP/11 200 OK.", "HTTP/1.x 200 OK", "ICY 200 OK", "HTTP/1.1\t200 OK", "HTTP/1.1 200OK",
        "SSH-2.0-OpenSSH_9.2", "\x15\x03\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01"}) {
    check_refused(line + "\r\n\r\n"s, Error::malformed);
  }
  check_refused("HTTP/2.0 200 OK\r\n\r\n", Error::unsupported_version);
  check_refused("HTTP/0.9 200 OK\r\n\r\n", Error::unsupported_version);
  check_refused("HTTP/1.1 200 O\rK\r\n\r\n", Error::unsafe_field);
}

TEST_CASE("http response parser: sec 5 field lines as in requests", "[wire][http]") {
  for (const char* field : {"A : b", ": b", "A", "A b: c", "\xc3\xa4: b", " A: b", "A: b\r\n c", "A(: b"}) {
    check_refused("HTTP/1.1 200 OK\r\n"s + field + "\r\n\r\n", Error::malformed);
  }
  for (const std::string& value : {"b\0c"s, "b\rc"s, "b\x7f"s, "\x1b[2J"s}) {
    check_refused("HTTP/1.1 200 OK\r\nA: " + value + "\r\n\r\n", Error::unsafe_field);
  }
  check_refused("HTTP/1.1 200 OK\n\r\n", Error::malformed);
  check_refused("HTTP/1.1 200 OK\r\nA: b\n\r\n", Error::malformed);
}

TEST_CASE("http response parser: sec 6-3 lengths that leave the end in doubt are refused", "[wire][http]") {
  for (const char* fields :
       {"Content-Length: -1", "Content-Length: +1", "Content-Length: 0x1", "Content-Length: 1 1",
        "Content-Length:", "Content-Length: 5, 5", "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 18446744073709551616", "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5"}) {
    check_refused("HTTP/1.1 200 OK\r\n"s + fields + "\r\n\r\n", Error::invalid_length);
  }
  for (const char* fields : {"Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
                             "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                             "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: xchunked"}) {
    check_refused("HTTP/1.1 200 OK\r\n"s + fields + "\r\n\r\n", Error::invalid_encoding);
  }
  check_refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Error::invalid_encoding);
  check_refused("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Error::invalid_length);
  check_refused("HTTP/1.1 101 OK\r\nContent-Length: 5\r\n\r\n", Error::invalid_length);
  CHECK(head("Content-Length: 18446744073709551615\r\n").content_length == 18446744073709551615u);
  CHECK(head("transfer-encoding: Chunked\r\n").chunked);
  CHECK(head("Content-Length: 0\r\n", 204).content_length == 0);  // needless, and seen in the wild
}

TEST_CASE("http response parser: sec 9-3 whether the connection goes on", "[wire][http]") {
  CHECK(head("").keep_alive);
  CHECK_FALSE(head("Connection: a, Close\r\n").keep_alive);
  CHECK_FALSE(parse("HTTP/1.0 200 OK\r\n\r\n").head.keep_alive);
  CHECK(parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n").head.keep_alive);
  const HttpResponseHead switching = head("Connection: Upgrade\r\nUpgrade: websocket\r\n", 101);
  CHECK(switching.upgrade);
  CHECK_FALSE(parse("HTTP/1.0 200 OK\r\nConnection: upgrade\r\n\r\n").head.upgrade);
}

TEST_CASE("http response parser: RFC 9110 sec 15-2 interim responses are passed over", "[wire][http]") {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\n\r\n";
  const Outcome out = parse(interim + "HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nrest");
  CHECK(out.head.status == 200);
  CHECK(out.head.fields.size() == 1);
  CHECK(out.head.keep_alive);
  CHECK(out.rest == "rest");
  CHECK(parse(interim).status == HeadStatus::need_more);
  check_refused(interim + interim + interim, Error::too_long, {.max_interim = 2});
  CHECK(parse(interim + interim + "HTTP/1.1 200 \r\n\r\n", {.max_interim = 2}).status == HeadStatus::done);
  const Outcome switching = parse("HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x01x");
  CHECK(switching.head.status == 101);
  CHECK(switching.rest == "\x81\x01x");
}

TEST_CASE("http response parser: a head has limits", "[wire][http]") {
  const std::string text = "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n";
  CHECK(parse(text, {.max_head_bytes = text.size(), .max_fields = 2}).status == HeadStatus::done);
  check_refused(text, Error::too_long, {.max_head_bytes = text.size() - 1});
  check_refused(text, Error::too_long, {.max_fields = 1});
  check_refused("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x'), Error::too_long);
  check_refused("HTTP/1.1 200 " + std::string(100'000, 'x'), Error::too_long);
}

TEST_CASE("http response parser: a reset makes it ready again", "[wire][http]") {
  HttpResponseHeadParser parser;
  std::string_view bytes = "nonsense\r\n";
  CHECK(parser.parse(bytes) == HeadStatus::failed);
  parser.reset();
  CHECK_FALSE(parser.error());
  bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
  CHECK(parser.parse(bytes) == HeadStatus::done);
  parser.reset();
  bytes = "HTTP/1.1 200 OK\r\n\r\n";
  CHECK(parser.parse(bytes) == HeadStatus::done);
  CHECK_FALSE(parser.head().content_length);
}

TEST_CASE("http response body: sec 6-3 some responses have none", "[wire][http]") {
  CHECK(read(HttpResponseBody(), "x") == Body{BodyStatus::done, "", "x", {}});
  CHECK(read(HttpResponseBody(head("Content-Length: 5\r\n"), true), "x").status == BodyStatus::done);
  CHECK(read(HttpResponseBody(head("Content-Length: 5\r\n", 304)), "x").status == BodyStatus::done);
  CHECK(read(HttpResponseBody(head("", 204)), "x").rest == "x");
  CHECK(read(HttpResponseBody(head("", 101)), "x").rest == "x");
  CHECK(read(HttpResponseBody(head("Content-Length: 0\r\n")), "x").rest == "x");
}

TEST_CASE("http response body: sec 6-3 as many bytes as Content-Length says", "[wire][http]") {
  const HttpResponseBody body(head("Content-Length: 5\r\n"));
  CHECK(read(body, "abcdefg") == Body{BodyStatus::done, "abcde", "fg", {}});
  const Body half = read(body, "abcd");
  CHECK(half.status == BodyStatus::need_more);
  CHECK(half.data == "abcd");
  CHECK(half.at_end == Error::cut_short);
  CHECK(half.at_end == fanfare::Condition::peer_gone);
  CHECK(read(HttpResponseBody(head("Content-Length: 5\r\n"), false, 4), "abcde").at_end == Error::too_long);
}

TEST_CASE("http response body: sec 7-1 chunks up to the last one", "[wire][http]") {
  const HttpResponseBody body(head("Transfer-Encoding: chunked\r\n"));
  CHECK(read(body, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\nrest") ==
        Body{BodyStatus::done, "abcde", "rest", {}});
  CHECK(read(body, "3\r\nabc\r\n").at_end == Error::cut_short);
  CHECK(read(body, "3\r\nabc\r\n0\r\n").at_end == Error::cut_short);
  CHECK(read(body, "3\r\nabcd\r\n").at_end == Error::malformed);
  CHECK(read(body, "x\r\n").at_end == Error::invalid_length);
  CHECK(read(HttpResponseBody(head("Transfer-Encoding: chunked\r\n"), false, 4), "5\r\nabcde\r\n").at_end ==
        Error::too_long);
}

TEST_CASE("http response body: sec 6-3 without a length the connection's end is the body's", "[wire][http]") {
  const HttpResponseBody body(head(""));
  const Body out = read(body, "3\r\nabc");
  CHECK(out.status == BodyStatus::need_more);
  CHECK(out.data == "3\r\nabc");
  CHECK_FALSE(out.at_end);
  CHECK(read_pieces(HttpResponseBody(head(""), false, 4), "abcd", 2).status == BodyStatus::need_more);
  CHECK(read_pieces(HttpResponseBody(head(""), false, 4), "abcde", 2).at_end == Error::too_long);
}

TEST_CASE("http response body: a stream of many chunks with extensions goes on", "[wire][http]") {
  HttpResponseBody body(head("Transfer-Encoding: chunked\r\n"));
  const std::string chunk = "1;" + std::string(100, 'e') + "\r\nx\r\n";
  std::size_t bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    std::string_view rest = chunk, data = "x";
    while (!data.empty()) {
      REQUIRE(body.next(rest, data) == BodyStatus::need_more);
      bytes += data.size();
    }
  }
  CHECK(bytes == 1000);
}
