// Fifty clients behind a proxy that cuts, stalls, resets and dribbles: each ends with the publisher's state,
// and is told nothing twice, nothing out of order, and everything that is critical.
#include <fanfare/asio.hpp>
#include <fanfare/client/client.hpp>
#include <fanfare/server/server.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/websocket.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/fault_proxy.hpp"
#include "support/followers.hpp"

using fanfare::ClientTransport;
using followers::ClientLoop;
using followers::Follower;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Spark;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t faults_in_all = 500, clients_in_all = 50;
constexpr int events_in_all = 2000;

fanfare::ClientOptions options_for(std::size_t number, asio::io_context& io) {
  using enum ClientTransport;
  fanfare::ClientOptions options;
  // Ten follow both topics, whose events then come as envelopes without a position until `synced`.
  options.topics = number % 5 == 0 ? std::vector<std::string>{"a", "b"} : std::vector<std::string>{"a"};
  // Ten may change their transport.
  constexpr ClientTransport only[] = {sse, websocket, sse, long_poll};
  if (number % 5 != 1) options.transports = {only[number % 4]};
  options.backoff = {.base = 10ms, .cap = 80ms, .stable = 200ms};
  options.open_timeout = 500ms;
  options.heartbeat = 200ms;
  options.loop = fanfare::on(io);
  options.random = [engine = std::mt19937_64(number)]() mutable {
    return std::uniform_real_distribution<double>()(engine);
  };
  return options;
}

// Publishes as the faults happen, so that they meet all of it.
template <class Topic>
void publish(const Topic& a, const Topic& b, const faults::Proxy& proxy, std::mt19937_64& random,
             Tally& told_a, Tally& told_b) {
  for (int i = 1; i <= events_in_all; ++i) {
    const bool to_b = random() % 4 == 0;
    const Topic& topic = to_b ? b : a;
    Tally& told = to_b ? told_b : told_a;
    const auto say = [&](const auto& event) {
      REQUIRE(topic.publish(event));
      told.apply(event);
    };
    switch (random() % 4) {
      case 0: say(Meter{"meter " + std::to_string(random() % 3), i}); break;
      case 1: say(Spark{i}); break;
      default: say(Note{told.notes + 1}); break;
    }
    const auto deadline = std::chrono::steady_clock::now() + 4ms;
    const std::size_t due = static_cast<std::size_t>(i) * faults_in_all / events_in_all;
    while (proxy.spent() < due && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
  }
}

void check_clients_behind_faults(std::uint64_t seed, std::size_t max_history_events) {
  CAPTURE(seed);
  fanfare::Broker broker;
  const fanfare::TopicOptions keep{.max_history_events = max_history_events};
  auto a = broker.topic("a", Tally{}, keep);
  auto b = broker.topic("b", Tally{}, keep);
  fanfare::Server server(broker, {.port = 0});
  server.stream("/events",
                {.transports = {fanfare::websocket({.heartbeat = 200ms}), fanfare::sse({.heartbeat = 200ms}),
                                fanfare::long_poll({.wait = 300ms})}});
  server.start();

  faults::Proxy proxy(server.port(), {.seed = seed, .faults = faults_in_all});
  ClientLoop loop;
  std::vector<std::unique_ptr<Follower>> clients;
  for (std::size_t i = 0; i < clients_in_all; ++i) {
    clients.push_back(std::make_unique<Follower>(proxy.url("/events"), options_for(i, loop.io())));
    clients.back()->client().start();
  }

  std::mt19937_64 random(seed);
  Tally told_a, told_b;
  publish(a, b, proxy, random, told_a, told_b);
  CHECK(eventually([&] { return proxy.spent() >= faults_in_all; }));
  a.finish(fanfare::Done{});
  b.finish(fanfare::Done{});
  told_a.apply(fanfare::Done{});
  told_b.apply(fanfare::Done{});

  const bool all_ended = eventually(
      [&] { return std::all_of(clients.begin(), clients.end(), [](const auto& c) { return c->over(); }); });
  loop.end();
  CHECK(all_ended);
  CHECK(proxy.spent() == faults_in_all);
  std::uint64_t resets = 0, events = 0;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Follower& client = *clients[i];
    CAPTURE(i, client.failure(), proxy.connections());
    CHECK(client.link() == fanfare::Link::ended);
    CHECK_FALSE(client.failed());
    CHECK(client.tally("a") == told_a);
    if (i % 5 == 0) CHECK(client.tally("b") == told_b);
    resets += client.resets();
    events += client.events();
  }
  CAPTURE(resets, events, proxy.connections());
  if (max_history_events >= events_in_all) CHECK(resets == 0);
  CHECK(events > 0);
  CHECK(proxy.connections() > faults_in_all / 2);
  clients.clear();
}

}  // namespace

TEST_CASE("client: behind five hundred faults nothing is lost, doubled or out of order",
          "[integration][client][faults]") {
  check_clients_behind_faults(20'261'121, 4096);
}

TEST_CASE("client: with a short history faults end in a reset and the right state",
          "[integration][client][faults]") {
  check_clients_behind_faults(7, 20);
}
