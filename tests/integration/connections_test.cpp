// Who is connected, and how many of them one address may be: over real sockets, on several loops.
#include <fanfare/asio.hpp>
#include <fanfare/server/server.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
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
using fanfare::ConnectionInfo;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using vocabulary::plain;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

using Rows = std::vector<ConnectionInfo>;

Admission to_session(const Request& request) {
  Admission admission;
  admission.topics = request.topics;
  admission.types = request.list("types");
  admission.audience = {"wants:all", "session:" + request.query("session"), "staff"};
  return admission;
}

/// Handlers that say who is connected, and who asks.
void mount(Server& server) {
  server.stream("/jobs/{topics}", {.admit = to_session});
  server.get("/status", [&server](const Request&) { return Response::json(server.connections()); });
  server.get("/peer", [](const Request& request) { return Response{200, "text/plain", request.peer, {}}; });
}

class Lines final : public fanfare::Format {
  void encode(const fanfare::Event& event, std::string& out) const override { out.append(event.json()) += '\n'; }
};

/// A transport of the host's.
class Ndjson final : public fanfare::Transport {
  Response head() const override { return {.content_type = "application/x-ndjson"}; }
  const fanfare::Format& format() const noexcept override {
    static const Lines lines;
    return lines;
  }
};

using Watchers = std::vector<std::unique_ptr<http::Watcher>>;

void add_watchers(Watchers& watchers, const Server& server, int count, std::string_view fields = {}) {
  for (int i = 0; i < count; ++i) {
    watchers.push_back(std::make_unique<http::Watcher>(server.port(), "/jobs/a", fields));
    CHECK(watchers.back()->next()->type == "snapshot");
  }
}

/// Whether it says without waiting that nobody is connected. A machine that is busy is slow some of the time.
bool nobody_at_once(Server& server) {
  for (int tries = 0; tries < 20; ++tries) {
    const auto began = Clock::now();
    if (!server.connections().empty()) return false;
    if (Clock::now() - began < 500ms) return true;
  }
  return false;
}

/// The status of a request for a stream.
int status(const Server& server, std::string_view forwarded_for) {
  http::Client client(server.port());
  return client.get("/jobs/a", "X-Forwarded-For: " + std::string(forwarded_for) + "\r\n").head().status;
}

}  // namespace

TEST_CASE("connections: each stream is listed with what it is", "[integration][connections]") {
  Broker broker;
  (void)broker.topic("a", vocabulary::Tally{});
  const auto b = broker.topic("b", vocabulary::Tally{});
  Server server(broker, {.port = 0, .shards = 2});
  mount(server);
  server.start();
  const auto before = std::chrono::system_clock::now();
  http::Watcher first(server.port(), "/jobs/a,b?session=s1&types=note,done&token=secret");
  CHECK(first.next());
  http::Watcher second(server.port(), "/jobs/a?session=s2");
  CHECK(second.next());
  http::Client idle(server.port());
  CHECK(idle.get("/peer").answer().body == "127.0.0.1");

  const auto rows = server.connections();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].peer == "127.0.0.1");
  CHECK(rows[0].session == "s1");
  CHECK(rows[1].session == "s2");
  CHECK(rows[0].path == "/jobs/a,b");
  CHECK(rows[0].transport == "sse");
  CHECK(rows[0].topics == std::vector<std::string>{"a", "b"});
  CHECK(rows[0].types == std::vector<std::string>{"done", "note"});
  CHECK(rows[0].audience == std::vector<std::string>{"session:s1", "staff", "wants:all"});
  CHECK_FALSE(rows[0].id.empty());
  CHECK(rows[0].id != rows[1].id);
  CHECK(rows[0].queue_depth == 0);
  CHECK_FALSE(rows[0].behind);
  CHECK(rows[0].created >= before);
  CHECK(rows[0].last_write >= rows[0].created);
  CHECK(rows[0].last_write <= std::chrono::system_clock::now() + 1ms);
  CHECK(server.connections()[0].last_write == rows[0].last_write);
  CHECK(rows[1].created >= rows[0].created);

  const auto since = std::chrono::system_clock::now();
  REQUIRE(b.publish(vocabulary::Note{1}));
  while (first.next()->type != "note") {
  }
  CHECK(eventually([&] { return server.connections()[0].last_write >= since - 1ms; }));
  CHECK(server.connections()[1].last_write < since);
}

TEST_CASE("connections: they are listed as long as their streams last", "[integration][connections]") {
  Broker broker;
  auto topic = broker.topic("a", vocabulary::Tally{});
  Server server(broker, {.port = 0});
  mount(server);
  CHECK(server.connections().empty());  // not started: nobody answers, and nobody waits
  server.start();
  CHECK(server.connections().empty());
  auto leaves = std::make_unique<http::Watcher>(server.port(), "/jobs/a");
  http::Watcher stays(server.port(), "/jobs/a");
  CHECK(stays.next());
  CHECK(server.connections().size() == 2);
  leaves.reset();
  CHECK(eventually([&] { return server.connections().size() == 1; }));
  REQUIRE(topic.finish(fanfare::Done{}));
  (void)stays.all();
  CHECK(eventually([&] { return server.connections().empty(); }));
  server.stop();
  server.wait();
  CHECK(nobody_at_once(server));
}

TEST_CASE("connections: a transport of the host's is named by its content type", "[integration][connections]") {
  Broker broker;
  (void)broker.topic("a");
  Server server(broker, {.port = 0});
  const auto ndjson = [](const Request&) -> std::unique_ptr<fanfare::Transport> {
    return std::make_unique<Ndjson>();
  };
  server.stream("/jobs/{topic}", {.transports = {ndjson}});
  server.start();
  http::Client client(server.port());
  CHECK(client.get("/jobs/a").head().status == 200);
  const auto rows = server.connections();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].transport == "application/x-ndjson");
  CHECK(rows[0].session.empty());
}

TEST_CASE("connections: who does not keep up is behind, by so many events", "[integration][connections]") {
  constexpr int count = 200;
  Broker broker;
  const auto topic = broker.topic("a", {.max_history_bytes = 64 << 20});
  Server server(broker, {.port = 0});
  mount(server);
  server.start();
  http::Watcher quick(server.port(), "/jobs/a?session=quick"),
      slow(server.port(), "/jobs/a?session=slow", "", 4096);
  CHECK(eventually([&] { return server.connections().size() == 2; }));
  const std::string large = '"' + std::string(64 << 10, 'x') + '"';
  for (int i = 0; i < count; ++i) REQUIRE(topic.publish(plain("large", large)));
  for (int i = 0; i < count; ++i) CHECK(quick.next()->type == "large");

  const auto row_of = [&server](std::string_view session) {
    const auto rows = server.connections();
    const auto found =
        std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.session == session; });
    return found == rows.end() ? ConnectionInfo() : *found;
  };
  CHECK(eventually([&] { return row_of("slow").behind; }));
  const auto behind = row_of("slow"), ahead = row_of("quick");
  CHECK(behind.queue_depth > 50);
  CHECK(behind.queue_depth < count);
  CHECK(ahead.queue_depth == 0);
  CHECK_FALSE(ahead.behind);
  for (int i = 0; i < count; ++i) CHECK(slow.next()->type == "large");
  CHECK(eventually([&] { return !row_of("slow").behind; }));
  CHECK(row_of("slow").queue_depth == 0);
  CHECK(row_of("slow").last_write > behind.last_write);
}

TEST_CASE("connections: hooks on several loops that ask at once all get everybody",
          "[integration][connections]") {
  constexpr int watching = 24, rounds = 100;
  Broker broker;
  const auto topic = broker.topic("a", vocabulary::Tally{});
  std::mutex mutex;
  std::set<std::thread::id> loops;
  Server server(broker, {.port = 0, .shards = 4});
  mount(server);
  server.get("/count", [&](const Request&) {
    {
      const std::lock_guard lock(mutex);
      loops.insert(std::this_thread::get_id());
    }
    return Response{200, "text/plain", std::to_string(server.connections().size()), {}};
  });
  server.start();
  Watchers watchers;
  add_watchers(watchers, server, watching);

  // The kernel deals connections out to the loops; ask on so many that several loops are asked.
  std::vector<std::unique_ptr<http::Client>> clients;
  const auto loops_asked = [&] {
    const std::lock_guard lock(mutex);
    return loops.size();
  };
  while (clients.size() < 6 || (loops_asked() < 2 && clients.size() < 100)) {
    clients.push_back(std::make_unique<http::Client>(server.port()));
    CHECK(clients.back()->get("/count").answer().body == std::to_string(watching));
  }
  REQUIRE(loops_asked() >= 2);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (const auto& client : clients) {
      threads.emplace_back([&wrong, &client] {
        for (int i = 0; i < rounds && wrong == 0; ++i)
          wrong += client->get("/count").answer().body != std::to_string(watching);
      });
    }
    // Meanwhile delivery goes on, and threads ask that are no loops.
    threads.emplace_back([&] {
      for (int i = 0; i < rounds && wrong == 0; ++i)
        wrong += server.connections().size() != watching || topic.publish(vocabulary::Note{i}).error;
    });
  }
  REQUIRE(wrong == 0);
  for (const auto& watcher : watchers) {
    for (int i = 0; i < rounds; ++i) CHECK(watcher->next()->data == "{\"value\":" + std::to_string(i) + "}");
  }
}

TEST_CASE("connections: a loop that is blocked is waited for a second, and its streams are left out",
          "[integration][connections]") {
  Broker broker;
  (void)broker.topic("a", vocabulary::Tally{});
  std::atomic<bool> blocked{false}, free{false};
  Server server(broker, {.port = 0});
  mount(server);
  server.get("/block", [&](const Request&) {
    blocked = true;
    while (!free) std::this_thread::yield();
    return Response::from({});
  });
  server.start();
  http::Watcher watcher(server.port(), "/jobs/a");
  CHECK(watcher.next());
  http::Client client(server.port());
  client.get("/block");
  CHECK(eventually([&] { return blocked.load(); }));
  const auto began = Clock::now();
  CHECK(server.connections().empty());
  CHECK(Clock::now() - began >= 1s);
  free = true;
  CHECK(client.answer().status == 204);
  CHECK(server.connections().size() == 1);
}

TEST_CASE("connections: on the host's loop, asked by its hooks and by other threads",
          "[integration][connections]") {
  asio::io_context io(1);
  Broker broker;
  (void)broker.topic("a", vocabulary::Tally{});
  Server server(broker, {.port = 0, .loop = fanfare::on(io)});
  mount(server);
  server.start();
  {
    CHECK(nobody_at_once(server));  // its loop does not run yet
    std::jthread loop([&] { io.run(); });
    http::Watcher watcher(server.port(), "/jobs/a?session=x");
    CHECK(watcher.next());
    const auto rows = fanfare::from_json<Rows>(http::get(server.port(), "/status").body);
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    CHECK(rows->front().session == "x");
    CHECK(server.connections().size() == 1);
    server.stop();
  }
}

// ---- limits ----------------------------------------------------------------------------------------

TEST_CASE("limits: an address gets so many connections, and 429 for more", "[integration][limits]") {
  std::atomic<int> lines{0};
  Broker broker({.log = [&](fanfare::Level level, std::string_view line) {
    if (level == fanfare::Level::info && line.find("max_connections_per_address is 2") != line.npos) ++lines;
  }});
  Server server(broker, {.port = 0, .shards = 2, .max_connections_per_address = 2});
  mount(server);
  server.start();
  {
    http::Client one(server.port()), two(server.port());
    CHECK(one.get("/peer").answer().status == 200);
    CHECK(two.get("/peer").answer().status == 200);
    for (int i = 0; i < 20; ++i) {
      http::Client three(server.port());
      three.get("/peer");
      const auto refused = three.answer();
      CHECK(refused.status == 429);  // RFC 6585 sec. 4
      const int after = std::stoi(refused.field("Retry-After"));
      CHECK(after >= 1);
      CHECK(after <= 10);
      CHECK(refused.field("Connection") == "close");
      CHECK(three.rest().empty());
    }
    CHECK(one.get("/peer").answer().status == 200);
    CHECK(lines == 1);  // not one for each
  }
  CHECK(eventually([&] { return http::get(server.port(), "/peer").status == 200; }));
}

TEST_CASE("limits: a flood of refused connections leaves room for others", "[integration][limits]") {
  Broker broker;
  Server server(broker, {.port = 0, .max_connections = 3, .max_connections_per_address = 2});
  mount(server);
  server.start();
  http::Client one(server.port()), two(server.port());
  CHECK(one.get("/peer").answer().status == 200);
  CHECK(two.get("/peer").answer().status == 200);
  std::vector<std::unique_ptr<http::Client>> flood;
  for (int i = 0; i < 300; ++i) flood.push_back(std::make_unique<http::Client>(server.port()));
  for (const auto& client : flood) CHECK(client->answer().status == 429);  // not 503
  CHECK(two.get("/peer").answer().status == 200);
}

TEST_CASE("limits: behind a trusted proxy they are those of its clients' streams", "[integration][limits]") {
  Broker broker;
  (void)broker.topic("a", vocabulary::Tally{});
  Server server(broker, {.port = 0, .max_connections_per_address = 2, .trusted_proxies = {"127.0.0.0/8"}});
  mount(server);
  server.start();
  Watchers watchers;
  add_watchers(watchers, server, 2, "X-Forwarded-For: 203.0.113.1\r\n");
  add_watchers(watchers, server, 2, "X-Forwarded-For: 2001:db8:0:1::1\r\n");
  add_watchers(watchers, server, 4);  // the proxy for itself
  std::vector<std::string> peers;
  for (const auto& row : server.connections()) peers.push_back(row.peer);
  CHECK(peers == std::vector<std::string>{"203.0.113.1", "203.0.113.1", "2001:db8:0:1::1", "2001:db8:0:1::1",
                                          "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"});
  CHECK(status(server, "203.0.113.1") == 429);
  CHECK(status(server, "198.51.100.1, 203.0.113.1") == 429);
  CHECK(status(server, "2001:db8:0:1::2") == 429);  // by /64
  CHECK(status(server, "203.0.113.2") == 200);
  CHECK(status(server, "2001:db8:0:2::1") == 200);

  http::Client client(server.port());
  client.get("/jobs/a", "X-Forwarded-For: 203.0.113.1\r\n");
  const auto refused = client.answer();
  CHECK(refused.status == 429);
  CHECK_FALSE(refused.field("Retry-After").empty());
  CHECK(client.rest().empty());
  // What is no stream is not counted.
  for (int i = 0; i < 5; ++i)
    CHECK(http::get(server.port(), "/peer", "X-Forwarded-For: 203.0.113.1\r\n").body == "203.0.113.1");

  watchers.erase(watchers.begin());
  CHECK(eventually([&] { return status(server, "203.0.113.1") == 200; }));
}

TEST_CASE("limits: a stream that ends gives its place back, though its connection lingers",
          "[integration][limits]") {
  Broker broker;
  auto topic = broker.topic("short", vocabulary::Tally{});
  Server server(broker, {.port = 0, .max_connections_per_address = 1, .trusted_proxies = {"127.0.0.1"}});
  mount(server);
  server.start();
  const std::string fields = "X-Forwarded-For: 203.0.113.1\r\n";
  for (int i = 0; i < 3; ++i) {  // answered without a stream
    CHECK(http::get(server.port(), "/jobs/missing", fields).status == 404);
  }
  http::Watcher ends(server.port(), "/jobs/short", fields);
  REQUIRE(topic.finish(fanfare::Done{}));
  (void)ends.all();
  (void)broker.topic("a", vocabulary::Tally{});
  CHECK(eventually([&] { return status(server, "203.0.113.1") == 200; }, 1s));
}

TEST_CASE("limits: forwarded addresses count only from trusted proxies", "[integration][limits]") {
  Broker broker;
  Server server(broker, {.port = 0, .trusted_proxies = {"10.0.0.0/8"}});
  mount(server);
  server.start();
  CHECK(http::get(server.port(), "/peer", "X-Forwarded-For: 203.0.113.1\r\n").body == "127.0.0.1");
}

TEST_CASE("limits: an IPv4 client of a listener for both is its IPv4 address", "[integration][limits]") {
  Broker broker;
  std::unique_ptr<Server> server;
  try {
    server = std::make_unique<Server>(
        broker, fanfare::ServerOptions{.port = 0, .address = "::", .max_connections_per_address = 1});
  } catch (const std::system_error&) {
    return;  // no IPv6 here
  }
  mount(*server);
  server->start();
  http::Client client(server->port());
  CHECK(client.get("/peer").answer().body == "127.0.0.1");
  CHECK(http::Client(server->port()).answer().status == 429);
}

TEST_CASE("streams: a segment of the path names several topics", "[integration][streams]") {
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b c");
  Server server(broker, {.port = 0});
  server.stream("/jobs/{topics}/events");
  server.start();
  http::Watcher watcher(server.port(), "/jobs/a,b%20c,,a/events");
  CHECK(eventually([&] { return server.connections().size() == 1; }));
  CHECK(server.connections()[0].topics == std::vector<std::string>{"a", "b c"});
  REQUIRE(a.publish(plain("one")));
  REQUIRE(b.publish(plain("two")));
  std::vector<std::string> types;
  while (types.size() < 3) types.push_back(watcher.next()->type);
  CHECK(types == std::vector<std::string>{"synced", "one", "two"});
}
