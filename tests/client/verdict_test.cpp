#include <fanfare/client/client.hpp>
#include <fanfare/client/verdict.hpp>
#include <fanfare/error.hpp>

#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace fanfare::detail;
using fanfare::ClientTransport;
using fanfare::Error;
using fanfare::WallTime;

namespace {

const WallTime now{std::chrono::sys_days(std::chrono::year(2024) / 11 / 6) + 8h};

Verdict of(int status, std::vector<fanfare::HttpField> fields = {},
           ClientTransport transport = ClientTransport::sse) {
  fanfare::wire::HttpResponseHead head;
  head.status = status;
  head.fields = std::move(fields);
  return judge(head, transport, now);
}

Action action(int status, std::string type, ClientTransport transport) {
  return of(status, {{"Content-Type", std::move(type)}}, transport).action;
}

}  // namespace

TEST_CASE("verdict: an event stream is opened, whatever its parameters and case", "[client][verdict]") {
  CHECK(action(200, "text/event-stream", ClientTransport::sse) == Action::open);
  CHECK(action(200, "Text/Event-Stream ; charset=utf-8", ClientTransport::sse) == Action::open);
  CHECK(action(200, "application/json", ClientTransport::long_poll) == Action::open);
  CHECK(of(101, {}, ClientTransport::websocket).action == Action::open);
}

TEST_CASE("verdict: what answers with something else is not suitable", "[client][verdict]") {
  CHECK(action(200, "text/html", ClientTransport::sse) == Action::unsuitable);
  CHECK(action(200, "text/event-streams", ClientTransport::sse) == Action::unsuitable);
  CHECK(action(200, "text/event-stream", ClientTransport::long_poll) == Action::unsuitable);
  CHECK(of(200, {}, ClientTransport::sse).error == Error::wrong_content_type);
  CHECK(of(200, {}, ClientTransport::websocket).error == Error::upgrade_refused);
  CHECK(of(101, {}, ClientTransport::sse).action == Action::unsuitable);
  for (const int status : {205, 300, 304, 400, 405, 406, 415, 426, 501, 505})
    CHECK(of(status).action == Action::unsuitable);
  CHECK(of(406).error == Error::not_acceptable);
  CHECK(of(426).error.message() == "the server answered 426");
}

TEST_CASE("verdict: 204 is the end, and some statuses say why there is no more to try", "[client][verdict]") {
  CHECK(of(204).action == Action::end);
  CHECK_FALSE(of(204).error);
  CHECK(of(401).error == Error::unauthorized);
  CHECK(of(403).error == Error::forbidden);
  CHECK(of(404).error == Error::unknown_topic);
  CHECK(of(410).error == Error::topic_expired);
  for (const int status : {401, 403, 404, 410}) CHECK(of(status).action == Action::give_up);
}

TEST_CASE("verdict: what passes is tried again, after the time that the server names", "[client][verdict]") {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) CHECK(of(status).action == Action::retry);
  CHECK(of(503).wait == 0ms);
  CHECK(of(503, {{"Retry-After", "7"}}).wait == 7s);
  CHECK(of(429, {{"retry-after", "Wed, 06 Nov 2024 08:00:30 GMT"}}).wait == 30s);
  CHECK(of(500).error.message() == "the server answered 500");
}

TEST_CASE("verdict: a redirect says where to", "[client][verdict]") {
  for (const int status : {301, 302, 303, 307, 308}) {
    CHECK(of(status, {{"Location", "/b"}}).action == Action::redirect);
    CHECK(of(status).action == Action::unsuitable);
  }
}

TEST_CASE("verdict: Retry-After is seconds or a date, and no more than an hour", "[client][verdict]") {
  const auto parsed = [](std::string_view text) { return parse_retry_after(text, now); };
  CHECK(parsed("0") == 0ms);
  CHECK(parsed(" 120 ") == 120s);
  CHECK(parsed("0007") == 7s);
  CHECK(parsed("3601") == 1h);
  CHECK(parsed("99999999999999999999999999") == 1h);
  CHECK(parsed("Wed, 06 Nov 2024 08:01:00 GMT") == 60s);
  CHECK(parsed("Wed, 06 Nov 2024 07:00:00 GMT") == 0ms);
  CHECK(parsed("Thu, 07 Nov 2030 08:00:00 GMT") == 1h);
  for (const char* text : {"", "-2", "+2", "1.5", "0x7", "7s", "soon", "Wed, 06 Nov 2024 08:01:00 UTC",
                           "Wed, 31 Feb 2024 08:01:00 GMT", "Wed, 06 Now 2024 08:01:00 GMT",
                           "Wed, 06 Nov 2024 24:01:00 GMT", "Wed, 06 Nov 2024 08:61:00 GMT",
                           "Wed, 0a Nov 2024 08:01:00 GMT", "Wednesday, 06-Nov-24 08:49:37 GMT"}) {
    INFO(text);
    CHECK_FALSE(parsed(text));
  }
}
