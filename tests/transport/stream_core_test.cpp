#include <fanfare/transport/stream_core.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/scripted_sink.hpp"
#include "support/vocabulary.hpp"

using scripted::Bench;
using scripted::Peer;
using scripted::to;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::Spark;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view heartbeat = ": heartbeat\n\n";

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}
std::string id_of(fanfare::Position position) { return position.str(); }

}  // namespace

TEST_CASE("stream core: who keeps up rides in a cohort", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", vocabulary::Tally{});
  Peer one(bench, to({"a"})), two(bench, to({"a"}));
  CHECK(one.types() == "snapshot");
  bench.turn();
  CHECK(one.stream().in_cohort());
  CHECK(one.stream().cohort() == two.stream().cohort());
  CHECK(bench.shard->cohort_count() == 1);
  const auto sends = one.sends();
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Note{i}));
  bench.turn();
  CHECK(one.types() == "snapshot note note note note note");
  CHECK(one.got() == two.got());
  CHECK(one.sends() == sends + 1);  // a burst is one send
  CHECK(bench.broker.metrics().cohort_deliveries == 2);
}

TEST_CASE("stream core: different wishes are different cohorts", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  (void)bench.broker.topic("b");
  auto notes = to({"a"}), seven = to({"a"});
  notes.types = {"note"};
  seven.audience = {"user:7"};
  Peer all(bench, to({"a"})), some(bench, notes), private_one(bench, seven), both(bench, to({"a", "b"}));
  Peer other_format(bench, to({"a"}), {}, {.named = false});
  bench.turn();
  CHECK(bench.shard->cohort_count() == 5);
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Spark{2}));
  REQUIRE(topic.publish(Note{3}, {.audience = {"user:7"}}));
  bench.turn();
  CHECK(all.types() == "note spark");
  CHECK(some.types() == "note");
  CHECK(private_one.types() == "note spark note");
  CHECK(both.types() == "synced note spark");
  CHECK(other_format.events().size() == 2);
}

TEST_CASE("stream core: who leaves leaves an empty cohort behind, which goes", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer stays(bench, to({"a"}));
  {
    Peer leaves(bench, to({"a"}), {}, {.named = false});
    Peer never_polled(bench, to({"a"}));
    bench.turn();
    CHECK(bench.shard->cohort_count() == 2);
    Peer joins_and_leaves(bench, to({"a"}));
  }
  REQUIRE(topic.publish(plain("e")));
  bench.turn();
  CHECK(bench.shard->cohort_count() == 1);
  CHECK(stays.types() == "e");
}

TEST_CASE("stream core: wherever a write stops, the bytes are whole images in order", "[transport][stream core]") {
  std::string whole;
  for (std::size_t cut = 0; cut == 0 || cut < whole.size(); ++cut) {
    Bench bench;
    const auto topic = bench.broker.topic("a");
    Peer fast(bench, to({"a"})), slow(bench, to({"a"}), {}, {}, cut);
    bench.turn();
    for (int i = 0; i < 4; ++i) REQUIRE(topic.publish(Note{i}));
    bench.turn();
    REQUIRE(fast.types() == "note note note note");
    whole = fast.got();
    CHECK(slow.got() == whole.substr(0, cut));
    CHECK(slow.waiting());
    CHECK_FALSE(slow.stream().in_cohort());
    slow.give_room(7);
    CHECK(slow.got() == whole.substr(0, cut + 7));
    slow.give_room(Peer::unlimited);
    bench.turn();
    CHECK(slow.got() == whole);
    CHECK(slow.stream().in_cohort());
    REQUIRE(topic.publish(Note{4}));
    bench.turn();
    CHECK(slow.got() == fast.got());
    CHECK_FALSE(slow.misused());
  }
  CHECK(whole.size() > 100);
}

TEST_CASE("stream core: who comes back from a stall gets the newest of each key and every critical event",
          "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", vocabulary::Tally{});
  Peer slow(bench, to({"a"}));
  bench.turn();
  (void)slow.take();
  slow.stop();
  slow.give_room(30);
  REQUIRE(topic.publish(Meter{"m", 0}));
  bench.turn();
  CHECK(slow.waiting());
  for (int i = 1; i <= 9; ++i) {
    REQUIRE(topic.publish(Meter{"m", i}));
    REQUIRE(topic.publish(Meter{"other", i}));
    if (i % 3 == 0) REQUIRE(topic.publish(Note{i}));
  }
  bench.turn();
  slow.give_room(Peer::unlimited);
  bench.turn();
  std::string got;
  for (const auto& event : slow.events()) got += event.data;
  CHECK(got == R"({"name":"m","value":0}{"value":3}{"value":6}{"name":"m","value":9}{"name":"other","value":9}{"value":9})");
  CHECK(bench.broker.metrics().members_fell_short == 1);
}

TEST_CASE("stream core: lossy events that a slow reader missed are counted to it", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer slow(bench, to({"a"}), {}, {}, 10);
  bench.turn();
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Spark{i}));
  REQUIRE(topic.publish(Note{2}));
  slow.give_room(Peer::unlimited);
  bench.turn();
  CHECK(slow.types() == "note skipped note");
  CHECK(slow.events()[1].data == R"({"count":5})");
  CHECK(slow.events()[1].last_event_id == slow.events()[0].last_event_id);
  REQUIRE(topic.publish(Spark{9}));
  bench.turn();
  CHECK(slow.types() == "note skipped note spark");
}

TEST_CASE("stream core: what was skipped is counted once, wherever a write stops", "[transport][stream core]") {
  for (std::size_t cut = 1; cut < 120; ++cut) {
    Bench bench;
    const auto topic = bench.broker.topic("a");
    Peer slow(bench, to({"a"}), {}, {}, 10);
    bench.turn();
    REQUIRE(topic.publish(Note{1}));
    bench.turn();
    for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Spark{i}));
    REQUIRE(topic.publish(Note{2}));
    slow.give_room(cut);
    REQUIRE(topic.publish(Spark{9}));
    REQUIRE(topic.publish(Note{3}));
    slow.give_room(Peer::unlimited);
    bench.turn();
    int skipped = 0, sparks = 0;
    for (const auto& event : slow.events()) {
      if (event.type == "skipped") skipped += std::stoi(event.data.substr(event.data.find(':') + 1));
      sparks += event.type == "spark";
    }
    INFO(cut << ": " << slow.types());
    CHECK(skipped + sparks == 6);
  }
}

TEST_CASE("stream core: heartbeats when nothing else is sent, one for the whole cohort", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer one(bench, to({"a"})), two(bench, to({"a"}));
  bench.turn();
  bench.pass(13s);
  CHECK(one.got().empty());
  bench.pass(4s);
  CHECK(one.got() == heartbeat);
  CHECK(two.got() == heartbeat);
  for (int i = 0; i < 6; ++i) {
    bench.pass(10s);
    REQUIRE(topic.publish(plain("e")));
    bench.turn();
  }
  CHECK(count(one.got(), heartbeat) == 1);  // it slides with every write
  bench.pass(100s);
  CHECK(count(one.got(), heartbeat) >= 6);
  CHECK(count(one.got(), heartbeat) <= 8);
}

TEST_CASE("stream core: no heartbeats where there shall be none", "[transport][stream core]") {
  Bench bench;
  (void)bench.broker.topic("a");
  Peer peer(bench, to({"a"}), {}, {.heartbeat = 0ms});
  bench.pass(100s);
  CHECK(peer.got().empty());
}

TEST_CASE("stream core: a visible heartbeat carries the position of its cohort", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  (void)bench.broker.topic("other");
  Peer peer(bench, to({"a"}), {}, {.heartbeat = 5s, .heartbeat_event = "ping"});
  bench.turn();
  const auto at = topic.publish(plain("e")).position;
  bench.turn();
  (void)peer.take();
  bench.pass(6s);
  REQUIRE(peer.types() == "ping");
  CHECK(peer.events()[0].last_event_id == id_of(at));
}

TEST_CASE("stream core: a heartbeat comes between images only", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer slow(bench, to({"a"}), {}, {}, 20);
  bench.turn();
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  REQUIRE(slow.waiting());
  const auto sends = slow.sends();
  bench.pass(60s);
  CHECK(slow.sends() == sends);
  slow.give_room(Peer::unlimited);
  bench.turn();
  CHECK(slow.types() == "note");
  CHECK(count(slow.got(), heartbeat) == 0);
  bench.pass(17s);
  CHECK(slow.got().ends_with("\n\n" + std::string(heartbeat)));
}

TEST_CASE("stream core: a heartbeat that was cut short is completed first", "[transport][stream core]") {
  for (std::size_t cut = 0; cut < heartbeat.size(); ++cut) {
    Bench bench;
    const auto topic = bench.broker.topic("a");
    Peer slow(bench, to({"a"}), {}, {}, cut);
    bench.turn();
    bench.pass(17s);
    CHECK(slow.got() == heartbeat.substr(0, cut));
    REQUIRE(slow.waiting());
    REQUIRE(topic.publish(Note{1}));
    bench.pass(60s);
    slow.give_room(Peer::unlimited);
    bench.turn();
    CHECK(slow.got().starts_with(std::string(heartbeat) + "id: "));
    CHECK(slow.types() == "note");
    CHECK(slow.stream().in_cohort());
    CHECK_FALSE(slow.misused());
  }
}

TEST_CASE("stream core: the opening of many topics survives any short writes", "[transport][stream core]") {
  for (const std::size_t step : {1u, 3u, 17u, 64u, 1000u}) {
    Bench bench;
    std::vector<std::string> names;
    std::vector<fanfare::TopicOf<vocabulary::Tally>> topics;
    for (int i = 0; i < 100; ++i) {
      names.push_back("topic " + std::to_string(i));
      topics.push_back(bench.broker.topic(names.back(), vocabulary::Tally{}));
      REQUIRE(topics.back().publish(Note{i}));
    }
    Peer slow(bench, to(names), {}, {}, 0);
    bench.turn();
    std::size_t notes = 0;
    while (slow.waiting()) {
      slow.give_room(step);
      if (notes < 20) REQUIRE(topics[++notes].publish(Note{1000}));
      bench.turn();
    }
    CHECK(notes > 5);
    const auto events = slow.events();
    REQUIRE(events.size() == 100 + 1 + notes);
    for (std::size_t i = 0; i < events.size(); ++i) {
      INFO(i << ": " << events[i].type);
      CHECK(events[i].type == (i < 100 ? "snapshot" : i == 100 ? "synced" : "note"));
      CHECK(events[i].last_event_id.empty() == (i < 100));
    }
    CHECK(slow.stream().in_cohort());
    CHECK_FALSE(slow.misused());
  }
}

TEST_CASE("stream core: who falls below the floor gets a reset and the state", "[transport][stream core]") {
  Bench bench({.topic_defaults = {.max_history_events = 4}});
  const auto topic = bench.broker.topic("a", vocabulary::Tally{});
  Peer slow(bench, to({"a"}));
  bench.turn();
  slow.stop();
  slow.give_room(20);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(topic.publish(Note{i}));
    bench.turn();
  }
  slow.give_room(Peer::unlimited);
  bench.turn();
  CHECK(slow.types() == "snapshot note reset snapshot");
  CHECK(slow.events()[2].data == R"({"reason":"fell_behind"})");
  CHECK(slow.events()[3].data.find("\"notes\":20") != std::string::npos);
  REQUIRE(topic.publish(Note{20}));
  bench.turn();
  CHECK(slow.types() == "snapshot note reset snapshot note");
}

TEST_CASE("stream core: below the floor of one of several topics, by any short writes", "[transport][stream core]") {
  for (const std::size_t step : {1u, 7u, 50u, 10000u}) {
    Bench bench({.topic_defaults = {.max_history_events = 4}});
    const auto a = bench.broker.topic("a", vocabulary::Tally{}), b = bench.broker.topic("b", vocabulary::Tally{});
    Peer slow(bench, to({"a", "b"}));
    bench.turn();
    slow.stop();
    for (int i = 0; i < 20; ++i) {
      REQUIRE(a.publish(Note{i}));
      bench.turn();
    }
    while (slow.waiting()) {
      slow.give_room(step);
      bench.turn();
    }
    REQUIRE(b.publish(Note{20}));
    bench.turn();
    while (slow.waiting()) {
      slow.give_room(step);
      bench.turn();
    }
    const std::string types = slow.types();
    INFO(types);
    CHECK(types.ends_with("reset snapshot snapshot synced note"));
    CHECK_FALSE(slow.misused());
  }
}

TEST_CASE("stream core: a paced cohort takes newcomers in, whatever its own position", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", vocabulary::Tally{});
  (void)bench.broker.topic("b", vocabulary::Tally{});
  auto paced = to({"a", "b"});
  paced.max_rate = 1;
  Peer first(bench, paced);
  bench.turn();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(topic.publish(Meter{"m", i}));
    bench.turn();
  }
  Peer newcomer(bench, paced);
  bench.turn();
  CHECK(newcomer.types().ends_with("synced"));  // its snapshot may be some events old
  bench.pass(1100ms);
  CHECK(first.types() == "snapshot snapshot synced meter meter");
  REQUIRE(topic.publish(Meter{"m", 9}));
  bench.pass(1100ms);
  CHECK(newcomer.types().ends_with("meter"));
  CHECK(newcomer.stream().cohort() == first.stream().cohort());
}

/// Publishes a thousand events of a kilobyte; gives the request of who has none of them.
fanfare::Request after_a_thousand(const fanfare::Topic& topic) {
  const auto from = topic.publish({"note", fanfare::Json("0")}).position;
  const std::string filling(1000, 'x');
  for (int i = 1; i <= 1000; ++i) {
    REQUIRE(topic.publish({"note", fanfare::Json("\"" + std::to_string(i) + filling + "\"")}));
  }
  fanfare::Request request;
  request.target = "/?since=" + from.str();
  return request;
}

TEST_CASE("stream core: a long replay is sent in turns and lets the live pass go first", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto request = after_a_thousand(topic);
  Peer live(bench, to({"a"}));
  bench.turn();
  Peer returning(bench, to({"a"}), request), other(bench, to({"a"}), request);
  CHECK(returning.events().size() < 500);
  REQUIRE(topic.publish({"note", fanfare::Json("\"1001\"")}));
  bench.turn();
  CHECK(live.types() == "note");
  for (const Peer* peer : {&returning, &other}) {
    const auto events = peer->events();
    REQUIRE(events.size() == 1001);
    for (std::size_t i = 0; i < events.size(); ++i) {
      REQUIRE(events[i].data.starts_with("\"" + std::to_string(i + 1)));
    }
  }
  CHECK(bench.shard->cohort_count() == 1);
}

TEST_CASE("stream core: one that goes in the middle of a long replay leaves the queue", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto request = after_a_thousand(topic);
  Peer closed(bench, to({"a"}), request), broken(bench, to({"a"}), request), told(bench, to({"a"}), request);
  closed.close();
  broken.break_off();
  told.stream().say_goodbye({fanfare::Error::drained, 5s});
  CHECK(told.finished());
  bench.turn();
  CHECK(broken.gone());
  CHECK_FALSE(told.misused());
}
