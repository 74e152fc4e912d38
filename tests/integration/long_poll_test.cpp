// Long-poll over real sockets: waits, chains, keep-alive, and clients that leave.
#include <fanfare/server/server.hpp>
#include <fanfare/transport/long_poll.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/curl.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/seeds.hpp"
#include "support/vocabulary.hpp"

using fanfare::Broker;
using fanfare::long_poll;
using fanfare::LongPollOptions;
using fanfare::Server;
using vocabulary::Note;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

struct House {
  explicit House(LongPollOptions options = {}, fanfare::TransportFactory transport = {}) {
    server.stream("/jobs/{topics}", {.transports = {transport ? transport : long_poll(options)}});
    server.start();
  }
  Broker broker;
  Server server{broker, {.port = 0}};
  std::string url(const std::string& target) const {
    return "http://127.0.0.1:" + std::to_string(server.port()) + target;
  }
};

std::string id_of(const std::string& body) {
  const auto at = body.rfind("],\"id\":\"");
  if (at == body.npos) throw http::Failure("no id: " + body);
  return body.substr(at + 8, body.size() - at - 8 - 2);
}
std::vector<int> values(const std::string& body) {
  std::vector<int> all;
  for (auto at = body.find("\"value\":"); at != body.npos; at = body.find("\"value\":", at + 1)) {
    all.push_back(std::stoi(body.substr(at + 8)));
  }
  return all;
}

/// Says how many of its kind there are.
class Counted final : public fanfare::Transport {
 public:
  Counted(std::unique_ptr<Transport> inner, std::shared_ptr<std::atomic<int>> count)
      : inner_(std::move(inner)), count_(std::move(count)) {
    ++*count_;
  }
  ~Counted() override { --*count_; }
  fanfare::Response head() const override { return inner_->head(); }
  const fanfare::Format& format() const noexcept override { return inner_->format(); }
  std::optional<std::chrono::milliseconds> gathers_for() const noexcept override { return inner_->gathers_for(); }
  fanfare::Response answer(const fanfare::Gathered& gathered) const override { return inner_->answer(gathered); }

 private:
  const std::unique_ptr<Transport> inner_;
  const std::shared_ptr<std::atomic<int>> count_;
};

fanfare::TransportFactory counted(std::shared_ptr<std::atomic<int>> count) {
  return [count, inner = long_poll()](const fanfare::Request& request) -> std::unique_ptr<fanfare::Transport> {
    return std::make_unique<Counted>(inner(request), count);
  };
}

}  // namespace

TEST_CASE("long-poll: a publish answers who waits, and the connection stays", "[integration][long_poll]") {
  const auto waiting = std::make_shared<std::atomic<int>>(0);
  House house({}, counted(waiting));
  const auto topic = house.broker.topic("a");
  http::Client client(house.server.port());
  std::string id = topic.publish(Note{0}).position.str();
  for (int i = 1; i <= 3; ++i) {
    client.get("/jobs/a?since=" + id);
    REQUIRE(eventually([&] { return *waiting == 1; }));
    CHECK_FALSE(client.read_some());
    REQUIRE(topic.publish(Note{i}));
    const auto answer = client.answer();
    CHECK(answer.status == 200);
    CHECK(answer.field("Content-Type") == "application/json");
    CHECK(answer.field("Connection").empty());
    CHECK(answer.field("Date").size() == 29);
    CHECK(values(answer.body) == std::vector<int>{i});
    id = id_of(answer.body);
    REQUIRE(eventually([&] { return *waiting == 0; }));
  }
}

TEST_CASE("long-poll: requests that were sent ahead are answered in turn", "[integration][long_poll]") {
  House house({.wait = 1s});
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  http::Client client(house.server.port());
  client.get("/jobs/a?since=" + id).get("/jobs/nowhere").get("/jobs/a");
  const auto first = client.answer();
  CHECK(first.status == 200);
  CHECK(first.body == "{\"events\":[],\"id\":\"" + id + "\"}");
  CHECK(client.answer().status == 404);
  CHECK(client.answer().status == 200);
  // Sent while the first waits, which the server notices.
  client.get("/jobs/a?since=" + id);
  REQUIRE(topic.publish(Note{1}));
  client.get("/jobs/nowhere");
  CHECK(values(client.answer().body) == std::vector<int>{1});
  CHECK(client.answer().status == 404);
}

TEST_CASE("long-poll: a wait that runs out", "[integration][long_poll]") {
  House house;
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  const auto began = std::chrono::steady_clock::now();
  const auto answer = http::get(house.server.port(), "/jobs/a?wait=0.3&since=" + id);
  CHECK(std::chrono::steady_clock::now() - began >= 300ms);
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"events\":[],\"id\":\"" + id + "\"}");
}

TEST_CASE("long-poll: a chain of answers misses nothing and repeats nothing", "[integration][long_poll]") {
  House house;
  const auto topic = house.broker.topic("a");
  std::string id = topic.publish(Note{0}).position.str();
  constexpr int count = 200;
  std::atomic<int> taken = 0;
  std::thread publisher([&] {
    Random random(7);
    for (int i = 1; i <= count; ++i) {
      if (i == count / 2) taken.wait(0);  // so that one answer cannot have all
      if (random.one_in(3)) std::this_thread::yield();
      (void)topic.publish(Note{i});
    }
    (void)topic.finish(fanfare::Done{});
  });
  http::Client client(house.server.port());
  std::vector<int> got, expected;
  int answers = 0;
  for (;;) {
    const auto answer = client.get("/jobs/a?since=" + id).answer();
    if (answer.status == 204) break;
    REQUIRE(answer.status == 200);
    ++answers;
    for (const int value : values(answer.body)) got.push_back(value);
    id = id_of(answer.body);
    taken = answers;
    taken.notify_one();
  }
  publisher.join();
  for (int i = 1; i <= count; ++i) expected.push_back(i);
  CHECK(got == expected);
  CHECK(answers > 1);
}

TEST_CASE("long-poll: curl gets the state, 304, and 204 after the end", "[integration][long_poll]") {
  if (!curl::available()) return;
  House house;
  const auto topic = house.broker.topic("a", Tally{});
  const std::string id = topic.publish(Note{5}).position.str();
  const std::string code = " -o /dev/null -w '%{http_code}'";
  const auto fresh = curl::run("-i " + house.url("/jobs/a"));
  CHECK(fresh.output.find("ETag: \"" + id + "\"") != fresh.output.npos);
  CHECK(fresh.output.find("\"sum\":5") != fresh.output.npos);
  CHECK(curl::run("-H 'If-None-Match: \"" + id + "\"' " + house.url("/jobs/a") + code).output == "304");
  CHECK(curl::run("-H 'If-None-Match: W/\"x\"' " + house.url("/jobs/a") + code).output == "200");
  CHECK(curl::run("-H 'Accept: text/event-stream' " + house.url("/jobs/a") + code).output == "406");
  const std::string end = topic.finish(fanfare::Done{}).position.str();
  CHECK(curl::run(house.url("/jobs/a?since=" + end) + code).output == "204");
  CHECK(curl::run(house.url("/jobs/a?since=" + id)).output.find("\"done\"") != std::string::npos);
}

TEST_CASE("long-poll: a client that leaves while it waits leaves nothing behind", "[integration][long_poll]") {
  const auto waiting = std::make_shared<std::atomic<int>>(0);
  House house({}, counted(waiting));
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  for (const bool reset : {false, true}) {
    http::Client client(house.server.port());
    client.get("/jobs/a?since=" + id);
    REQUIRE(eventually([&] { return *waiting == 1; }));
    if (reset) client.reset();
    else client.close();
    CHECK(eventually([&] { return *waiting == 0; }));
  }
  REQUIRE(topic.publish(Note{1}));
  CHECK(values(http::get(house.server.port(), "/jobs/a?since=" + id).body) == std::vector<int>{1});
}

TEST_CASE("long-poll: fifty who wait are all answered by one publish", "[integration][long_poll]") {
  const auto waiting = std::make_shared<std::atomic<int>>(0);
  House house({}, counted(waiting));
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  std::vector<std::unique_ptr<http::Client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<http::Client>(house.server.port()));
    clients.back()->get("/jobs/a?since=" + id);
  }
  REQUIRE(eventually([&] { return *waiting == 50; }));
  const auto encoded = house.broker.metrics().images_encoded;
  const std::string last = topic.publish(Note{1}).position.str();
  for (const auto& client : clients) {
    const auto answer = client->answer();
    CHECK(values(answer.body) == std::vector<int>{1});
    CHECK(id_of(answer.body) == last);
  }
  CHECK(house.broker.metrics().images_encoded == encoded + 1);
}

TEST_CASE("long-poll: a drain answers who waits, and ends the connection", "[integration][long_poll]") {
  const auto waiting = std::make_shared<std::atomic<int>>(0);
  House house({}, counted(waiting));
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  http::Client client(house.server.port());
  client.get("/jobs/a?since=" + id);
  REQUIRE(eventually([&] { return *waiting == 1; }));
  house.server.drain(100ms);
  const auto answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(answer.body == "{\"events\":[],\"id\":\"" + id + "\"}");
  CHECK(client.rest().empty());
  house.server.wait();
}

TEST_CASE("long-poll: closing the broker answers 503", "[integration][long_poll]") {
  const auto waiting = std::make_shared<std::atomic<int>>(0);
  House house({}, counted(waiting));
  const auto topic = house.broker.topic("a");
  const std::string id = topic.publish(Note{0}).position.str();
  http::Client client(house.server.port());
  client.get("/jobs/a?since=" + id);
  REQUIRE(eventually([&] { return *waiting == 1; }));
  house.broker.close();
  CHECK(client.answer().status == 503);
}

TEST_CASE("long-poll: beside event streams at one address it serves who asks for JSON", "[integration][long_poll]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topic}", {.transports = {fanfare::sse(), long_poll()}});
  server.stream("/state/{topic}", {.transports = {long_poll({.state_only = true})}});
  server.start();
  REQUIRE(topic.publish(Note{5}));
  CHECK(http::Client(server.port()).get("/jobs/a").head().field("Content-Type") == "text/event-stream; charset=utf-8");
  const auto answer = http::get(server.port(), "/jobs/a", "Accept: application/json\r\n");
  CHECK(answer.field("Content-Type") == "application/json");
  CHECK(answer.field("Vary") == "Accept");
  CHECK(http::get(server.port(), "/state/a").body == "{\"notes\":1,\"sum\":5,\"meters\":{},\"end\":\"\"}");
}
