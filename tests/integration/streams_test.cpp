// Streams over real sockets: what arrives, what ends them, what is noticed.
#include <fanfare/server/server.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::Request;
using fanfare::Server;
using fanfare::sse;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

Admission to(std::string topic) {
  Admission admission;
  admission.topics = {std::move(topic)};
  return admission;
}
std::string types(const std::vector<fanfare::wire::SseEvent>& events) {
  std::string all;
  for (const auto& event : events) all += (all.empty() ? "" : " ") + event.type;
  return all;
}

/// A transport that holds on to something for as long as its stream lives.
class Held final : public fanfare::Transport {
 public:
  explicit Held(std::shared_ptr<int> token) : token_(std::move(token)) {}
  fanfare::Response head() const override { return inner_->head(); }
  const fanfare::Format& format() const noexcept override { return inner_->format(); }
  std::chrono::milliseconds beat_interval() const noexcept override { return {}; }

 private:
  const std::shared_ptr<int> token_;
  const std::unique_ptr<Transport> inner_ = sse()(Request{});
};

}  // namespace

TEST_CASE("streams: head, state, events, end", "[integration][streams]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  http::Watcher watcher(server.port(), "/jobs/a");
  CHECK(watcher.head().field("Content-Type") == "text/event-stream; charset=utf-8");
  CHECK(watcher.head().field("Cache-Control") == "no-cache, no-transform");
  CHECK(watcher.head().field("X-Accel-Buffering") == "no");
  CHECK(watcher.head().field("Transfer-Encoding") == "chunked");
  CHECK(watcher.head().field("Connection") == "close");
  CHECK(watcher.head().field("Date").size() == 29);
  CHECK(watcher.next()->type == "snapshot");
  for (int i = 0; i < 3; ++i) {
    REQUIRE(topic.publish(Note{i}));
    CHECK(watcher.next()->data == "{\"value\":" + std::to_string(i) + "}");
  }
  REQUIRE(topic.finish(fanfare::Done{}));
  CHECK(types(watcher.all()) == "done");
  CHECK(watcher.client().rest().empty());  // the last chunk, and then the connection ends
}

TEST_CASE("streams: what is published within the coalescing window leaves in one delivery", "[integration][streams]") {
  constexpr auto window = 300ms;
  Broker broker;
  const auto topic = broker.topic("a");
  Server server(broker, {.port = 0, .coalescing_window = window});
  server.stream("/jobs/{topic}");
  server.start();
  http::Watcher watcher(server.port(), "/jobs/a");
  REQUIRE(topic.publish(Note{0}));
  CHECK(watcher.next()->type == "note");
  const auto before = broker.metrics().cohort_deliveries;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 1; i <= 5; ++i) REQUIRE(topic.publish(Note{i}));
  const bool at_once = std::chrono::steady_clock::now() - began < window / 2;  // unless the machine is busy
  for (int i = 1; i <= 5; ++i) CHECK(watcher.next()->data == "{\"value\":" + std::to_string(i) + "}");
  CHECK(std::chrono::steady_clock::now() - began >= window);
  if (at_once) CHECK(broker.metrics().cohort_deliveries == before + 1);
}

TEST_CASE("streams: the head leaves before any event", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  CHECK(http::Client(server.port()).get("/jobs/a").head().status == 200);
}

TEST_CASE("streams: a resumed one gets exactly what it missed, wherever it broke off", "[integration][streams]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  std::jthread publisher([&] {
    for (int i = 1; i <= 2000; ++i) {
      (void)topic.publish(Note{i});
      if (i % 16 == 0) std::this_thread::yield();
    }
    (void)topic.finish(fanfare::Done{});
  });
  std::string last_id;
  Tally tally;
  bool over = false;
  while (!over) {
    const std::string resume = last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n";
    http::Watcher watcher(server.port(), "/jobs/a", resume);
    for (int i = 0; i < 37 && !over; ++i) {
      const auto event = watcher.next();
      REQUIRE(event);
      if (event->type == "snapshot") tally = fanfare::from_json<Tally>(event->data).value();
      if (event->type == "note") tally.apply(fanfare::from_json<Note>(event->data).value());
      CHECK(event->type != "reset");
      over = event->type == "done";
      last_id = event->last_event_id;
    }
  }
  publisher.join();
  CHECK(tally.notes == 2000);
  CHECK(tally.sum == 2000 * 2001 / 2);
  CHECK(http::get(server.port(), "/jobs/a", "Last-Event-ID: " + last_id + "\r\n").status == 204);
}

TEST_CASE("streams: several topics come in the envelope", "[integration][streams]") {
  Broker broker;
  const auto a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/live");
  server.start();
  http::Watcher watcher(server.port(), "/live?topic=a,b,missing");
  CHECK(watcher.next()->type == "gone");
  CHECK(watcher.next()->type == "snapshot");
  CHECK(watcher.next()->data.find(R"("topic":"b")") != std::string::npos);
  CHECK(watcher.last_id().empty());
  CHECK_FALSE(watcher.next()->last_event_id.empty());
  REQUIRE(b.publish(Note{7}));
  CHECK(watcher.next()->data.starts_with(R"({"topic":"b","id":")"));
  REQUIRE(a.finish(fanfare::Done{}));
  REQUIRE(b.finish(fanfare::Done{}));
  CHECK(types(watcher.all()) == "done done");
}

TEST_CASE("streams: heartbeats keep an idle one alive", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/comments/{topic}", {.transports = {sse({.heartbeat = 50ms})}});
  server.stream("/events/{topic}", {.transports = {sse({.heartbeat = 50ms, .heartbeat_event = "ping"})}});
  server.start();
  http::Watcher comments(server.port(), "/comments/a"), events(server.port(), "/events/a");
  for (int i = 0; i < 3; ++i) {
    comments.next_comment();
    CHECK(events.next()->type == "ping");
  }
}

TEST_CASE("streams: a client that leaves is noticed, politely or not", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a");
  auto token = std::make_shared<int>();
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}", {.transports = {[&](const Request&) { return std::make_unique<Held>(token); }}});
  server.start();
  for (const bool polite : {true, false}) {
    http::Watcher watcher(server.port(), "/jobs/a");
    CHECK(token.use_count() == 2);
    if (polite) watcher.client().close();
    else watcher.client().reset();
    CHECK(eventually([&] { return token.use_count() == 1; }));
  }
}

TEST_CASE("streams: a client that keeps talking into its stream is closed", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  http::Watcher watcher(server.port(), "/jobs/a");
  const std::string chatter(1 << 20, 'x');
  while (watcher.client().try_send(chatter)) {
  }
  CHECK_THROWS_AS(watcher.next(), http::Failure);
}

TEST_CASE("streams: an expired or revoked admission ends them", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/short", {.admit = [](const Request&) {
                  auto admission = to("a");
                  admission.expires = std::chrono::system_clock::now() + 500ms;
                  return admission;
                }});
  server.stream("/user", {.admit = [](const Request& request) {
                  auto admission = to("a");
                  admission.audience = {"user:" + request.query("id")};
                  return admission;
                }});
  server.start();
  http::Watcher seven(server.port(), "/user?id=7"), eight(server.port(), "/user?id=8");
  CHECK(http::Watcher(server.port(), "/short").all().empty());
  broker.revoke("user:7");
  CHECK(seven.all().empty());
  REQUIRE(broker.topic("a").publish(plain("e"), {.audience = {"user:8"}}));
  CHECK(eight.next()->type == "e");
}

TEST_CASE("streams: targeted events reach nobody else", "[integration][streams]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/user", {.admit = [](const Request& request) {
                  auto admission = to("a");
                  admission.audience = {"user:" + request.query("id")};
                  return admission;
                }});
  server.start();
  http::Watcher seven(server.port(), "/user?id=7"), eight(server.port(), "/user?id=8");
  REQUIRE(topic.publish(plain("private"), {.audience = {"user:7"}}));
  REQUIRE(topic.finish(plain("done")));
  CHECK(types(seven.all()) == "private done");
  CHECK(types(eight.all()) == "done");
}

TEST_CASE("streams: a broker that closes ends them, and goes before its server", "[integration][streams]") {
  for (const bool destroy : {false, true}) {
    auto broker = std::make_unique<Broker>();
    (void)broker->topic("a", Tally{});
    Server server(*broker, {.port = 0});
    server.stream("/jobs/{topic}");
    server.start();
    http::Watcher watcher(server.port(), "/jobs/a");
    CHECK(watcher.next()->type == "snapshot");
    if (destroy) broker.reset();
    else broker->close();
    CHECK_FALSE(watcher.next());
    CHECK(http::get(server.port(), "/jobs/a").status == 503);
  }
}

TEST_CASE("streams: an expired topic is 204 for who was there, 410 for others, 404 for none", "[integration][streams]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  const auto end = topic.finish(plain("done"));
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  clock.advance(31min);
  CHECK(http::get(server.port(), "/jobs/a").status == 410);
  CHECK(http::get(server.port(), "/jobs/a?since=" + end.position.str()).status == 204);
  CHECK(http::get(server.port(), "/jobs/b").status == 404);
}

TEST_CASE("streams: a browser gets the page, its script the events", "[integration][streams]") {
  Broker broker;
  (void)broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}", {.page = true});
  server.stream("/plain/{topic}");
  server.start();
  const std::string browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
  const auto page = http::get(server.port(), "/jobs/a", browser);
  CHECK(page.status == 200);
  CHECK(page.field("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.field("Vary") == "Accept, Accept-Encoding");  // one address, two answers
  CHECK(page.body.starts_with("<!doctype html>"));
  http::Watcher script(server.port(), "/jobs/a");
  CHECK(script.next()->type == "snapshot");
  CHECK(script.head().field("Vary") == "Accept");
  CHECK(http::Client(server.port()).get("/jobs/a").head().field("Content-Type") == "text/event-stream; charset=utf-8");
  CHECK(http::Client(server.port()).get("/plain/a", browser).head().field("Content-Type") == "text/event-stream; charset=utf-8");
}

TEST_CASE("streams: a transport of the host's own", "[integration][streams]") {
  class Lines final : public fanfare::Format {
    void encode(const fanfare::Event& event, std::string& out) const override { out.append(event.json()) += '\n'; }
  };
  class Ndjson final : public fanfare::Transport {
    fanfare::Response head() const override { return {200, "application/x-ndjson", {}, {}}; }
    const fanfare::Format& format() const noexcept override {
      static const Lines lines;
      return lines;
    }
  };
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  REQUIRE(topic.finish(fanfare::Done{}));
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}", {.transports = {[](const Request& request) -> std::unique_ptr<fanfare::Transport> {
                                                   if (request.field("Accept") != "application/x-ndjson") return nullptr;
                                                   return std::make_unique<Ndjson>();
                                                 },
                                                 sse()}});
  server.start();
  const auto lines = http::get(server.port(), "/jobs/a", "Accept: application/x-ndjson\r\n");
  CHECK(lines.field("Content-Type") == "application/x-ndjson");
  CHECK(lines.body == "{\"notes\":0,\"sum\":0,\"meters\":{},\"end\":\"complete\"}\n{\"status\":\"complete\",\"message\":\"\"}\n");
  CHECK(types(http::Watcher(server.port(), "/jobs/a").all()) == "snapshot done");
  CHECK(http::get(server.port(), "/jobs/a", "Accept: image/png\r\n").status == 406);
}

TEST_CASE("streams: a format that throws hurts nobody else", "[integration][streams]") {
  class Broken final : public fanfare::Format {
    void encode(const fanfare::Event&, std::string&) const override { throw std::runtime_error("no"); }
  };
  class Fragile final : public fanfare::Transport {
    fanfare::Response head() const override { return {200, "text/plain", {}, {}}; }
    const fanfare::Format& format() const noexcept override {
      static const Broken broken;
      return broken;
    }
  };
  Broker broker;
  (void)broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/fragile/{topic}", {.transports = {[](const Request&) { return std::make_unique<Fragile>(); }}});
  server.stream("/jobs/{topic}");
  server.start();
  CHECK(http::Client(server.port()).get("/fragile/a").rest().empty());  // its state could not be written
  CHECK(http::Watcher(server.port(), "/jobs/a").next()->type == "snapshot");
}

TEST_CASE("streams: who has come to an event that its format cannot say is closed, and the log says why", "[integration][streams]") {
  class Picky final : public fanfare::Format {
    void encode(const fanfare::Event& event, std::string& out) const override {
      if (event.type() == "meter") throw std::runtime_error("too odd");
      out.append(event.type()) += '\n';
    }
  };
  class Fragile final : public fanfare::Transport {
    fanfare::Response head() const override { return {200, "text/plain", {}, {}}; }
    const fanfare::Format& format() const noexcept override {
      static const Picky picky;
      return picky;
    }
  };
  std::mutex mutex;
  std::string log;
  Broker broker({.log = [&](fanfare::Level, std::string_view text) {
    const std::lock_guard lock(mutex);
    log.append(text) += '\n';
  }});
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/fragile/{topic}", {.transports = {[](const Request&) { return std::make_unique<Fragile>(); }}});
  server.stream("/jobs/{topic}");
  server.start();
  http::Client fragile(server.port());
  fragile.get("/fragile/a");
  (void)fragile.until("snapshot\n");
  http::Watcher watcher(server.port(), "/jobs/a");
  CHECK(watcher.next()->type == "snapshot");
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(vocabulary::Meter{"m", 1}));
  CHECK(fragile.rest().find("note\n") != std::string::npos);  // and then it is over
  CHECK(watcher.next()->type == "note");
  CHECK(watcher.next()->type == "meter");
  const std::lock_guard lock(mutex);
  CHECK(log.ends_with("of 'a': too odd\n"));
}
