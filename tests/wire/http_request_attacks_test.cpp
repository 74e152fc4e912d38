// What the parts of a request make of hostile bytes together: head, chunks and whatever follows on the
// connection.
#include <fanfare/error.hpp>
#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/http_request_head.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;

namespace {

// A connection as a server reads it: requests until one is refused or the bytes end.
struct Conversation {
  std::vector<std::string> requests = {};  // method, target, host, body
  HttpRefusal refusal = {};
  bool broken_off = false;  // the bytes ended within a request
};

Conversation converse(std::string_view text, std::size_t piece_size) {
  Conversation out;
  HttpRequestHeadParser parser;
  HttpChunkedDecoder chunks;
  std::string body, pending;
  bool in_body = false;
  while (!out.refusal.error && (!text.empty() || !pending.empty())) {
    pending.append(text.substr(0, piece_size));
    text.remove_prefix(std::min(piece_size, text.size()));
    std::string_view bytes = pending;
    while (!bytes.empty() && !out.refusal.error) {
      if (!in_body) {
        const HeadStatus status = parser.parse(bytes);
        if (status == HeadStatus::failed) out.refusal = parser.refusal();
        if (status != HeadStatus::done) break;
        in_body = true;
      }
      const HttpRequestHead& head = parser.head();
      bool whole = true;
      if (head.chunked) {
        const ChunkStatus status = chunks.decode(bytes, body);
        if (status == ChunkStatus::failed) out.refusal = chunks.refusal();
        whole = status == ChunkStatus::done;
      } else if (head.content_length) {
        const std::size_t left = static_cast<std::size_t>(*head.content_length) - body.size();
        const std::string_view part = bytes.substr(0, left);
        body.append(part);
        bytes.remove_prefix(part.size());
        whole = part.size() == left;
      }
      if (!whole) break;
      out.requests.push_back(head.method + ' ' + head.target + ' ' + head.host + ' ' + body);
      body.clear();
      chunks.reset();
      parser.reset();
      in_body = false;
    }
    pending.assign(bytes);
    if (text.empty()) break;
  }
  out.broken_off = in_body || parser.in_progress();
  return out;
}

std::string post(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

constexpr std::string_view smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";

void check_refused(std::string_view fields, Error error, int status = 400) {
  // Whichever framing another reader believes in, the rest of the bytes must not become a request here.
  const std::string text = post(fields, "0\r\n\r\n" + std::string(smuggled));
  for (std::size_t piece_size : {text.size(), std::size_t(1)}) {
    const Conversation out = converse(text, piece_size);
    CAPTURE(fields, out.refusal.reason);
    CHECK(out.requests.empty());
    CHECK(out.refusal.error == error);
    CHECK(out.refusal.status == status);
  }
}

}  // namespace

TEST_CASE("http attacks: sec 6-1 and 11-2 Content-Length together with Transfer-Encoding", "[wire][http]") {
  check_refused("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Error::invalid_length);  // CL.TE
  check_refused("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Error::invalid_length);  // TE.CL
  check_refused("transfer-encoding: chunked\r\ncontent-length: 0\r\n", Error::invalid_length);
}

TEST_CASE("http attacks: sec 6-3 a disguised Transfer-Encoding", "[wire][http]") {
  for (const char* fields :
       {"Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked-\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding: 'chunked'\r\n",
        "Transfer-Encoding: chunked;a=b\r\n", "Transfer-Encoding: chunked,\r\n", "Transfer-Encoding:\r\n",
        "Transfer-Encoding: c hunked\r\n", "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n"}) {
    check_refused(fields, Error::invalid_encoding);
  }
  check_refused("Transfer-Encoding: gzip, chunked\r\n", Error::invalid_encoding, 501);  // sec. 6.1
  check_refused("Transfer-Encoding: , chunked\r\n", Error::invalid_encoding, 501);
  check_refused("Transfer-Encoding : chunked\r\n", Error::malformed);
  check_refused("Transfer-Encoding\r\n: chunked\r\n", Error::malformed);
  check_refused("A: b\r\n Transfer-Encoding: chunked\r\n", Error::malformed);
  check_refused("A: b\nTransfer-Encoding: chunked\r\n", Error::malformed);
  check_refused("A: b\rTransfer-Encoding: chunked\r\n", Error::unsafe_field);
  check_refused("Transfer-Encoding: \vchunked\r\n", Error::unsafe_field);
  check_refused("Transfer-Encoding: chunked\x7f\r\n", Error::unsafe_field);
  check_refused("\xef\xbb\xbfTransfer-Encoding: chunked\r\n", Error::malformed);
}

TEST_CASE("http attacks: sec 6-1 Transfer-Encoding in HTTP 1-0", "[wire][http]") {
  const std::string text =
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n";
  CHECK(converse(text, text.size()).refusal.error == Error::invalid_encoding);
  CHECK(converse(text, 1).refusal.error == Error::invalid_encoding);
}

TEST_CASE("http attacks: sec 6-2 a Content-Length that is not one number", "[wire][http]") {
  // CVE-2023-38697, CVE-2026-45352
  for (const char* length :
       {"+5", "-5", "-2", "-0", "5, 5", "5,5", "5 5", "0x5", "5.0", "5e0", "1_0", "", "5;", "\"5\"", "abc",
        "\xd9\xa5", "18446744073709551616", "99999999999999999999999999", "5\t5"}) {
    check_refused("Content-Length: " + std::string(length) + "\r\n", Error::invalid_length);
  }
  check_refused("Content-Length: 5\r\nContent-Length: 5\r\n", Error::invalid_length);
  check_refused("Content-Length: 5\r\ncontent-length: 6\r\n", Error::invalid_length);
  check_refused("Content-Length: 5\r\n ,6\r\n", Error::malformed);
  check_refused("Content-Length: \v5\r\n", Error::unsafe_field);

  const auto length_of = [](std::string_view value) {
    const std::string text = post("Content-Length: " + std::string(value) + "\r\n", "");
    std::string_view bytes = text;
    HttpRequestHeadParser parser;
    REQUIRE(parser.parse(bytes) == HeadStatus::done);
    return parser.take().content_length;
  };
  CHECK(length_of("0") == 0u);
  CHECK(length_of("0042") == 42u);
  CHECK(length_of("18446744073709551615") == UINT64_MAX);
}

TEST_CASE("http attacks: sec 6-3 a request inside a body is data", "[wire][http]") {
  const std::string inner(smuggled), second = "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n";
  std::string chunked;
  append_chunk(chunked, inner.substr(0, 7));
  append_chunk(chunked, inner.substr(7));
  append_last_chunk(chunked);
  const std::string length = std::to_string(inner.size());
  for (const std::string& text : {post("Content-Length: " + length + "\r\n", inner + second),
                                  post("Transfer-Encoding: Chunked\r\n", chunked + second)}) {
    for (std::size_t piece_size = 1; piece_size <= text.size(); ++piece_size) {
      const Conversation out = converse(text, piece_size);
      REQUIRE(out.requests == std::vector<std::string>{"POST / a " + inner, "GET /2 b "});
      REQUIRE_FALSE(out.broken_off);
    }
  }
}

TEST_CASE("http attacks: sec 8 a request that breaks off is not a request", "[wire][http]") {
  const std::string text = post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n");
  for (std::size_t size = 1; size < text.size(); ++size) {
    const Conversation out = converse(std::string_view(text).substr(0, size), size);
    REQUIRE(out.requests.empty());
    REQUIRE(out.broken_off);
  }
}

TEST_CASE("http attacks: mutated requests give the same in any pieces and never crash", "[wire][http]") {
  const std::vector<std::string> originals = {
      post("Content-Length: 5\r\nAccept: a, b\r\n", "hello") + std::string(smuggled),
      post("Transfer-Encoding: chunked\r\n", "5;a=\"b\"\r\nhello\r\n00\r\nA: b\r\n\r\n") +
          std::string(smuggled),
      "OPTIONS http://a:80/x?y HTTP/1.1\r\nHost: [::1]:80\r\nConnection: close, upgrade\r\nExpect: "
      "100-continue\r\n\r\n",
      "\r\nGET * HTTP/1.0\r\n\r\n"};
  const std::vector<std::string> inserts = {"\r\n",
                                            "\r",
                                            "\n",
                                            "\t",
                                            " ",
                                            ":",
                                            ",",
                                            ";",
                                            "\"",
                                            "chunked",
                                            "0",
                                            "ffffffffffffffff",
                                            "Content-Length: 1\r\n",
                                            "Transfer-Encoding: chunked\r\n",
                                            "Host: b\r\n",
                                            "%",
                                            std::string(1, '\0'),
                                            "\x80",
                                            "http://",
                                            "-",
                                            "+",
                                            "HTTP/1.1"};
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::string text = originals[below(originals.size())];
    for (std::size_t changes = 1 + below(4); changes != 0; --changes) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0: text.erase(at, 1 + below(4)); break;
        case 1: text.insert(at, inserts[below(inserts.size())]); break;
        case 2: text.insert(at, text.substr(below(text.size() + 1), below(20))); break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(random());
      }
    }
    CAPTURE(seed, text);
    const Conversation whole = converse(text, text.size() + 1);
    for (std::size_t piece_size : {std::size_t(1), 2 + below(20)}) {
      const Conversation pieces = converse(text, piece_size);
      REQUIRE(pieces.requests == whole.requests);
      REQUIRE(pieces.refusal.error == whole.refusal.error);
      REQUIRE(pieces.refusal.reason == whole.refusal.reason);
      REQUIRE(pieces.broken_off == whole.broken_off);
    }
  }
}
