#include <fanfare/asio.hpp>
#include <fanfare/fanfare.hpp>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/vocabulary.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Client;
using fanfare::ClientTransport;
using fanfare::Done;
using fanfare::Error;
using fanfare::Event;
using fanfare::Link;

namespace {

const std::vector<ClientTransport> all_transports{ClientTransport::sse, ClientTransport::websocket,
                                                  ClientTransport::long_poll};

/// A server with two topics at /events; commands are taken.
struct Serving {
  explicit Serving(fanfare::StreamOptions options = {}) : server(broker, {.port = 0}) {
    if (!options.admit) {
      options.admit = [](const fanfare::Request& r) {
        return fanfare::Admission{
            .topics = r.topics, .types = r.list("types"), .may_command = r.bearer() == "driver"};
      };
    }
    server.stream("/events", std::move(options));
    server.start();
  }
  std::string url() const { return server.url() + "events"; }

  fanfare::Broker broker;
  fanfare::TopicOf<Tally> a = broker.topic("a", Tally{}), b = broker.topic("b", Tally{});
  fanfare::Server server;
};

/// Puts topics together again from what its handlers get.
struct Board {
  explicit Board(Client& client) {
    client.on<Tally>("snapshot",
                     [this](const Tally& t, const Event& e) { tallies[std::string(e.topic())] = t; });
    client.on<Note>([this](const Note& n, const Event& e) { tallies[std::string(e.topic())].apply(n); });
    client.on<Meter>([this](const Meter& m, const Event& e) { tallies[std::string(e.topic())].apply(m); });
    client.on<Done>([this](const Done& d, const Event& e) { tallies[std::string(e.topic())].apply(d); });
  }
  std::map<std::string, Tally> tallies;
};

}  // namespace

TEST_CASE("client: over each transport it follows several topics to their end", "[integration][client]") {
  for (const auto transport : all_transports) {
    Serving serving;
    (void)serving.a.publish(Note{1});
    Client client(serving.url(),
                  {.topics = {"a", "b"}, .transports = {transport}, .backoff = {.base = 20ms}});
    Board board(client);
    std::atomic<bool> connected = false;
    client.on_link([&](Link link, std::error_code) { connected = connected || link == Link::connected; });
    client.start();
    for (int i = 0; i < 20; ++i) {
      (void)serving.a.publish(Note{i});
      (void)serving.b.publish(Meter{"m", i});
    }
    (void)serving.a.finish(Done{});
    (void)serving.b.finish(Done{"late"});
    CHECK_FALSE(client.run());
    CHECK(client.link() == Link::ended);
    CHECK(connected);
    CHECK(client.transport() == transport);
    CHECK(board.tallies["a"] == serving.a.state());
    CHECK(board.tallies["b"] == serving.b.state());
  }
}

TEST_CASE("client: a program's next run goes on where the last one saved", "[integration][client]") {
  for (const auto transport : all_transports) {
    Serving serving;
    std::string saved;
    std::vector<int> notes;
    const auto follow = [&](int until) {
      Client client(serving.url(), {.topics = {"a"},
                                    .since = saved,
                                    .transports = {transport},
                                    .save = [&](const std::string& p) { saved = p; }});
      client.on<Note>([&](const Note& note) {
        notes.push_back(note.value);
        if (note.value == until) client.stop();
      });
      CHECK(client.run() == std::errc::operation_canceled);
    };
    (void)serving.a.publish(Note{0});
    std::promise<void> snapshot;
    {
      Client first(serving.url(),
                   {.topics = {"a"}, .transports = {transport}, .save = [&](const std::string& p) {
                      if (saved.empty()) saved = p, snapshot.set_value();
                    }});
      first.on_other([](const Event&) {});
      first.start();
      REQUIRE(snapshot.get_future().wait_for(30s) == std::future_status::ready);
    }
    for (int i = 1; i <= 6; ++i) (void)serving.a.publish(Note{i});
    follow(3);
    follow(6);
    CHECK(notes == std::vector<int>{1, 2, 3, 4, 5, 6});
  }
}

TEST_CASE("client: where only long-poll is served it ends up there", "[integration][client]") {
  Serving serving({.transports = {fanfare::long_poll()}});
  (void)serving.a.finish(Done{});
  Client client(serving.url(), {.topics = {"a"}});
  Board board(client);
  CHECK_FALSE(client.run());
  CHECK(client.transport() == ClientTransport::long_poll);
  CHECK(board.tallies["a"] == serving.a.state());
}

TEST_CASE("client: a topic that is not there, and one that is not for everybody", "[integration][client]") {
  Serving serving({.admit = [](const fanfare::Request& r) {
    if (r.topics == std::vector<std::string>{"secret"}) return fanfare::Admission::refuse(403, "no");
    return fanfare::Admission{.topics = r.topics};
  }});
  CHECK(Client(serving.url(), {.topics = {"nobody"}}).run() == Error::unknown_topic);
  CHECK(Client(serving.url(), {.topics = {"secret"}}).run() == Error::forbidden);
}

TEST_CASE("client: nobody listens, and it was told to give up", "[integration][client]") {
  std::string url;
  {
    Serving gone;
    url = gone.url();
  }
  Client client(url, {.backoff = {.base = 10ms}, .give_up_after = 200ms});
  CHECK(client.run() == fanfare::Condition::unreachable);
}

TEST_CASE("client: only the types that were asked for come", "[integration][client]") {
  Serving serving;
  (void)serving.a.publish(Note{1});
  Client client(serving.url(), {.topics = {"a"}, .types = {"meter"}, .backoff = {.base = 10ms}});
  std::string got;
  std::atomic<bool> begun = false;
  client.on_other([&](const Event& event) {
    got += std::string(event.type()) + ' ';
    begun = true;
  });
  client.start();
  while (!begun) std::this_thread::yield();
  (void)serving.a.publish(Note{2});
  (void)serving.a.publish(Meter{"m", 1});
  (void)serving.a.finish(Done{});
  CHECK_FALSE(client.run());
  CHECK(got == "snapshot meter done ");
}

TEST_CASE("client: commands go to the topic's publisher, refusals come back", "[integration][client]") {
  Serving serving;
  std::promise<fanfare::Command> arrived;
  auto driven = serving.broker.topic(
      "driven", Tally{}, {.on_command = [&](const fanfare::Command& c) { arrived.set_value(c); }});
  const auto open = [&](std::string token, std::promise<fanfare::Problem>* problem) {
    auto client = std::make_unique<Client>(
        serving.url(), fanfare::ClientOptions{.topics = {"driven"},
                                              .fields = {{"Authorization", "Bearer " + token}},
                                              .transports = {ClientTransport::websocket}});
    std::promise<void> connected;
    client->on_other([&](const Event&) { connected.set_value(); });
    client->on_problem([problem](const fanfare::Problem& p) {
      if (problem) problem->set_value(p);
    });
    client->start();
    REQUIRE(connected.get_future().wait_for(30s) == std::future_status::ready);
    return client;
  };
  {
    auto client = open("driver", nullptr);
    CHECK_FALSE(client->send({"driven", "faster", {R"({"by":2})"}}));
    auto command = arrived.get_future();
    REQUIRE(command.wait_for(30s) == std::future_status::ready);
    const fanfare::Command got = command.get();
    CHECK(got.name == "faster");
    CHECK(got.data.text == R"({"by":2})");
  }
  std::promise<fanfare::Problem> refused;
  auto client = open("passenger", &refused);
  CHECK_FALSE(client->send({"driven", "faster", {}}));
  auto problem = refused.get_future();
  REQUIRE(problem.wait_for(30s) == std::future_status::ready);
  CHECK(problem.get().error == Error::refused);
}

TEST_CASE("client: it may be destroyed at any time", "[integration][client]") {
  Serving serving;
  for (int i = 0; i < 30; ++i) {
    std::atomic<int> seen{0};  // connecting, connected, the snapshot
    Client client(serving.url(),
                  {.topics = {"a"}, .transports = {all_transports[static_cast<std::size_t>(i) % 3]}});
    client.on_link([&](fanfare::Link, std::error_code) { ++seen; });
    client.on_other([&](const Event&) { ++seen; });
    if (i % 5 == 0) continue;
    client.start();
    CHECK(eventually([&] { return seen >= i % 4; }));
  }
}

// ---- on the host's loop ----------------------------------------------------------------------------

namespace {

asio::awaitable<void> gather(Client& client, std::string& types, std::error_code& end) {
  for (;;) {
    try {
      const Event event = co_await fanfare::async_next(client, asio::use_awaitable);
      types += std::string(event.type()) + ' ';
    } catch (const std::system_error& error) {
      end = error.code();
      co_return;
    }
  }
}

}  // namespace

TEST_CASE("client: a coroutine on the host's loop gets one event after the other", "[integration][client]") {
  for (const auto transport : all_transports) {
    Serving serving;
    asio::io_context io;
    Client client(
        serving.url(),
        {.topics = {"a"}, .transports = {transport}, .backoff = {.base = 10ms}, .loop = fanfare::on(io)});
    std::string types;
    std::error_code end;
    asio::co_spawn(io, gather(client, types, end), asio::detached);
    client.start();
    std::thread publisher([&] {
      while (client.link() != Link::connected) std::this_thread::yield();
      (void)serving.a.publish(Note{1});
      (void)serving.a.finish(Done{});
    });
    io.run();
    publisher.join();
    CHECK(end == Error::topic_finished);
    // A long-poll, or a slow start, may find the state of later on.
    CHECK(types.starts_with("snapshot "));
    CHECK(types.ends_with("done "));
    CHECK_FALSE(client.position().empty());
  }
}

TEST_CASE("client: on the host's loop it may go before the loop does", "[integration][client]") {
  Serving serving;
  asio::io_context io;
  std::string types;
  std::error_code end;
  {
    Client client(serving.url(), {.topics = {"a"}, .loop = fanfare::on(io)});
    asio::co_spawn(io, gather(client, types, end), asio::detached);
    client.start();
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (types.empty() && std::chrono::steady_clock::now() < until) io.run_one_for(100ms);
    client.stop();
  }
  io.restart();
  io.run();
  CHECK(types == "snapshot ");
  CHECK(end == std::errc::operation_canceled);
}

TEST_CASE("client: awaited from another loop than its own", "[integration][client]") {
  Serving serving;
  (void)serving.a.finish(Done{});
  Client client(serving.url(), {.topics = {"a"}, .backoff = {.base = 10ms}});
  client.start();
  asio::io_context io;
  std::string types;
  std::error_code end;
  asio::co_spawn(io, gather(client, types, end), asio::detached);
  io.run();
  CHECK(types == "snapshot done ");
  CHECK(end == Error::topic_finished);
}
