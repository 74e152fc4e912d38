// Servers on several loops, on a loop of the host's, and hosts with loops or threads of their own.
#include <fanfare/asio.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/server/server.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
using fanfare::http1;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using fanfare::sse;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

/// Does something on the way out, so that a thread can be joined whatever a check throws.
template <class Function>
class Finally {
 public:
  explicit Finally(Function function) : function_(std::move(function)) {}
  ~Finally() { function_(); }
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;

 private:
  Function function_;
};

/// A listening socket of the host's own.
class Listener {
 public:
  Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 64) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw http::Failure("cannot listen");
    }
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int descriptor() const { return socket_; }
  std::uint16_t port() const { return port_; }
  /// -1 when it was shut down.
  int accept() const { return ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC); }
  void shut_down() const { ::shutdown(socket_, SHUT_RDWR); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// Reads a request as a toy server would.
Request read_request(int socket) {
  std::string head;
  char byte = 0;
  while (!head.ends_with("\r\n\r\n") && ::recv(socket, &byte, 1, 0) == 1) head += byte;
  Request request;
  const auto target = head.find(' ') + 1;
  request.target = head.substr(target, head.find(' ', target) - target);
  for (auto line = head.find("\r\n") + 2; line < head.size() && head[line] != '\r';) {
    const auto colon = head.find(": ", line), end = head.find("\r\n", line);
    request.add_field(head.substr(line, colon - line), head.substr(colon + 2, end - colon - 2));
    line = end + 2;
  }
  return request;
}

Admission to(std::string topic) {
  Admission admission;
  admission.topics = {std::move(topic)};
  return admission;
}

}  // namespace

TEST_CASE("several shards: each accepts, and all deliver everything", "[integration][loops]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Server server(broker, {.port = 0, .shards = 3});
  std::mutex mutex;
  std::map<std::thread::id, int> threads;
  server.stream("/jobs", {.admit = [&](const Request&) {
                  const std::lock_guard lock(mutex);
                  ++threads[std::this_thread::get_id()];
                  return to("a");
                }});
  server.start();
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 60; ++i) watchers.push_back(std::make_unique<http::Watcher>(server.port(), "/jobs"));
  for (int i = 0; i < 100; ++i) REQUIRE(topic.publish(plain("e", std::to_string(i))));
  REQUIRE(topic.finish(plain("done")));
  for (const auto& watcher : watchers) {
    const auto events = watcher->all();
    REQUIRE(events.size() == 101);
    for (int i = 0; i < 100; ++i) CHECK(events[static_cast<std::size_t>(i)].data == std::to_string(i));
  }
  // The kernel spreads connections by hash: of sixty, each of three gets some.
  CHECK(threads.size() == 3);
}

TEST_CASE("host's loop: a server runs on an io_context of the host", "[integration][loops]") {
  asio::io_context io;
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  std::optional<Server> server;
  server.emplace(broker, fanfare::ServerOptions{.port = 0, .loop = fanfare::on(io)});
  std::atomic<bool> on_the_loop{false};
  std::thread::id loop_thread;
  server->stream("/jobs/{topic}");
  server->get("/where", [&](const Request&) {
    on_the_loop = std::this_thread::get_id() == loop_thread;
    return Response::from({});
  });
  server->start();
  auto work = asio::make_work_guard(io);
  std::jthread loop([&] {
    loop_thread = std::this_thread::get_id();
    io.run();
  });
  const Finally stop_loop([&] { io.stop(); });
  CHECK(http::get(server->port(), "/where").status == 204);
  CHECK(on_the_loop);
  http::Watcher watcher(server->port(), "/jobs/a"), idle(server->port(), "/jobs/a");
  CHECK(watcher.next()->type == "snapshot");
  REQUIRE(topic.publish(Note{1}));
  CHECK(watcher.next()->type == "note");
  std::atomic<bool> hosts_own{false};
  asio::post(io, [&] { hosts_own = true; });
  CHECK(eventually([&] { return hosts_own.load(); }));

  server->drain(100ms);
  server->wait();
  CHECK(watcher.all().empty());
  work.reset();
  loop.join();  // nothing of the server's keeps it running
  server.reset();
}

TEST_CASE("host's loop: a server that goes while the loop goes on", "[integration][loops]") {
  asio::io_context io;
  auto work = asio::make_work_guard(io);
  Broker broker;
  (void)broker.topic("a", Tally{});
  auto server = std::make_unique<Server>(broker, fanfare::ServerOptions{.port = 0, .loop = fanfare::on(io)});
  server->stream("/jobs/{topic}");
  server->start();
  std::jthread loop([&] { io.run(); });
  const Finally stop_loop([&] { io.stop(); });
  http::Watcher watcher(server->port(), "/jobs/a");
  CHECK(watcher.next()->type == "snapshot");
  std::atomic<bool> gone{false};
  asio::post(io, [&] {
    server.reset();
    gone = true;
  });
  CHECK(eventually([&] { return gone.load(); }));
  CHECK_FALSE(watcher.next());
  REQUIRE(broker.topic("a").log());
  work.reset();
  loop.join();
}

TEST_CASE("host's loop: a server that outlives its loop's last turn", "[integration][loops]") {
  asio::io_context io;
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Server server(broker, {.port = 0, .loop = fanfare::on(io)});
  server.stream("/jobs/{topic}");
  server.start();
  std::jthread loop([&] { io.run(); });
  const Finally stop_loop([&] { io.stop(); });
  http::Watcher watcher(server.port(), "/jobs/a");
  CHECK(watcher.next()->type == "snapshot");
  io.stop();
  loop.join();
  REQUIRE(topic.publish(Note{1}));  // nobody takes it
  server.stop();
  server.wait();
}

TEST_CASE("host's loop: never started, never run", "[integration][loops]") {
  asio::io_context io;
  Broker broker;
  {
    const Server never_started(broker, {.port = 0, .loop = fanfare::on(io)});
  }
  Server never_run(broker, {.port = 0, .loop = fanfare::on(io)});
  never_run.start();
}

TEST_CASE("host's threads: a blocking server with a thread per watcher", "[integration][loops]") {
  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Listener listener;
  std::jthread acceptor([&] {
    std::vector<std::thread> threads;
    for (int socket = listener.accept(); socket >= 0; socket = listener.accept()) {
      threads.emplace_back([&broker, socket] {
        Request request = read_request(socket);
        fanfare::Stream stream(broker, http1(sse({.heartbeat = 50ms})), std::move(request), to("a"));
        for (auto bytes = stream.wait(); !bytes.empty(); bytes = stream.wait()) {
          if (::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
        }
        ::close(socket);
      });
    }
    for (auto& thread : threads) thread.join();
  });
  const Finally stop_accepting([&] {
    listener.shut_down();
    broker.close();
  });
  {
    http::Watcher leaves(listener.port(), "/");
    CHECK(leaves.next()->type == "snapshot");
  }  // noticed by a heartbeat that nobody takes
  std::string resume;
  {
    http::Watcher watcher(listener.port(), "/");
    CHECK(watcher.next()->type == "snapshot");
    watcher.next_comment();
    REQUIRE(topic.publish(Note{1}));
    CHECK(watcher.next()->type == "note");
    resume = "Last-Event-ID: " + watcher.last_id() + "\r\n";
  }
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 8; ++i) watchers.push_back(std::make_unique<http::Watcher>(listener.port(), "/", resume));
  for (int i = 2; i <= 50; ++i) REQUIRE(topic.publish(Note{i}));
  REQUIRE(topic.finish(fanfare::Done{}));
  for (const auto& watcher : watchers) CHECK(watcher->all().size() == 50);
  const auto over = http::get(listener.port(), "/?since=" + watchers[0]->last_id());
  CHECK(over.status == 204);
  listener.shut_down();
  acceptor.join();
}

TEST_CASE("host's poll loop: streams on a shard, with short writes", "[integration][loops]") {
  /// As with libuv: a wake descriptor, a timer, and sockets, all served by one poll.
  struct Host {
    struct Connection {
      int socket = -1;
      std::optional<fanfare::Stream> stream = {};
      std::string unsent = {};
      bool ready = false, over = false;
    };

    explicit Host(Broker& broker)
        : shard(broker, [this] {
            const char byte = 0;
            (void)!::write(wake[1], &byte, 1);
          }) {}
    ~Host() {
      for (const auto& each : connections) ::close(each->socket);
      ::close(wake[0]);
      ::close(wake[1]);
    }

    void add(int socket) {
      auto& added = *connections.emplace_back(std::make_unique<Connection>());
      added.socket = socket;
      Request request = read_request(socket);
      fcntl(socket, F_SETFL, O_NONBLOCK);
      added.stream.emplace(shard, http1(sse({.heartbeat = 50ms})), std::move(request), to("a"),
                           [&added](fanfare::Stream&) { added.ready = true; });
      added.ready = true;
    }
    /// Takes what there is as long as the socket takes it, too.
    static void write_some(Connection& connection) {
      for (;;) {
        while (!connection.unsent.empty()) {
          const auto sent = ::send(connection.socket, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
          if (sent < 0 && errno == EAGAIN) return;
          if (sent < 0) return void(connection.over = true);
          connection.unsent.erase(0, static_cast<std::size_t>(sent));
        }
        if (connection.stream->ended()) return void(connection.over = true);
        connection.unsent = connection.stream->take();
        if (connection.unsent.empty()) return void(connection.ready = false);
      }
    }
    void run(const Listener& listener, const std::atomic<bool>& stop) {
      std::chrono::milliseconds again{0};
      while (!stop) {
        std::vector<pollfd> entries{{listener.descriptor(), POLLIN, 0}, {wake[0], POLLIN, 0}};
        for (const auto& each : connections) {
          entries.push_back({each->socket, static_cast<short>(each->unsent.empty() ? 0 : POLLOUT), 0});
        }
        ::poll(entries.data(), entries.size(), static_cast<int>(std::min<std::int64_t>(again.count(), 1000)));
        char bytes[64];
        if (entries[1].revents) (void)!::read(wake[0], bytes, sizeof bytes);
        if (entries[0].revents & POLLIN) add(listener.accept());
        again = shard.poll();
        ++turns;
        for (std::size_t i = 0; i < connections.size(); ++i) {
          auto& each = *connections[i];
          const bool writable = i + 2 < entries.size() && (entries[i + 2].revents & (POLLOUT | POLLERR | POLLHUP));
          if ((each.ready && each.unsent.empty()) || writable) write_some(each);
        }
        std::erase_if(connections, [](const auto& each) {
          if (each->over) ::close(each->socket);
          return each->over;
        });
      }
    }

    int wake[2] = {-1, -1};
    int made_wake = ::pipe2(wake, O_CLOEXEC | O_NONBLOCK);
    fanfare::Shard shard;
    std::vector<std::unique_ptr<Connection>> connections;
    int turns = 0;
  };

  Broker broker;
  const auto topic = broker.topic("a", Tally{});
  Listener listener;
  std::atomic<bool> stop{false};
  Host host(broker);
  std::jthread loop([&] { host.run(listener, stop); });
  const Finally stop_loop([&] { stop = true; });
  {
    http::Watcher beats(listener.port(), "/");
    CHECK(beats.next()->type == "snapshot");
    for (int i = 0; i < 3; ++i) beats.next_comment();
  }
  std::vector<std::unique_ptr<http::Watcher>> watchers;
  for (int i = 0; i < 20; ++i) {
    watchers.push_back(std::make_unique<http::Watcher>(listener.port(), "/", "", i % 2 ? 4096 : 0));
    CHECK(watchers.back()->next()->type == "snapshot");
  }
  for (int i = 1; i <= 3000; ++i) REQUIRE(topic.publish(Note{i}));
  REQUIRE(topic.finish(fanfare::Done{}));
  for (const auto& watcher : watchers) {
    const auto events = watcher->all();
    REQUIRE(events.size() == 3001);
    CHECK(events.back().type == "done");
    for (int i = 1; i <= 3000; ++i) CHECK(events[static_cast<std::size_t>(i - 1)].data == "{\"value\":" + std::to_string(i) + "}");
  }
  stop = true;
  loop.join();
}
