// What a user sees at a terminal: the real curl against a real server.
#include <fanfare/server/server.hpp>
#include <fanfare/wire/sse_parser.hpp>

#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/curl.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/vocabulary.hpp"

using fanfare::Broker;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Tally;

namespace {

std::vector<fanfare::wire::SseEvent> events(std::string_view bytes) {
  fanfare::wire::SseParser parser;
  std::vector<fanfare::wire::SseEvent> all;
  while (parser.parse(bytes) == fanfare::wire::SseStatus::event) all.push_back(parser.event());
  return all;
}
std::string types(std::string_view bytes) {
  std::string all;
  for (const auto& event : events(bytes)) all += (all.empty() ? "" : " ") + event.type;
  return all;
}
std::string status(const std::string& arguments) { return curl::run("-o /dev/null -w '%{http_code}' " + arguments).output; }

}  // namespace

TEST_CASE("curl: a running topic, from its state to its end", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  const auto topic = broker.topic("job", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  REQUIRE(topic.publish(Note{1}));
  std::jthread publisher([&] {
    // Once the state was written down for curl, all that follows are events.
    (void)eventually([&] { return broker.metrics().snapshots_serialised > 0; });
    (void)topic.publish(Note{2});
    (void)topic.publish(Meter{"m", 3});
    (void)topic.finish(fanfare::Done{});
  });
  const auto watched = curl::run("-N " + server.url() + "jobs/job");
  publisher.join();
  CHECK(watched.code == 0);
  REQUIRE(types(watched.output) == "snapshot note meter done");
  std::string before;
  for (const auto& event : events(watched.output)) {
    const auto position = fanfare::Position::parse(event.last_event_id);
    REQUIRE(position);
    CHECK(event.last_event_id != before);
    before = event.last_event_id;
  }
  // It was told the end: who comes back for more is told to stop.
  CHECK(status("-H 'Last-Event-ID: " + before + "' " + server.url() + "jobs/job") == "204");
}

TEST_CASE("curl: with a last event id exactly the missing events", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  const auto topic = broker.topic("job", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(topic.publish(Note{i}).position.str());
  REQUIRE(topic.finish(fanfare::Done{}));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto resumed = curl::run("-N -H 'Last-Event-ID: " + ids[i] + "' " + server.url() + "jobs/job");
    CHECK(resumed.code == 0);
    const auto got = events(resumed.output);
    REQUIRE(got.size() == ids.size() - i);
    CHECK(got.back().type == "done");
    if (got.size() > 1) CHECK(got.front().data == "{\"value\":" + std::to_string(i + 1) + "}");
  }
}

TEST_CASE("curl: HTTP 1.0 gets the same without chunks", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  const auto topic = broker.topic("job", Tally{});
  REQUIRE(topic.finish(fanfare::Done{}));
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  const auto watched = curl::run("-0 -N " + server.url() + "jobs/job");
  CHECK(watched.code == 0);
  CHECK(types(watched.output) == "snapshot done");
}

TEST_CASE("curl: what is not there is said in JSON", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  const auto topic = curl::run("-w ' %{http_code} %{content_type}' " + server.url() + "jobs/nothing");
  CHECK(topic.output == R"({"error":"no topic 'nothing'"} 404 application/json)");
  const auto path = curl::run("-w ' %{http_code} %{content_type}' " + server.url() + "nothing");
  CHECK(path.output == R"({"error":"nothing at /nothing"} 404 application/json)");
  CHECK(status("-X DELETE " + server.url() + "jobs/nothing") == "405");
}

TEST_CASE("curl: bodies of all sizes arrive, too large ones are refused", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  Server server(broker, {.port = 0, .max_body_bytes = 3 << 20});
  server.post("/size", [](const Request& request) { return Response{200, "text/plain", std::to_string(request.body.size()), {}}; });
  server.start();
  const std::string zeros = "head -c $((", pipe = ")) /dev/zero | ";
  const auto post = [&](const std::string& size, const std::string& arguments) {
    // The shell of curl::run is used for the pipe as well.
    const auto outcome = curl::run("-V > /dev/null; " + zeros + size + pipe + "curl -sS --max-time 30 --data-binary @- -w ' %{http_code}' " +
                                   arguments + " " + server.url() + "size");
    CHECK(outcome.code == 0);
    return outcome.output;
  };
  CHECK(post("0", "") == "0 200");
  CHECK(post("70000", "") == "70000 200");
  CHECK(post("2 << 20", "") == "2097152 200");  // curl asks first, with Expect
  CHECK(post("2 << 20", "-H 'Expect:'") == "2097152 200");
  CHECK(post("2 << 20", "-H 'Transfer-Encoding: chunked'") == "2097152 200");
  CHECK(post("3 << 20", "") == "3145728 200");
  CHECK(post("(3 << 20) + 1", "").ends_with(" 413"));
  CHECK(post("(3 << 20) + 1", "-H 'Transfer-Encoding: chunked'").ends_with(" 413"));
  CHECK(post("20 << 20", "-H 'Expect:'").ends_with(" 413"));
}

TEST_CASE("curl: a full server says so", "[integration][curl]") {
  if (!curl::available()) return;
  Broker broker;
  Server server(broker, {.port = 0, .max_connections = 1});
  server.start();
  http::Client full(server.port());
  CHECK(full.get("/").answer().status == 404);
  for (int i = 0; i < 10; ++i) CHECK(status(server.url()) == "503");
}
