#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/sse_format.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

using fanfare::Request;
using fanfare::sse;
using fanfare::SseOptions;
using fanfare::Transport;
using fanfare::detail::SseFormat;

namespace {

std::unique_ptr<Transport> made(SseOptions options = {}, Request request = {}) {
  auto transport = sse(std::move(options))(request);
  REQUIRE(transport);
  return transport;
}
std::string beat(Transport& transport, fanfare::Position at = {}) {
  std::string out;
  transport.set_position(at);
  transport.beat(out);
  return out;
}
std::string opened(Transport& transport) {
  std::string out;
  transport.open(transport.head(), out);
  return out;
}
std::string ended(Transport& transport, fanfare::Goodbye goodbye) {
  std::string out;
  transport.end(goodbye, out);
  return out;
}
std::string field(const fanfare::Response& head, std::string_view name) {
  const std::string* value = fanfare::wire::find_field(head.fields, name);
  return value ? *value : "";
}

}  // namespace

TEST_CASE("sse: the head keeps caches and proxies from holding events back", "[transport][sse]") {
  const auto head = made()->head();
  CHECK(head.status == 200);
  CHECK(head.content_type == "text/event-stream; charset=utf-8");
  CHECK(field(head, "Cache-Control") == "no-cache, no-transform");
  CHECK(field(head, "X-Accel-Buffering") == "no");
}

TEST_CASE("sse: serves who accepts an event stream", "[transport][sse]") {
  Request request;
  request.add_field("Accept", "application/json");
  CHECK_FALSE(sse()(request));
  request.fields[0].value = "text/event-stream";
  CHECK(sse()(request));
}

TEST_CASE("sse: the heartbeat is a comment", "[transport][sse]") {
  CHECK(beat(*made(), {1, 2}) == ": heartbeat\n\n");
  CHECK(made()->beat_interval() == std::chrono::seconds(15));
  CHECK(made({.heartbeat = std::chrono::seconds(30)})->beat_interval() == std::chrono::seconds(30));
  CHECK(made({.heartbeat = std::chrono::seconds(0)})->beat_interval().count() == 0);
}

TEST_CASE("sse: a heartbeat event carries the current id and data", "[transport][sse]") {
  const auto transport = made({.heartbeat_event = "ping"});
  const fanfare::Position at{1, 2};
  CHECK(beat(*transport, at) == "id: " + at.str() + "\nevent: ping\ndata: {\"id\":\"" + at.str() + "\"}\n\n");
}

TEST_CASE("sse: a heartbeat event without a position leaves the id of the client alone", "[transport][sse]") {
  CHECK(beat(*made({.heartbeat_event = "ping"}), {1, 0}) == "event: ping\ndata: {\"id\":\"\"}\n\n");
  CHECK(beat(*made({.seq_ids = true, .heartbeat_event = "ping"}), {1, 2}) == "event: ping\ndata: {\"id\":\"\"}\n\n");
}

TEST_CASE("sse: retry is said once, when the stream opens", "[transport][sse]") {
  CHECK(opened(*made()).empty());
  CHECK(opened(*made({.retry = std::chrono::milliseconds(2500)})) == "retry: 2500\n\n");
}

TEST_CASE("sse: goodbye says when to come back, and nothing when all is over", "[transport][sse]") {
  const auto transport = made({.retry = std::chrono::seconds(9)});
  CHECK(ended(*transport, {}).empty());
  CHECK(ended(*transport, {fanfare::Error::drained, std::chrono::milliseconds(1234)}) == "retry: 1234\n\n");
}

TEST_CASE("sse: the style follows the options and the request", "[transport][sse]") {
  const auto format = [](SseOptions options, Request request) { return &made(std::move(options), std::move(request))->format(); };
  const Request one{.topics = {"a"}}, two{.topics = {"a", "b"}};
  const Request asks{.target = "/?protocol=fanfare.v1", .topics = {"a"}};
  CHECK(format({}, one) == &SseFormat::of({}));
  CHECK(format({.named = false}, one) == &SseFormat::of({.named = false}));
  CHECK(format({.named = false, .seq_ids = true}, one) == &SseFormat::of({.named = false, .seq_ids = true}));
  CHECK(format({}, two) == &SseFormat::of({.envelope = true}));
  CHECK(format({}, asks) == &SseFormat::of({.envelope = true}));
  // Numbers of several topics cannot be told apart.
  CHECK(format({.seq_ids = true}, two) == &SseFormat::of({.envelope = true}));
}

TEST_CASE("sse: bare integers are positions only where ids are", "[transport][sse]") {
  CHECK_FALSE(made()->accepts_seq());
  CHECK(made({.seq_ids = true})->accepts_seq());
}

TEST_CASE("sse: unsafe and senseless options are refused by name", "[transport][sse]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(sse({.heartbeat_event = "a\nb"}), ContainsSubstring("heartbeat_event"));
  CHECK_THROWS_AS(sse({.heartbeat_event = std::string("a\0b", 3)}), std::invalid_argument);
  CHECK_THROWS_WITH(sse({.heartbeat = std::chrono::milliseconds(-1)}), ContainsSubstring("heartbeat"));
  CHECK_THROWS_WITH(sse({.retry = std::chrono::milliseconds(-1)}), ContainsSubstring("retry"));
}
