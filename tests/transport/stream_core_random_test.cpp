#include <fanfare/transport/stream_core.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/scripted_sink.hpp"
#include "support/vocabulary.hpp"

using scripted::Bench;
using scripted::Peer;
using scripted::to;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Spark;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

struct Envelope {
  std::string topic = {}, id = {};
  std::uint64_t seq = 0;
  std::string type = {};
  fanfare::Json data = {};
};
FANFARE_DESCRIBE(Envelope, topic, id, seq, type, data);

/// What a page would make of its stream: the state of each topic, from snapshots and events.
struct Watcher {
  std::map<std::string, Tally> states = {};
  std::map<std::string, std::uint64_t> seqs = {};
  std::uint64_t last_n = 0;
  bool in_order = true;

  void apply(const fanfare::wire::SseEvent& event) {
    const auto envelope = fanfare::from_json<Envelope>(event.data);
    REQUIRE(envelope);
    const auto& [topic, id, seq, type, data] = *envelope;
    if (type == "reset") seqs.clear(), last_n = 0;
    if (type == "snapshot") states[topic] = fanfare::from_json<Tally>(data.text).value();
    if (seq != 0) {
      in_order = in_order && seq > seqs[topic];
      seqs[topic] = seq;
    }
    if (!id.empty()) {
      const auto n = fanfare::Position::parse(id)->n;
      in_order = in_order && (n > last_n || type == "synced" || type == "snapshot");
      last_n = n;
    }
    if (type == "note") states[topic].apply(fanfare::from_json<Note>(data.text).value());
    if (type == "meter") states[topic].apply(fanfare::from_json<Meter>(data.text).value());
    if (type == "done") states[topic].apply(fanfare::from_json<fanfare::Done>(data.text).value());
  }
};

void run(unsigned seed, std::size_t history) {
  INFO("seed " << seed << ", history " << history);
  std::mt19937 random(seed);
  const auto below = [&](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); };

  Bench bench({.topic_defaults = {.max_history_events = history}});
  std::vector<fanfare::TopicOf<Tally>> topics;
  for (const auto* name : {"a", "b", "c"}) topics.push_back(bench.broker.topic(name, Tally{}));
  std::vector<std::unique_ptr<Peer>> peers;
  const auto join = [&] {
    auto admission = below(3) ? to({"a", "b", "c"}) : to({"b"});
    if (below(4) == 0) admission.max_rate = 5;
    const fanfare::Request request{.target = "/?protocol=fanfare.v1"};
    peers.push_back(std::make_unique<Peer>(bench, std::move(admission), request, fanfare::SseOptions{},
                                           below(2) ? Peer::unlimited : below(500)));
  };
  for (int step = 0; step < 400; ++step) {
    const auto dice = below(100);
    auto& topic = topics[below(3)];
    if (dice < 30) REQUIRE(topic.publish(Note{static_cast<int>(below(100))}));
    else if (dice < 50) REQUIRE(topic.publish(Meter{"m" + std::to_string(below(3)), static_cast<int>(below(100))}));
    else if (dice < 55) REQUIRE(topic.publish(Spark{step}));
    else if (dice < 75) bench.turn();
    else if (dice < 80) bench.pass(std::chrono::milliseconds(100 * below(30)));
    else if (dice < 83 && peers.size() < 12) join();
    else if (peers.empty()) continue;
    else if (dice < 92) peers[below(static_cast<unsigned>(peers.size()))]->give_room(below(700));
    else if (dice < 97) peers[below(static_cast<unsigned>(peers.size()))]->stop();
    else if (dice == 97) peers.erase(peers.begin() + below(static_cast<unsigned>(peers.size())));
    else if (dice == 98) peers[below(static_cast<unsigned>(peers.size()))]->break_off();
  }
  for (auto& topic : topics) REQUIRE(topic.finish(fanfare::Done{}));
  for (int rounds = 0; rounds < 100; ++rounds) {
    bench.turn();
    for (auto& peer : peers) peer->give_room(rounds < 50 ? below(900) : Peer::unlimited);
  }
  bench.pass(2s);

  for (const auto& peer : peers) {
    CHECK_FALSE(peer->misused());
    if (peer->gone()) continue;
    CHECK(peer->finished());
    Watcher watcher;
    for (const auto& event : peer->events()) watcher.apply(event);
    CHECK(watcher.in_order);
    CHECK((watcher.states.size() == 1 || watcher.states.size() == 3));
    for (const auto& [name, state] : watcher.states) {
      for (const auto& topic : topics) {
        if (topic.name() == name) CHECK(fanfare::to_json(state) == fanfare::to_json(topic.state()));
      }
    }
  }
}

}  // namespace

TEST_CASE("stream core: whatever readers do, in the end each has the state of the topics", "[transport][stream core]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    run(seed, 4096);
    run(seed, 12);
  }
}
