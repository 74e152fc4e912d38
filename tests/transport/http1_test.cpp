#include <fanfare/core/broker.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <memory>
#include <string>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::http1;
using fanfare::Request;
using fanfare::Response;
using fanfare::sse;
using fanfare::Transport;
using fanfare::detail::append_http1_response;

namespace {

std::unique_ptr<Transport> made(fanfare::SseOptions options = {}, unsigned http_minor = 1) {
  return http1(sse(std::move(options)))(Request{.http_minor = http_minor});
}
std::string opened(Transport& transport) {
  std::string out;
  transport.open(transport.head(), out);
  return out;
}
std::string written(const Response& response, bool close = false, bool head_only = false) {
  std::string out;
  append_http1_response(out, response, close, head_only);
  return out;
}

constexpr std::string_view sse_head =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-cache, no-transform\r\n"
    "X-Accel-Buffering: no\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Connection: close\r\n\r\n";

/// A transport whose head has one field of the test's choice.
class WithField final : public Transport {
 public:
  explicit WithField(fanfare::HttpField field) : field_(std::move(field)) {}
  Response head() const override { return {200, "text/event-stream", {}, {field_}}; }
  const fanfare::Format& format() const noexcept override { return inner_->format(); }

 private:
  const fanfare::HttpField field_;
  const std::unique_ptr<Transport> inner_ = sse()(Request{});
};

}  // namespace

TEST_CASE("http1: the head of a stream is chunked and ends the connection", "[transport][http1]") {
  CHECK(opened(*made()) == sse_head);
}

TEST_CASE("http1: what follows the head, the beats and the end are chunks", "[transport][http1]") {
  const auto transport = made({.retry = std::chrono::milliseconds(9)});
  CHECK(opened(*transport) == std::string(sse_head) + "a\r\nretry: 9\n\n\r\n");
  std::string out;
  transport->beat(out);
  CHECK(out == "d\r\n: heartbeat\n\n\r\n");
  out.clear();
  transport->end({fanfare::Error::drained, std::chrono::milliseconds(5)}, out);
  CHECK(out == "a\r\nretry: 5\n\n\r\n0\r\n\r\n");
}

TEST_CASE("http1: an end without words is the last chunk alone", "[transport][http1]") {
  std::string out;
  made()->end({}, out);
  CHECK(out == "0\r\n\r\n");
}

TEST_CASE("http1: each event is one chunk", "[transport][http1]") {
  fanfare::Broker broker;
  const auto topic = broker.topic("t");
  auto watcher = broker.subscribe({.topics = {"t"}});
  REQUIRE(topic.publish(vocabulary::plain("a")));
  const auto events = watcher.take();
  REQUIRE(events.size() == 1);
  std::string inner, chunked;
  sse()(Request{})->format().encode(events[0], inner);
  made()->format().encode(events[0], chunked);
  // Eight digits: the size is filled in afterwards.
  char size[16];
  std::snprintf(size, sizeof size, "%08zx", inner.size());
  CHECK(chunked == size + ("\r\n" + inner + "\r\n"));
}

TEST_CASE("http1: connections of one format share their images", "[transport][http1]") {
  CHECK(&made()->format() == &made()->format());
  CHECK(&made()->format() != &made({.named = false})->format());
}

// RFC 9112 sec. 6.1: chunked must not go to an HTTP/1.0 client.
TEST_CASE("http1: an HTTP 1.0 client gets no chunks", "[transport][http1]") {
  const auto transport = made({.retry = std::chrono::milliseconds(9)}, 0);
  const std::string head = opened(*transport);
  CHECK(head.find("chunked") == std::string::npos);
  CHECK(head.ends_with("Connection: close\r\n\r\nretry: 9\n\n"));
  CHECK(&transport->format() == &sse()(Request{})->format());
  std::string out;
  transport->beat(out);
  CHECK(out == ": heartbeat\n\n");
  out.clear();
  transport->end({}, out);
  CHECK(out.empty());
}

TEST_CASE("http1: who accepts no stream gets a whole 406", "[transport][http1]") {
  Request request;
  request.add_field("Accept", "image/png");
  const auto transport = http1(sse())(request);
  REQUIRE(transport);
  CHECK(transport->head().status == 406);
  CHECK(opened(*transport).starts_with("HTTP/1.1 406 Not Acceptable\r\n"));
}

TEST_CASE("http1: it lends the inner transport its position, interval and input", "[transport][http1]") {
  const auto transport = made({.seq_ids = true, .heartbeat = std::chrono::seconds(7), .heartbeat_event = "ping"});
  CHECK(transport->beat_interval() == std::chrono::seconds(7));
  CHECK(transport->accepts_seq());
  const auto with_position = made({.heartbeat_event = "ping"});
  with_position->set_position({1, 2});
  std::string out;
  with_position->beat(out);
  CHECK(out.find("id: " + fanfare::Position{1, 2}.str()) != std::string::npos);
}

TEST_CASE("http1: a whole answer has type and length", "[transport][http1]") {
  CHECK(written({200, "text/plain", "hi", {}}) == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(written({200, "text/plain", "", {}}) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  CHECK(written({404, "", "x", {}}) == "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx");
}

TEST_CASE("http1: a head alone says the length of what it leaves out", "[transport][http1]") {
  CHECK(written({200, "text/plain", "hi", {}}, true, true) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
}

// RFC 9110 sec. 8.6, 15.3.5, 15.4.5
TEST_CASE("http1: 204 and 304 have neither body nor length", "[transport][http1]") {
  CHECK(written({204, "text/plain", "x", {}}) == "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(written({304, "text/plain", "x", {{"ETag", "\"1\""}}}) == "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n");
}

TEST_CASE("http1: an answer that could forge another becomes a 500", "[transport][http1]") {
  for (const auto& field : {fanfare::HttpField{"X", "a\r\nSet-Cookie: b"}, fanfare::HttpField{"X\r\nY", "a"},
                            fanfare::HttpField{"X", std::string("\0", 1)}, fanfare::HttpField{"", "a"},
                            fanfare::HttpField{"Content-Length", "9"}, fanfare::HttpField{"Transfer-Encoding", "chunked"}}) {
    const std::string answer = written({200, "text/plain", "hi", {field}});
    INFO(field.name << ": " << field.value);
    CHECK(answer.starts_with("HTTP/1.1 500 "));
    CHECK(answer.find("Set-Cookie") == std::string::npos);
  }
  CHECK(written({200, "text/plain\r\nX: y", "hi", {}}).starts_with("HTTP/1.1 500 "));
  CHECK(written({42, "text/plain", "hi", {}}).starts_with("HTTP/1.1 500 "));
}

TEST_CASE("http1: a stream whose head cannot be sent is a 500 and nothing else", "[transport][http1]") {
  for (const auto& field : {fanfare::HttpField{"X", "a\nb"}, fanfare::HttpField{"Content-Length", "9"},
                            fanfare::HttpField{"Transfer-Encoding", "gzip"}}) {
    fanfare::Broker broker;
    const auto topic = broker.topic("t");
    fanfare::Admission admission{.topics = {"t"}};
    fanfare::Stream stream(
        broker, http1([&](const Request&) { return std::make_unique<WithField>(field); }), Request{}, admission);
    REQUIRE(topic.publish(vocabulary::plain("a")));
    INFO(field.name);
    CHECK(stream.head()->status == 500);
    const std::string bytes(stream.take());
    CHECK(bytes.starts_with("HTTP/1.1 500 "));
    CHECK(bytes.ends_with("}"));
    CHECK(stream.take().empty());
    CHECK(stream.ended());
  }
}
