#include <fanfare/error.hpp>

#include "client/recording_host.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace clients;
using namespace std::chrono_literals;
using fanfare::ClientTransport;
using fanfare::Error;
using fanfare::Link;

namespace {

const fanfare::ClientOptions sse_only{.transports = {ClientTransport::sse}};

ClientTransport asked_with(const Following& client) {
  if (client.network.asked.back().url.is_websocket()) return ClientTransport::websocket;
  return client.network.asked_field("Accept") == "application/json" ? ClientTransport::long_poll
                                                                    : ClientTransport::sse;
}

}  // namespace

// ---- stopping --------------------------------------------------------------------------------------

TEST_CASE("client: 204 is the end, without an error", "[client][opening]") {
  Following client;
  client.network.head(204);
  CHECK(client.host.link() == Link::ended);
  CHECK_FALSE(client.host.error);
  client.network.pass(1h);
  CHECK(client.network.asked.size() == 1);
}

TEST_CASE("client: 401, 403, 404 and 410 stop it, with the reason", "[client][opening]") {
  const auto reason = [](int status) {
    Following client;
    client.network.head(status, {{"Retry-After", "1"}});
    CHECK(client.host.link() == Link::gave_up);
    CHECK_FALSE(client.network.is_open());
    client.network.pass(1h);
    CHECK(client.network.asked.size() == 1);
    return client.host.error;
  };
  CHECK(reason(401) == Error::unauthorized);
  CHECK(reason(403) == Error::forbidden);
  CHECK(reason(404) == Error::unknown_topic);
  CHECK(reason(410) == Error::topic_expired);
}

TEST_CASE("client: a certificate that is refused stops it, a handshake that broke off does not",
          "[client][opening]") {
  Following refused({}, "https://host/"), broken({}, "https://host/");
  refused.network.end(make_error_code(Error::certificate_wrong_host));
  CHECK(refused.host.link() == Link::gave_up);
  CHECK(refused.host.error == Error::certificate_wrong_host);
  broken.network.end(make_error_code(Error::tls_failed));
  CHECK(broken.host.link() == Link::waiting);
}

// ---- redirects -------------------------------------------------------------------------------------

TEST_CASE("client: a redirect is followed at once, and forgotten with the connection", "[client][opening]") {
  Following client({.topics = {"t"}});
  client.network.head(307, {{"Location", "/b?x=1"}});
  CHECK(client.url() == "http://host/b?x=1&protocol=fanfare.v1&topic=t");
  CHECK(client.clock.now() == client.network.asked_at.front());
  client.network.sse_head();
  client.network.bytes(sse_event(3));
  client.network.cut();
  (void)client.network.pass_until_asked();
  CHECK(client.url() == "http://host/events?protocol=fanfare.v1&topic=t");
  client.network.head(308, {{"Location", "http://host:80/c"}});
  CHECK(client.network.asked_field("Last-Event-ID") == epoch + ".3");
}

TEST_CASE("client: credentials do not follow a redirect to another origin", "[client][opening]") {
  Following client({.fields = {{"Authorization", "Bearer x"}}});
  CHECK(client.network.asked_field("Authorization") == "Bearer x");
  client.network.head(302, {{"Location", "/there"}});
  CHECK(client.network.asked_field("Authorization") == "Bearer x");
  client.network.head(302, {{"Location", "http://other/there"}});
  CHECK(client.network.asked_field("Authorization").empty());
  client.network.head(302, {{"Location", "http://host/back"}});
  CHECK(client.network.asked_field("Authorization") == "Bearer x");
}

TEST_CASE("client: five redirects are followed, the sixth is one too many", "[client][opening]") {
  Following client;
  for (int i = 0; i < 5; ++i) client.network.head(301, {{"Location", "/next"}});
  CHECK(client.host.link() == Link::connecting);
  client.network.head(301, {{"Location", "/next"}});
  CHECK(client.host.error == Error::too_many_redirects);
  CHECK(client.host.link() == Link::gave_up);
}

TEST_CASE("client: https never leads to http", "[client][opening]") {
  Following client({}, "https://host/");
  client.network.head(301, {{"Location", "https://other/"}});
  CHECK(client.host.link() == Link::connecting);
  client.network.head(301, {{"Location", "http://host/"}});
  CHECK(client.host.error == Error::unsafe_redirect);
}

TEST_CASE("client: a redirect to nowhere is the end", "[client][opening]") {
  Following client;
  client.network.head(301, {{"Location", "ftp://host/"}});
  CHECK(client.host.error == Error::unsupported_scheme);
}

// ---- falling back ----------------------------------------------------------------------------------

TEST_CASE("client: what does not work here gives way to the next, at once", "[client][opening]") {
  Following client;
  CHECK(asked_with(client) == ClientTransport::sse);
  client.network.head(200, {{"Content-Type", "text/html"}});
  CHECK(asked_with(client) == ClientTransport::websocket);
  client.network.head(426);
  CHECK(asked_with(client) == ClientTransport::long_poll);
  client.network.head(200, {{"Content-Type", "application/json"}});
  CHECK(client.host.link() == Link::connected);
  CHECK(client.host.transport == ClientTransport::long_poll);
  CHECK(client.clock.now() == client.network.asked_at.front());
}

TEST_CASE("client: if none works it gives up with what the most wanted met", "[client][opening]") {
  Following client;
  client.network.head(200, {{"Content-Type", "text/html"}});
  client.network.head(501);
  client.network.head(406);
  CHECK(client.host.link() == Link::gave_up);
  CHECK(client.host.error == Error::wrong_content_type);
  Following alone(sse_only);
  alone.network.head(406);
  CHECK(alone.host.error == Error::not_acceptable);
}

TEST_CASE("client: an upgrade that was not asked for in this way is refused", "[client][opening]") {
  Following client({.transports = {ClientTransport::websocket}}, "ws://host/");
  client.network.head(
      101, {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Accept", "forged"}});
  CHECK(client.host.error == Error::upgrade_refused);
}

TEST_CASE("client: three failures in a row to open are enough for a transport", "[client][opening]") {
  Following client;
  for (int i = 0; i < 3; ++i) {
    CHECK(asked_with(client) == ClientTransport::sse);
    client.network.cut();
    (void)client.network.pass_until_asked();
  }
  CHECK(asked_with(client) == ClientTransport::websocket);
}

TEST_CASE("client: a server that is not there says nothing about the transport", "[client][opening]") {
  Following client;
  for (int i = 0; i < 10; ++i) {
    client.network.end(std::make_error_code(std::errc::connection_refused));
    (void)client.network.pass_until_asked();
    client.network.head(503, {{"Retry-After", "1"}});
    (void)client.network.pass_until_asked();
  }
  CHECK(asked_with(client) == ClientTransport::sse);
}

TEST_CASE("client: a server that is too busy says nothing about the transport, and is given time", "[client][opening]") {
  for (const int status : {429, 503}) {
    Following client;
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < 10; ++i) {
      client.network.head(status);
      longest = std::max(longest, client.network.pass_until_asked());
      CHECK(asked_with(client) == ClientTransport::sse);
    }
    CHECK(longest == 15s);  // half of the cap
  }
  Following client;
  for (int i = 0; i < 3; ++i) {
    client.network.head(502);
    (void)client.network.pass_until_asked();
  }
  CHECK(asked_with(client) == ClientTransport::websocket);
}

TEST_CASE("client: a proxy that holds a stream back makes it look elsewhere", "[client][opening]") {
  Following client;
  client.network.sse_head();
  client.network.pass(37500ms);
  CHECK(client.host.error == Error::silent);
  (void)client.network.pass_until_asked();
  CHECK(asked_with(client) == ClientTransport::websocket);
}

TEST_CASE("client: the position is kept from one transport to the next", "[client][opening]") {
  Following client;
  client.network.sse_head();
  client.network.bytes(sse_event(4));
  client.network.cut();
  (void)client.network.pass_until_asked();
  client.network.head(405);
  CHECK(client.target() == "/events?protocol=fanfare.v1&since=" + epoch + ".4");
  client.network.head(405);
  CHECK(client.target() == "/events?protocol=fanfare.v1&since=" + epoch + ".4&wait=20");
}

TEST_CASE("client: a URL of WebSocket begins with WebSocket", "[client][opening]") {
  Following client({}, "ws://host/");
  CHECK(asked_with(client) == ClientTransport::websocket);
}

// ---- long-poll -------------------------------------------------------------------------------------

namespace {

struct Polling : Following {
  explicit Polling(fanfare::ClientOptions options = {}) : Following(with_poll(std::move(options))) {}
  static fanfare::ClientOptions with_poll(fanfare::ClientOptions options) {
    options.transports = {ClientTransport::long_poll};
    return options;
  }
  void answer(std::string_view body) {
    network.head(200, {{"Content-Type", "application/json"}});
    network.bytes(body);
    network.end();
  }
  static std::string event(int n) {
    const std::string id = epoch + '.' + std::to_string(n);
    return R"({"topic":"t","id":")" + id + R"(","seq":)" + std::to_string(n) + R"(,"type":"note","data":{}})";
  }
  static std::string body(const std::string& events, int n) {
    return R"({"events":[)" + events + R"(],"id":")" + epoch + '.' + std::to_string(n) + "\"}";
  }
};

}  // namespace

TEST_CASE("client: a long-poll is followed by the next, from where it ended", "[client][poll]") {
  Polling client;
  CHECK(client.target() == "/events?protocol=fanfare.v1");
  client.answer(Polling::body(Polling::event(1) + "," + Polling::event(2), 3));
  CHECK(client.host.take() ==
        std::vector<std::string>{"note {} @" + epoch + ".1", "note {} @" + epoch + ".2", "@" + epoch + ".3"});
  CHECK(client.network.asked.size() == 2);
  CHECK(client.target() == "/events?protocol=fanfare.v1&since=" + epoch + ".3&wait=20");
  CHECK(client.host.links == std::vector<Link>{Link::connecting, Link::connected});
  client.network.pass(20s);
  client.answer(Polling::body("", 3));
  CHECK(client.network.asked.size() == 3);
  client.network.head(204);
  CHECK(client.host.link() == Link::ended);
}

TEST_CASE("client: a server that answers polls with nothing at once is not asked without end",
          "[client][poll]") {
  Polling client;
  for (int i = 0; i < 5; ++i) {
    client.answer(Polling::body("", 3));
    CHECK_FALSE(client.network.is_open());
    CHECK(client.network.pass_until_asked() == 1000ms);
  }
  CHECK(client.host.links == std::vector<Link>{Link::connecting, Link::connected});
}

TEST_CASE("client: an answer that is cut short or is no answer counts for nothing", "[client][poll]") {
  Polling client;
  const std::string whole = Polling::body(Polling::event(1), 1);
  client.network.head(200, {{"Content-Type", "application/json"}});
  client.network.bytes(whole);
  client.network.end(make_error_code(Error::cut_short));
  CHECK(client.host.error == Error::cut_short);
  for (const std::string& body :
       {std::string("{}"), std::string("["), whole.substr(0, whole.size() - 1), std::string(),
        std::string(R"({"events":[{"topic":"t"}],"id":"x"})"), std::string(R"({"events":[]})")}) {
    (void)client.network.pass_until_asked();
    client.answer(body);
    CHECK(client.host.error == Error::malformed);
  }
  CHECK(client.host.take().empty());
  (void)client.network.pass_until_asked();
  client.answer(whole);
  CHECK(client.host.take().size() == 1);
}

TEST_CASE("client: an answer beyond the limit is not kept", "[client][poll]") {
  Polling client({.max_answer_bytes = 1024});
  client.network.head(200, {{"Content-Type", "application/json"}});
  client.network.bytes(std::string(1025, ' '));
  CHECK(client.host.error == Error::too_long);
  CHECK(client.host.link() == Link::waiting);
  for (int i = 0; i < 2; ++i) {
    (void)client.network.pass_until_asked();
    client.network.head(200, {{"Content-Type", "application/json"}});
    client.network.bytes(std::string(1025, ' '));
  }
  CHECK(client.host.link() == Link::gave_up);
  CHECK(client.host.error.message() == "more than max_answer_bytes, which is 1024");
}

TEST_CASE("client: an answer that says to be beyond the limit is asked for three times, whatever else does not work", "[client][poll]") {
  Following client({.max_answer_bytes = 1024});
  int polls = 0;
  for (int i = 0; i < 20 && client.host.link() != Link::gave_up; ++i) {
    switch (asked_with(client)) {
      case ClientTransport::sse:
        client.network.sse_head();
        client.network.pass(37500ms);  // held back
        break;
      case ClientTransport::websocket: client.network.head(405); break;
      case ClientTransport::long_poll:
        ++polls;
        client.network.head(200, {{"Content-Type", "application/json"}, {"Content-Length", "1025"}});
        break;
    }
    if (client.host.link() == Link::waiting) (void)client.network.pass_until_asked();
  }
  CHECK(polls == 3);
  CHECK(client.host.link() == Link::gave_up);
  CHECK(client.host.error.message() == "more than max_answer_bytes, which is 1024");
}

TEST_CASE("client: without room no further poll is made", "[client][poll]") {
  Polling client;
  client.host.room = 1;
  client.answer(Polling::body(Polling::event(1), 1));
  client.network.pass(1h);
  CHECK(client.network.asked.size() == 1);
  client.host.room = 100;
  client.core->resume();
  CHECK(client.network.asked.size() == 2);
}

TEST_CASE("client: the time without a connection begins when polls are refused, not when they began",
          "[client][poll]") {
  Following client({.transports = {ClientTransport::long_poll, ClientTransport::sse}, .give_up_after = 1min});
  for (int i = 1; i <= 10; ++i) {
    client.network.head(200, {{"Content-Type", "application/json"}});
    client.network.bytes(Polling::body(Polling::event(i), i));
    client.network.end();
    client.network.pass(10s);
  }
  client.network.head(406);
  CHECK(asked_with(client) == ClientTransport::sse);
  client.network.pass(10s);
  CHECK(client.host.link() == Link::connecting);
  client.network.pass(50s);
  CHECK(client.host.link() == Link::gave_up);
}
