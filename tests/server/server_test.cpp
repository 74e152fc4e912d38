// A Server without connections: its options, routes, and streams opened as tests do.
#include <fanfare/server/server.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/no_threads.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::Reply;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

TEST_CASE("server: port 0 is a free one, and the url says which", "[server]") {
  Broker broker;
  const Server server(broker, {.port = 0});
  CHECK(server.port() != 0);
  CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()) + "/");
  const Server everywhere(broker, {.port = 0, .address = "0.0.0.0"});
  CHECK(everywhere.url() == "http://localhost:" + std::to_string(everywhere.port()) + "/");
}

TEST_CASE("server: a port that is taken is refused with the option and a way out", "[server]") {
  Broker broker;
  for (const unsigned shards : {1u, 2u}) {
    const Server first(broker, {.port = 0, .shards = shards});
    const std::string port = std::to_string(first.port());
    for (const unsigned others : {1u, 2u}) {
      INFO(shards << " and " << others);
      CHECK_THROWS_AS(Server(broker, {.port = first.port(), .shards = others}), std::system_error);
      CHECK_THROWS_WITH(Server(broker, {.port = first.port(), .shards = others}),
                        ContainsSubstring("ServerOptions::port") && ContainsSubstring(port) &&
                            ContainsSubstring("0 picks a free one"));
    }
  }
}

TEST_CASE("server: a port can be used again at once", "[server]") {
  Broker broker;
  std::uint16_t port = 0;
  {
    const Server first(broker, {.port = 0});
    port = first.port();
  }
  CHECK_NOTHROW(Server(broker, {.port = port}));
}

TEST_CASE("server: wrong options are named with their value", "[server]") {
  Broker broker;
  CHECK_THROWS_AS(Server(broker, {.port = 0, .address = "nowhere"}), std::invalid_argument);
  CHECK_THROWS_WITH(Server(broker, {.port = 0, .address = "nowhere"}),
                    ContainsSubstring("ServerOptions::address") && ContainsSubstring("nowhere"));
  CHECK_THROWS_WITH(Server(broker, {.port = 0, .shards = 0}), ContainsSubstring("ServerOptions::shards"));
  CHECK_THROWS_WITH(Server(broker, {.port = 0, .shards = 65}), ContainsSubstring("65"));
  CHECK_THROWS_AS(Server(broker, {.port = 0, .address = "192.0.2.1"}), std::system_error);  // not ours
}

TEST_CASE("server: options that cannot work are refused with option and value", "[server]") {
  Broker broker;
  const auto refused = [&](auto set, const std::string& option, const std::string& value) {
    fanfare::ServerOptions options{.port = 0};
    set(options);
    INFO(option);
    CHECK_THROWS_AS(Server(broker, options), std::invalid_argument);
    CHECK_THROWS_WITH(Server(broker, options), ContainsSubstring("ServerOptions::" + option) && ContainsSubstring(value));
  };
  refused([](auto& options) { options.max_connections = 0; }, "max_connections", "is 0");
  refused([](auto& options) { options.max_head_bytes = 255; }, "max_head_bytes", "255");
  refused([](auto& options) { options.head_timeout = 0ms; }, "head_timeout", "0 ms");
  refused([](auto& options) { options.body_timeout = -1ms; }, "body_timeout", "-1 ms");
  refused([](auto& options) { options.keep_alive_timeout = 25h; }, "keep_alive_timeout", "90000000 ms");
  refused([](auto& options) { options.hook_timeout = std::chrono::milliseconds::max(); }, "hook_timeout", "24 h");
  refused([](auto& options) { options.stall_limit = std::chrono::milliseconds::min(); }, "stall_limit", "1 ms");
  refused([](auto& options) { options.coalescing_window = -1us; }, "coalescing_window", "-1 us");
  refused([](auto& options) { options.coalescing_window = 2s; }, "coalescing_window", "2000000 us");
  refused([](auto& options) { options.trusted_proxies = {"10.0.0.0/99"}; }, "trusted_proxies", "'10.0.0.0/99'");
  for (const auto* origin : {"", "app.example", "https://", "://app.example", "https://app.example/", "https://app.example/path", "null"}) {
    refused([&](auto& options) { options.origins = {"*", origin}; }, "origins", "'" + std::string(origin) + "'");
  }
  for (const auto* host : {"", "app.example:8080", "https://app.example", "app.example/", "::1"}) {
    refused([&](auto& options) { options.hosts = {"localhost", host}; }, "hosts", "'" + std::string(host) + "'");
  }
  CHECK_NOTHROW(Server(broker, {.port = 0, .origins = {"*", "https://app.example", "http://[::1]:8080"}, .hosts = {"app.example", "[::1]"},
                                .max_connections = 1, .max_connections_per_address = 0, .max_head_bytes = 256, .head_timeout = 1ms,
                                .stall_limit = 24h}));
}

TEST_CASE("server: routes are refused when they clash, and after the start", "[server]") {
  Broker broker;
  Server server(broker, {.port = 0});
  server.stream("/a/{topic}");
  CHECK_THROWS_AS(server.stream("/a/{topic}"), std::logic_error);
  CHECK_THROWS_AS(server.get("no slash", [](const Request&) { return Response(); }), std::logic_error);
  CHECK_THROWS_AS(server.files("/static", "no such folder"), std::invalid_argument);
  server.start();
  CHECK_THROWS_WITH(server.stream("/b/{topic}"), ContainsSubstring("before start()"));
}

TEST_CASE("server open: a stream without a socket", "[server]") {
  Broker broker;
  const auto topic = broker.topic("a b", vocabulary::Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}");
  auto stream = server.open({.target = "/jobs/a%20b"});
  CHECK(stream.wait_head().status == 200);
  CHECK(stream.take().find("event: snapshot\n") != std::string::npos);
  REQUIRE(topic.publish(vocabulary::Note{1}));
  CHECK(stream.take().find("event: note\ndata: {\"value\":1}\n\n") != std::string::npos);
  CHECK(server.open({.target = "/jobs/missing"}).wait_head().status == 404);
  CHECK(server.open({.target = "/nowhere"}).wait_head().status == 404);
}

TEST_CASE("server open: topics of the path, then of the query", "[server]") {
  Broker broker;
  Server server(broker, {.port = 0});
  std::vector<std::string> asked;
  server.stream("/jobs/{topic}", {.admit = [&](const Request& request) {
                  asked = request.topics;
                  return Admission::refuse(403, "no");
                }});
  CHECK(server.open({.target = "/jobs/a?topic=b,c&topic=d"}).wait_head().status == 403);
  CHECK(asked == std::vector<std::string>{"a", "b", "c", "d"});
}

TEST_CASE("server open: several topics in one segment of the path", "[server]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  std::vector<std::string> asked;
  server.stream("/jobs/{topics}/events", {.admit = [&](const Request& request) {
                  asked = request.topics;
                  return Admission::refuse(403, "no");
                }});
  CHECK(server.open({.target = "/jobs/a,b%20c,,a/events?topic=b,d"}).wait_head().status == 403);
  CHECK(asked == std::vector<std::string>{"a", "b c", "b", "d"});
}

TEST_CASE("server open: strangers are refused by a hook that answers later", "[server]") {
  Broker broker;
  (void)broker.topic("a");
  std::optional<std::thread> helper;
  Server server(broker, {.port = 0});
  server.stream("/live", {.admit = [&](Request request, Reply<Admission> reply) {
                  helper.emplace([request = std::move(request), reply] {
                    if (request.bearer() != "good") return reply(Admission::refuse(401, "sign in first"));
                    Admission admission;
                    admission.topics = request.topics;
                    reply(std::move(admission));
                  });
                }});
  CHECK(server.open({.target = "/live?topic=a"}).wait_head().status == 401);
  helper->join();
  Request request{.target = "/live?topic=a"};
  request.add_field("Authorization", "Bearer good");
  CHECK(server.open(request).wait_head().status == 200);
  helper->join();
}

TEST_CASE("server open: a hook that fails or forgets", "[server]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.stream("/throws", {.admit = [](const Request&) -> Admission { throw std::runtime_error("no"); }});
  server.stream("/forgets", {.admit = [](Request, Reply<Admission>) {}});
  const auto began = std::chrono::steady_clock::now();
  CHECK(server.open({.target = "/throws"}).wait_head().status == 500);
  CHECK(server.open({.target = "/forgets"}).wait_head().status == 503);
  CHECK(std::chrono::steady_clock::now() - began < fanfare::ServerOptions().hook_timeout);

  Server hasty(broker, {.port = 0, .hook_timeout = 20ms});
  std::optional<Reply<Admission>> kept;
  hasty.stream("/keeps", {.admit = [&](Request, Reply<Admission> reply) { kept = std::move(reply); }});
  CHECK(hasty.open({.target = "/keeps"}).wait_head().status == 503);
  (*kept)(Admission());  // too late, and nobody is hurt
}

TEST_CASE("server open: the first transport that wants a request serves it", "[server]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  const auto none = [](const Request&) { return std::unique_ptr<fanfare::Transport>(); };
  server.stream("/a", {.admit = [](const Request&) { return Admission{.topics = {"a"}}; },
                       .transports = {none, fanfare::sse({.retry = 7ms})}});
  server.stream("/b", {.admit = [](const Request&) { return Admission{.topics = {"a"}}; }, .transports = {none}});
  CHECK(server.open({.target = "/a"}).take() == "retry: 7\n\n");
  CHECK(server.open({.target = "/b"}).wait_head().status == 406);
}

TEST_CASE("server: it may be stopped, drained and waited for before it started", "[server]") {
  Broker broker;
  {
    Server stopped(broker, {.port = 0});
    stopped.stop();
    stopped.wait();
    stopped.start();
    stopped.wait();
  }
  Server drained(broker, {.port = 0});
  drained.drain(10s);
  drained.wait();
}

#if FANFARE_HAS_NO_THREADS
TEST_CASE("server: without a thread to be had it has stopped, and leaves nothing behind", "[server]") {
  const auto kept = std::make_shared<int>();
  {
    Broker broker;
    Server server(broker, {.port = 0});
    server.get("/", [kept](const Request&) { return Response::from({}); });
    {
      const NoThreads none;
      CHECK_THROWS_AS(server.start(), std::system_error);
    }
    server.wait();
  }
  CHECK(kept.use_count() == 1);
}
#endif

TEST_CASE("server: its broker may go first", "[server]") {
  auto broker = std::make_unique<Broker>();
  Server server(*broker, {.port = 0});
  server.stream("/jobs/{topic}");
  server.start();
  broker.reset();
  CHECK(server.open({.target = "/jobs/a"}).wait_head().status == 503);
}
