// A whole client against servers of raw bytes, which redirect it, put it off, fall silent, or say too much.
#include <fanfare/client/client.hpp>
#include <fanfare/error.hpp>

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/raw_server.hpp"

using fanfare::Client;
using fanfare::ClientOptions;
using fanfare::ClientTransport;
using fanfare::Condition;
using fanfare::Error;
using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

namespace {

const std::string stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const std::string over = "HTTP/1.1 204 No Content\r\n\r\n";

// Each connection gets the next of these answers, the last one again and again. After one that ends in a tab
// the server falls silent, else it closes.
class Answers {
 public:
  explicit Answers(std::vector<std::string> answers)
      : answers_(std::move(answers)), server_([this](raw::Peer& peer) {
          const std::string request = peer.read_until("\r\n\r\n");
          std::string answer;
          {
            const std::lock_guard lock(mutex_);
            answer = answers_[std::min(requests_.size(), answers_.size() - 1)];
            requests_.push_back(request);
            times_.push_back(Steady::now());
          }
          const bool falls_silent = answer.ends_with('\t');
          if (falls_silent) answer.pop_back();
          peer.write(answer);
          if (falls_silent) peer.wait_for_end();
        }) {}

  std::string url(const std::string& host = "127.0.0.1") const { return server_.url("http", host); }
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<Steady::time_point> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  const std::vector<std::string> answers_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<Steady::time_point> times_;
  raw::Server server_;
};

bool has(const std::string& request, std::string_view text) {
  return request.find(text) != request.npos;
}

ClientOptions quick() {
  ClientOptions options;
  options.transports = {ClientTransport::sse};
  options.backoff = {.base = 2ms, .cap = 10ms};
  options.give_up_after = 20s;
  return options;
}

struct Told {
  std::error_code result;
  std::vector<std::string> data;
  std::vector<std::error_code> lost;
};

Told follow(const std::string& url, ClientOptions options = quick()) {
  Told told;
  Client client(url, std::move(options));
  client.on_other([&](const fanfare::Event& event) { told.data.emplace_back(event.json()); });
  client.on_link([&](fanfare::Link link, std::error_code why) {
    if (link == fanfare::Link::waiting) told.lost.push_back(why);
  });
  told.result = client.run();
  return told;
}

}  // namespace

TEST_CASE("client: redirects are followed, and credentials stay with their origin", "[integration][client]") {
  Answers other({stream + "data: 1\nid: a\n\n", over});
  Answers near({"HTTP/1.1 307 Temporary Redirect\r\nLocation: /b?c=d\r\n\r\n",
                "HTTP/1.1 302 Found\r\nLocation: " + other.url() + "e\r\n\r\n"});
  ClientOptions options = quick();
  options.fields = {{"Authorization", "Bearer secret"}};
  const Told told = follow(near.url() + "a", options);
  CHECK_FALSE(told.result);
  CHECK(told.data == std::vector<std::string>{"1"});
  const auto asked = near.requests();
  REQUIRE(asked.size() >= 2);
  CHECK(has(asked[1], "GET /b?c=d"));
  for (const std::string& request : asked) CHECK(has(request, "Authorization: Bearer secret\r\n"));
  const auto asked_other = other.requests();
  REQUIRE(asked_other.size() == 2);
  CHECK(has(asked_other[0], "GET /e"));
  CHECK(has(asked_other[1], "Last-Event-ID: a\r\n"));
  for (const std::string& request : asked_other) CHECK_FALSE(has(request, "Authorization"));
}

TEST_CASE("client: it does not go round in circles, nor where it cannot", "[integration][client]") {
  Answers circle({"HTTP/1.1 301 Moved Permanently\r\nLocation: /again\r\n\r\n"});
  CHECK(follow(circle.url()).result == Error::too_many_redirects);
  CHECK(circle.requests().size() == 6);
  Answers astray({"HTTP/1.1 301 Moved Permanently\r\nLocation: ftp://example.org/\r\n\r\n"});
  CHECK(follow(astray.url()).result == Error::unsupported_scheme);
  Answers forged({"HTTP/1.1 301 Moved Permanently\r\nLocation: http://user@127.0.0.1/\r\n\r\n"});
  CHECK(follow(forged.url()).result == Error::invalid_host);
}

TEST_CASE("client: Retry-After is waited for", "[integration][client]") {
  Answers server({"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", over});
  CHECK_FALSE(follow(server.url()).result);
  const auto times = server.times();
  REQUIRE(times.size() == 2);
  CHECK(times[1] - times[0] >= 1s);
}

TEST_CASE("client: retry of the stream is waited for", "[integration][client]") {
  Answers server({stream + "retry: 150\n\ndata: 1\nid: a\n\n", over});
  CHECK_FALSE(follow(server.url()).result);
  const auto times = server.times();
  REQUIRE(times.size() == 2);
  CHECK(times[1] - times[0] >= 150ms);
}

TEST_CASE("client: a connection without a sign of life is left", "[integration][client]") {
  Answers server({stream + "data: 1\nid: a\n\n\t", over});
  ClientOptions options = quick();
  options.heartbeat = 200ms;
  const Told told = follow(server.url(), options);
  CHECK_FALSE(told.result);
  CHECK(told.data == std::vector<std::string>{"1"});
  CHECK(told.lost == std::vector<std::error_code>{Error::silent});
  const auto times = server.times();
  REQUIRE(times.size() == 2);
  CHECK(times[1] - times[0] >= 500ms);
}

TEST_CASE("client: where streams are held back the next transport is tried", "[integration][client]") {
  Answers server({"\t",
                  "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"events\":[],\"id\":\"a.1\"}",
                  over});
  ClientOptions options = quick();
  options.transports = {ClientTransport::sse, ClientTransport::long_poll};
  options.open_timeout = 1s;
  const Told told = follow(server.url(), options);
  CHECK_FALSE(told.result);
  CHECK(told.lost == std::vector<std::error_code>{Error::response_timeout});
  const auto asked = server.requests();
  REQUIRE(asked.size() == 3);
  CHECK(has(asked[0], "Accept: text/event-stream\r\n"));
  CHECK(has(asked[1], "Accept: application/json\r\n"));
}

TEST_CASE("client: half an event is none, and comes again", "[integration][client]") {
  Answers server({stream + "data: 1\nid: a\n\ndata: 2\nid: b\n", stream + "data: 2\nid: b\n\n", over});
  const Told told = follow(server.url());
  CHECK_FALSE(told.result);
  CHECK(told.data == std::vector<std::string>{"1", "2"});
  CHECK(has(server.requests()[1], "Last-Event-ID: a\r\n"));
}

TEST_CASE("client: what is larger than its limits is not held", "[integration][client]") {
  const std::string line = "data: " + std::string(200'000, 'x') + "\n\n";
  Answers server({stream + line, stream + "data: 1\nid: a\n\n", over});
  ClientOptions options = quick();
  options.max_event_bytes = 100'000;
  const Told told = follow(server.url(), options);
  CHECK_FALSE(told.result);
  CHECK(told.data == std::vector<std::string>{"1"});
  REQUIRE(told.lost.size() == 2);
  CHECK(told.lost[0] == Error::too_long);
}

TEST_CASE("client: statuses that no further try would change", "[integration][client]") {
  for (const auto& [line, expected] :
       {std::pair("401 Unauthorized", Error::unauthorized), std::pair("403 Forbidden", Error::forbidden),
        std::pair("404 Not Found", Error::unknown_topic), std::pair("410 Gone", Error::topic_expired)}) {
    Answers server({"HTTP/1.1 " + std::string(line) + "\r\nContent-Length: 0\r\n\r\n"});
    CHECK(follow(server.url()).result == expected);
    CHECK(server.requests().size() == 1);
  }
}

TEST_CASE("client: what is no HTTP is tried again, until it gives up", "[integration][client]") {
  Answers server({"SSH-2.0-OpenSSH_9.2\r\n"});
  ClientOptions options = quick();
  options.give_up_after = 1s;
  const Told told = follow(server.url(), options);
  CHECK(told.result == Error::malformed);
  CHECK(server.requests().size() >= 2);
}
