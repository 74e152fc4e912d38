// Hooks that answer at once, later, never, twice, too late, or throw.
#include <fanfare/server/server.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::BrokerOptions;
using fanfare::Reply;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using namespace std::chrono_literals;

namespace {

/// Replies that a hook left for the test to give.
template <class T>
class Waiting {
 public:
  void add(Reply<T> reply) {
    const std::lock_guard lock(mutex_);
    replies_.push_back(std::move(reply));
    came_.notify_all();
  }
  Reply<T> take() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, http::patience, [&] { return !replies_.empty(); })) throw http::Failure("nobody asked");
    Reply<T> reply = std::move(replies_.front());
    replies_.erase(replies_.begin());
    return reply;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Reply<T>> replies_;
};

Admission to(std::string topic) {
  Admission admission;
  admission.topics = {std::move(topic)};
  return admission;
}
Response text(std::string body) { return {200, "text/plain", std::move(body), {}}; }

struct NotAnException {};

}  // namespace

TEST_CASE("hooks: a handler sees the whole request", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0});
  std::vector<Request> seen;
  server.post("/a/{b}", [&](const Request& request) { return seen.push_back(request), Response::from({}); });
  server.start();
  http::Client client(server.port());
  for (int i = 0; i < 2; ++i) (void)client.post("/a/x%20y?q=1", "body", "X-Tag: t\r\n").answer();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].target == "/a/x%20y?q=1");
  CHECK(seen[0].param("b") == "x y");
  CHECK(seen[0].query("q") == "1");
  CHECK(seen[0].field("x-tag") == "t");
  CHECK(seen[0].body == "body");
  CHECK(seen[0].peer == "127.0.0.1");
  CHECK(seen[0].http_minor == 1);
  CHECK_FALSE(seen[0].id.empty());
  CHECK(seen[0].id != seen[1].id);
}

TEST_CASE("hooks: a handler answers later from another thread", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0});
  Waiting<Response> waiting;
  server.get("/later", [&](Request, Reply<Response> reply) { waiting.add(std::move(reply)); });
  server.get("/now", [](const Request&) { return text("now"); });
  server.start();
  http::Client client(server.port());
  client.get("/later").get("/now");
  const auto reply = waiting.take();
  CHECK(http::get(server.port(), "/now").body == "now");  // nobody else waits
  std::thread([reply] { reply(text("later")); }).join();
  CHECK(client.answer().body == "later");
  CHECK(client.answer().body == "now");
}

TEST_CASE("hooks: the first of two answers counts", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0});
  server.get("/twice", [](Request, Reply<Response> reply) { reply(text("one")), reply(text("two")); });
  server.start();
  http::Client client(server.port());
  for (int i = 0; i < 3; ++i) CHECK(client.get("/twice").answer().body == "one");
}

TEST_CASE("hooks: no answer in time is 503, and a late one is dropped", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0, .hook_timeout = 100ms});
  Waiting<Response> responses;
  Waiting<Admission> admissions;
  server.get("/later", [&](Request, Reply<Response> reply) { responses.add(std::move(reply)); });
  server.get("/now", [](const Request&) { return text("now"); });
  server.stream("/live/{topic}", {.admit = [&](Request, Reply<Admission> reply) { admissions.add(std::move(reply)); }});
  server.start();
  for (const std::string_view path : {"/later", "/live/a"}) {
    http::Client client(server.port());
    CHECK(client.get(path).answer().status == 503);
    if (path == "/later") responses.take()(text("too late"));
    else admissions.take()(to("a"));
    CHECK(client.get("/now").answer().body == "now");
  }
}

TEST_CASE("hooks: one that forgets its reply is 503 at once", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0});
  server.get("/forgets", [](Request, Reply<Response>) {});
  server.stream("/live/{topic}", {.admit = [](Request, Reply<Admission>) {}});
  server.start();
  http::Client client(server.port());
  CHECK(client.get("/forgets").answer().status == 503);
  CHECK(client.get("/live/a").answer().status == 503);
}

TEST_CASE("hooks: whatever one throws is a 500 and a line in the log", "[integration][hooks]") {
  std::mutex mutex;
  std::string log;
  Broker broker(BrokerOptions{.log = [&](fanfare::Level level, std::string_view line) {
    const std::lock_guard lock(mutex);
    if (level == fanfare::Level::error) log += std::string(line) + "\n";
  }});
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  server.get("/throws", [](const Request&) -> Response { throw std::runtime_error("secret detail"); });
  server.get("/odd", [](const Request&) -> Response { throw NotAnException(); });
  server.stream("/live/{topic}", {.admit = [](const Request&) -> Admission { throw std::runtime_error("secret detail"); }});
  server.stream("/odd/{topic}", {.admit = [](const Request&) -> Admission { throw NotAnException(); }});
  server.stream("/transport/{topic}",
                {.transports = {[](const Request&) -> std::unique_ptr<fanfare::Transport> { throw std::runtime_error("secret detail"); }}});
  server.start();
  http::Client client(server.port());
  for (const std::string_view path : {"/throws", "/odd", "/live/a", "/odd/a", "/transport/a"}) {
    INFO(path);
    const auto answer = client.get(path).answer();
    CHECK(answer.status == 500);
    CHECK(answer.body.find("secret") == std::string::npos);
  }
  const std::lock_guard lock(mutex);
  for (const std::string_view path : {"/throws", "/odd", "/live/{topic}", "/transport/{topic}"}) CHECK(log.find(path) != std::string::npos);
  CHECK(log.find("secret detail") != std::string::npos);
}

TEST_CASE("hooks: a handler whose answer cannot be sent is a 500", "[integration][hooks]") {
  Broker broker;
  Server server(broker, {.port = 0});
  server.get("/forged", [](const Request& request) { return Response{200, "text/plain", "x", {{"X", request.query("x")}}}; });
  server.start();
  http::Client client(server.port());
  CHECK(client.get("/forged?x=fine").answer().field("X") == "fine");
  const auto answer = client.get("/forged?x=a%0d%0aSet-Cookie:%20b").answer();
  CHECK(answer.status == 500);
  CHECK(answer.field("Set-Cookie").empty());
}

TEST_CASE("hooks: a client that left before the answer", "[integration][hooks]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  Waiting<Response> responses;
  Waiting<Admission> admissions;
  server.get("/later", [&](Request, Reply<Response> reply) { responses.add(std::move(reply)); });
  server.stream("/live/{topic}", {.admit = [&](Request, Reply<Admission> reply) { admissions.add(std::move(reply)); }});
  server.get("/now", [](const Request&) { return text("now"); });
  server.start();
  for (int i = 0; i < 20; ++i) {
    http::Client handler(server.port()), watcher(server.port());
    handler.get("/later");
    watcher.get("/live/a");
    const auto response = responses.take();
    const auto admission = admissions.take();
    if (i % 2 == 0) handler.close(), watcher.close();
    else handler.reset(), watcher.reset();
    response(text("to nobody"));
    admission(to("a"));
  }
  CHECK(http::get(server.port(), "/now").body == "now");
}

TEST_CASE("hooks: an answer after the server has gone", "[integration][hooks]") {
  Broker broker;
  (void)broker.topic("a");
  Waiting<Response> responses;
  Waiting<Admission> admissions;
  std::optional<Server> server;
  server.emplace(broker, fanfare::ServerOptions{.port = 0});
  server->get("/later", [&](Request, Reply<Response> reply) { responses.add(std::move(reply)); });
  server->stream("/live/{topic}", {.admit = [&](Request, Reply<Admission> reply) { admissions.add(std::move(reply)); }});
  server->start();
  http::Client handler(server->port()), watcher(server->port());
  handler.get("/later");
  watcher.get("/live/a");
  const auto response = responses.take();
  const auto admission = admissions.take();
  server->stop();
  server.reset();
  response(text("to nobody"));
  admission(to("a"));
  CHECK(handler.rest().empty());
  CHECK(watcher.rest().empty());
}

TEST_CASE("hooks: an admission given later opens the stream", "[integration][hooks]") {
  Broker broker;
  const auto topic = broker.topic("a", vocabulary::Tally{});
  Server server(broker, {.port = 0});
  Waiting<Admission> admissions;
  server.stream("/live", {.admit = [&](Request, Reply<Admission> reply) { admissions.add(std::move(reply)); }});
  server.start();
  http::Client client(server.port());
  client.get("/live");
  auto admission = to("a");
  admission.greeting = vocabulary::plain("connected", R"({"hello":true})");
  const auto reply = admissions.take();
  std::thread([&] { reply(std::move(admission)); }).join();
  CHECK(client.head().status == 200);
  REQUIRE(topic.finish(fanfare::Done{}));
  const std::string rest = client.rest();
  CHECK(rest.find("event: connected\ndata: {\"hello\":true}\n\n") < rest.find("event: snapshot\n"));
  CHECK(rest.find("event: done\n") != rest.npos);
}
