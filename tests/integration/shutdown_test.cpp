// The end of a server: drained, stopped or destroyed, with clients of every kind; and what it gives back.
#include <fanfare/server/server.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/vocabulary.hpp"

using fanfare::Broker;
using fanfare::Reply;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::Tally;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

std::size_t open_descriptors() {
  namespace fs = std::filesystem;
  return static_cast<std::size_t>(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("drain: goodbyes are spread over the window, each with a time to come back", "[integration][drain]") {
  constexpr auto window = 4000ms;  // long enough to tell on a machine that is busy for a second of it
  Broker broker;
  (void)broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 40; ++i) {
    watchers.push_back(std::make_unique<http::Watcher>(server.port(), "/jobs/a"));
    CHECK(watchers.back()->next()->type == "snapshot");
  }
  const auto began = Clock::now();
  server.drain(window);
  CHECK(Clock::now() - began < window / 2);  // it returns at once
  std::vector<Clock::duration> ended(watchers.size());
  std::vector<pollfd> entries;
  for (const auto& watcher : watchers) entries.push_back({watcher->client().descriptor(), POLLIN, 0});
  for (std::size_t open = watchers.size(); open > 0 && ::poll(entries.data(), entries.size(), 30'000) > 0;) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].revents == 0) continue;
      watchers[i]->pump([](const auto&) {});
      if (!watchers[i]->over()) continue;
      ended[i] = Clock::now() - began;
      entries[i].fd = -1, --open;
    }
  }
  server.wait();
  CHECK(Clock::now() - began >= window * 8 / 10);
  CHECK(Clock::now() - began < window + 5s);

  std::sort(ended.begin(), ended.end());
  CHECK(ended.front() < window / 2);
  CHECK(ended.back() > window / 2);
  CHECK(ended[ended.size() / 2] - ended.front() > window / 5);
  std::vector<std::chrono::milliseconds> retries;
  for (const auto& watcher : watchers) {
    REQUIRE(watcher->retry());
    retries.push_back(*watcher->retry());
  }
  // Not before the server is gone, and not all at once.
  std::sort(retries.begin(), retries.end());
  CHECK(retries.front() >= 1000ms);
  CHECK(retries.back() <= 1000ms + window + window);
  CHECK(retries.back() - retries.front() > 100ms);
}

TEST_CASE("drain: nobody is told to come back while the server still refuses him", "[integration][drain]") {
  // A browser gives up for good on a 503.
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  http::Watcher first(server.port(), "/jobs/a"), second(server.port(), "/jobs/a");
  server.drain(20s);
  http::Watcher* told = nullptr;
  while (!told) {
    for (auto* watcher : {&first, &second}) {
      watcher->pump([](const auto&) {});
      if (watcher->over()) told = watcher;
    }
    std::this_thread::yield();
  }
  REQUIRE(told->retry());
  CHECK(*told->retry() > 15s);
  server.stop();
}

TEST_CASE("drain: newcomers are sent away with a time to come back", "[integration][drain]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.get("/hello", [](const Request&) { return Response{200, "text/plain", "hello", {}}; });
  server.start();
  http::Watcher stays(server.port(), "/jobs/a"), another(server.port(), "/jobs/a");
  server.drain(20s);
  const auto refused = http::get(server.port(), "/jobs/a");
  CHECK(refused.status == 503);
  const int after = std::stoi(refused.field("Retry-After"));
  CHECK(after >= 1);
  CHECK(after <= 10);
  CHECK(refused.field("Connection") == "close");
  // What changes no state of ours is still served, but the connection ends.
  const auto served = http::get(server.port(), "/hello");
  CHECK(served.status == 200);
  CHECK(served.field("Connection") == "close");
  server.stop();
  server.wait();
  CHECK_THROWS_AS(http::Client(server.port()), http::Failure);
}

TEST_CASE("drain: streams that end by themselves in the window get their end", "[integration][drain]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 10; ++i) watchers.push_back(std::make_unique<http::Watcher>(server.port(), "/jobs/a"));
  server.drain(20s);
  REQUIRE(topic.finish(plain("done")));
  int done = 0;
  for (const auto& watcher : watchers) {
    for (const auto& event : watcher->all()) done += event.type == "done";
  }
  CHECK(done >= 8);  // one or two may have been told before
  watchers.clear();
  server.wait();  // all have left, so it does not wait for the window
}

TEST_CASE("drain: the destructor shortens a long window", "[integration][drain]") {
  Broker broker;
  (void)broker.topic("a");
  std::optional<Server> server;
  server.emplace(broker, fanfare::ServerOptions{.port = 0});
  server->stream("/jobs/{topic}");
  server->start();
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 10; ++i) watchers.push_back(std::make_unique<http::Watcher>(server->port(), "/jobs/a"));
  server->drain(10min);
  const auto began = Clock::now();
  server.reset();
  CHECK(Clock::now() - began < 10s);
  for (const auto& watcher : watchers) CHECK(watcher->all().empty());
}

TEST_CASE("stop: streams end properly and at once, and wait returns to everybody", "[integration][drain]") {
  Broker broker;
  (void)broker.topic("a", Tally{});
  Server server(broker, {.port = 0, .shards = 2});
  server.stream("/jobs/{topic}");
  server.start();
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 10; ++i) watchers.push_back(std::make_unique<http::Watcher>(server.port(), "/jobs/a"));
  std::jthread one([&] { server.wait(); }), two([&] { server.wait(); });
  const auto began = Clock::now();
  server.stop();
  one.join(), two.join();
  CHECK(Clock::now() - began < 5s);
  for (const auto& watcher : watchers) {
    CHECK(watcher->next()->type == "snapshot");
    CHECK_FALSE(watcher->next());
  }
  server.wait();
  server.stop();
  server.drain(1s);
}

TEST_CASE("destructor: with clients in every state", "[integration][drain]") {
  const auto descriptors = open_descriptors();
  for (int round = 0; round < 3; ++round) {
    Broker broker;
    const auto topic = broker.topic("a");
    std::optional<Reply<Response>> kept;
    auto server = std::make_unique<Server>(broker, fanfare::ServerOptions{.port = 0, .shards = 2});
    server->stream("/jobs/{topic}");
    server->get("/never", [&](Request, Reply<Response> reply) { kept = std::move(reply); });
    server->get("/large", [](const Request&) { return Response{200, "text/plain", std::string(8 << 20, 'x'), {}}; });
    server->get("/hello", [](const Request&) { return Response{200, "text/plain", "hello", {}}; });
    server->post("/echo", [](const Request& request) { return Response{200, "text/plain", request.body, {}}; });
    server->start();
    http::Client silent(server->port()), half_a_head(server->port()), half_a_body(server->port()), deciding(server->port()),
        reading_slowly(server->port(), 4096), idle(server->port());
    http::Watcher watcher(server->port(), "/jobs/a"), stalled(server->port(), "/jobs/a", "", 4096);
    half_a_head.send("GET /hel");
    half_a_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhal");
    deciding.get("/never");
    reading_slowly.get("/large");
    CHECK(reading_slowly.head().status == 200);
    CHECK(idle.get("/hello").answer().status == 200);
    for (int i = 0; i < 200; ++i) REQUIRE(topic.publish(plain("e", "\"" + std::string(2000, 'x') + "\"")));
    bool ended_properly = false;  // maybe before the last event: there is a position to come back with
    std::jthread reader([&] {
      try {
        (void)watcher.all();
        ended_properly = true;
      } catch (const http::Failure&) {
      }
    });
    server.reset();
    reader.join();
    CHECK(ended_properly);
    CHECK(idle.rest().empty());
  }
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("connections: beyond the limit they are refused, until there is room again", "[integration][connections]") {
  Broker broker;
  Server server(broker, {.port = 0, .max_connections = 2});
  server.get("/hello", [](const Request&) { return Response{200, "text/plain", "hello", {}}; });
  server.start();
  {
    http::Client one(server.port()), two(server.port());
    CHECK(one.get("/hello").answer().status == 200);
    CHECK(two.get("/hello").answer().status == 200);
    http::Client three(server.port());
    const auto refused = three.answer();
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.field("Retry-After").empty());
    CHECK(three.rest().empty());
    CHECK(one.get("/hello").answer().status == 200);
  }
  CHECK(eventually([&] { return http::get(server.port(), "/hello").status == 200; }));
}

TEST_CASE("connections: two thousand of them leave nothing behind", "[integration][connections]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.get("/hello", [](const Request&) { return Response{200, "text/plain", "hello", {}}; });
  server.start();
  const auto before = open_descriptors();
  for (int i = 0; i < 500; ++i) {
    http::Client silent(server.port()), asks(server.port());
    CHECK(asks.get("/hello").answer().status == 200);
    http::Watcher watches(server.port(), "/jobs/a"), breaks(server.port(), "/jobs/a");
    breaks.client().reset();
  }
  CHECK(eventually([&] { return open_descriptors() == before; }));
  http::Watcher works(server.port(), "/jobs/a");
  REQUIRE(broker.topic("a").finish(plain("done")));
  CHECK(works.all().size() == 1);
}
