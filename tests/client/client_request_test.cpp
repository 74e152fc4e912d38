#include <fanfare/client/client.hpp>
#include <fanfare/client/client_request.hpp>

#include "support/catch.hpp"

#include <string>

using namespace fanfare::detail;
using fanfare::ClientOptions;
using fanfare::ClientTransport;

namespace {

NetworkRequest request(std::string_view url_text, const ClientOptions& options, const Asking& asking) {
  fanfare::wire::Url url;
  REQUIRE_FALSE(fanfare::wire::parse_url(url_text, url));
  return make_request(url, options, asking);
}
std::string url_of(std::string_view url, const ClientOptions& options = {}, const Asking& asking = {}) {
  return request(url, options, asking).url.text();
}
std::string field(const NetworkRequest& request, std::string_view name) {
  const std::string* value = fanfare::wire::find_field(request.fields, name);
  return value ? *value : "(none)";
}

}  // namespace

TEST_CASE("client request: topics, types and pace go into the query, encoded", "[client][request]") {
  CHECK(url_of("http://host/events", {.topics = {"a b", "c&d"}, .types = {"x", "y,z"}, .max_rate = 2.5}) ==
        "http://host/events?protocol=fanfare.v1&topic=a%20b&topic=c%26d&types=x%2Cy%2Cz&max_rate=2.5");
}

TEST_CASE("client request: what the URL asks for stays, unless the options say otherwise",
          "[client][request]") {
  CHECK(url_of("http://host/e?key=1&topic=a&types=b") ==
        "http://host/e?key=1&topic=a&types=b&protocol=fanfare.v1");
  CHECK(url_of("http://host/e?topic=a&key=1&%74opic=z", {.topics = {"b"}}) ==
        "http://host/e?key=1&protocol=fanfare.v1&topic=b");
  CHECK(url_of("http://host/e?protocol=other") == "http://host/e?protocol=fanfare.v1");
  CHECK(url_of("http://host/e?since=5") == "http://host/e?since=5&protocol=fanfare.v1");
}

TEST_CASE("client request: a position goes where the transport looks for it, and nowhere twice",
          "[client][request]") {
  const ClientOptions options;
  const auto sse = request("http://host/e?since=5&last_event_id=6", options, {.position = "p.7"});
  CHECK(sse.url.target == "/e?protocol=fanfare.v1");
  CHECK(field(sse, "Last-Event-ID") == "p.7");
  CHECK(field(sse, "Accept") == "text/event-stream");
  const auto poll =
      request("http://host/e?since=5", options, {.transport = ClientTransport::long_poll, .position = "p.7"});
  CHECK(poll.url.target == "/e?protocol=fanfare.v1&since=p.7&wait=20");
  CHECK(field(poll, "Accept") == "application/json");
  CHECK(field(poll, "Last-Event-ID") == "(none)");
  CHECK(url_of("http://host/e", options, {.transport = ClientTransport::websocket, .position = "p&7"}) ==
        "ws://host/e?protocol=fanfare.v1&since=p%267");
}

TEST_CASE("client request: the transport decides the scheme, the URL decides about TLS",
          "[client][request]") {
  CHECK(url_of("https://host/", {}, {.transport = ClientTransport::websocket}).starts_with("wss://host/"));
  CHECK(url_of("wss://host/", {}, {.transport = ClientTransport::sse}).starts_with("https://host/"));
  CHECK(
      url_of("ws://host:81/", {}, {.transport = ClientTransport::long_poll}).starts_with("http://host:81/"));
}

TEST_CASE("client request: the host's own fields stay with its own origin", "[client][request]") {
  const ClientOptions options{.fields = {{"Authorization", "Bearer x"}}};
  CHECK(field(request("http://host/", options, {}), "Authorization") == "Bearer x");
  CHECK(field(request("http://host/", options, {.own_origin = false}), "Authorization") == "(none)");
}

TEST_CASE("client request: fields that decide about framing or that the client says itself are not free",
          "[client][request]") {
  for (const char* name : {"Authorization", "Cookie", "X-Trace", "Origin"}) CHECK(is_free_field(name));
  for (const char* name :
       {"host", "Content-Length", "transfer-encoding", "Connection", "Upgrade", "accept", "Last-Event-ID",
        "Sec-WebSocket-Key", "sec-websocket-protocol", "", "a b", "a:b", "a\r\nb"}) {
    INFO(name);
    CHECK_FALSE(is_free_field(name));
  }
}
