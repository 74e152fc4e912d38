#include <fanfare/transport/compression.hpp>

#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/inflating.hpp"
#include "support/scripted_sink.hpp"
#include "support/vocabulary.hpp"

#if FANFARE_WITH_ZLIB

using fanfare::Request;
using fanfare::SseOptions;
using scripted::Bench;
using scripted::Peer;
using scripted::to;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Spark;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

struct Named {
  const char* coding;
  int inflating;
};
constexpr Named codings[] = {{"gzip", Inflating::gzip}, {"deflate", Inflating::deflate}};

Request accepting(std::string coding) {
  Request request;
  request.add_field("Accept-Encoding", coding);
  return request;
}
/// No heartbeats, whose times differ between the cohorts of two formats.
SseOptions quiet() { return {.heartbeat = 0ms, .retry = 9ms, .compress = true}; }

/// The same as a plain stream has; with its end, the trailer is right.
void check_same(const Peer& compressed, const Peer& plain, Named coding) {
  Inflating inflating(coding.inflating);
  const std::string text = inflating.add(compressed.got());
  INFO(coding.coding);
  CHECK(text == plain.got());
  CHECK(compressed.finished() == plain.finished());
  CHECK(inflating.complete() == plain.finished());
  CHECK_FALSE(inflating.broken());
  CHECK_FALSE(compressed.misused());
}

}  // namespace

TEST_CASE("compressed stream: from the opening to the end the same as the plain one", "[transport][compression]") {
  for (const auto coding : codings) {
    Bench bench;
    const auto topic = bench.broker.topic("a", Tally{});
    REQUIRE(topic.publish(Note{1}));
    Peer plain(bench, to({"a"}), {}, quiet()), compressed(bench, to({"a"}), accepting(coding.coding), quiet());
    bench.turn();
    check_same(compressed, plain, coding);
    for (int i = 0; i < 50; ++i) {
      REQUIRE(topic.publish(Note{i}));
      REQUIRE(topic.publish(Meter{"some name that is worth a reference some name", i}));
      if (i % 3 == 0) bench.turn();  // alone, and several in one span
    }
    bench.turn();
    check_same(compressed, plain, coding);
    REQUIRE(compressed.stream().in_cohort());
    REQUIRE(topic.finish(fanfare::Done{}));
    bench.turn();
    REQUIRE(plain.finished());
    check_same(compressed, plain, coding);
  }
}

TEST_CASE("compressed stream: each event can be read when it arrives", "[transport][compression]") {
  for (const auto coding : codings) {
    Bench bench;
    const auto topic = bench.broker.topic("a", Tally{});
    Peer plain(bench, to({"a"}), {}, quiet()), compressed(bench, to({"a"}), accepting(coding.coding), quiet());
    bench.turn();
    Inflating inflating(coding.inflating);
    CHECK(inflating.add(compressed.take()) == plain.take());
    for (int i = 0; i < 20; ++i) {
      REQUIRE(topic.publish(Note{i}));
      bench.turn();
      CHECK(inflating.add(compressed.take()) == plain.take());
    }
  }
}

TEST_CASE("compressed stream: a topic that has ended already", "[transport][compression]") {
  for (const auto coding : codings) {
    Bench bench;
    const auto topic = bench.broker.topic("a", Tally{});
    REQUIRE(topic.finish(fanfare::Done{}));
    Peer plain(bench, to({"a"}), {}, quiet()), compressed(bench, to({"a"}), accepting(coding.coding), quiet());
    bench.turn();
    REQUIRE(plain.finished());
    check_same(compressed, plain, coding);
  }
}

TEST_CASE("compressed stream: heartbeats and a goodbye are in the sum", "[transport][compression]") {
  for (const auto coding : codings) {
    for (const bool visible : {false, true}) {
      Bench bench;
      const auto topic = bench.broker.topic("a", Tally{});
      SseOptions options{.heartbeat = 5s, .heartbeat_event = visible ? "ping" : "", .compress = true};
      Peer peer(bench, to({"a"}), accepting(coding.coding), options);
      Inflating inflating(coding.inflating);
      bench.turn();
      std::string text = inflating.add(peer.take());
      for (int i = 0; i < 5; ++i) {
        bench.pass(6s);
        const std::string beat = inflating.add(peer.take());
        CHECK(beat.find(visible ? "event: ping\n" : ": heartbeat\n") != beat.npos);
        const auto at = topic.publish(Note{i}).position;
        bench.turn();
        CHECK(inflating.add(peer.take()).starts_with("id: " + at.str() + "\nevent: note\n"));
      }
      peer.stream().say_goodbye({fanfare::Error::drained, 5s});
      CHECK(inflating.add(peer.take()) == "retry: 5000\n\n");
      CHECK(inflating.complete());
      CHECK(peer.finished());
    }
  }
}

TEST_CASE("compressed stream: who falls short and comes back, wherever writes stop", "[transport][compression]") {
  for (const auto coding : codings) {
    for (std::size_t step = 1; step < 160; step += step < 40 ? 1 : 17) {
      Bench bench;
      const auto topic = bench.broker.topic("a", Tally{});
      Peer plain(bench, to({"a"}), {}, quiet());
      Peer compressed(bench, to({"a"}), accepting(coding.coding), quiet());
      bench.turn();
      for (int round = 0; round < 8; ++round) {
        compressed.stop();
        compressed.give_room(step);
        for (int i = 0; i < 4; ++i) {
          REQUIRE(topic.publish(Note{round}));
          if (i % 2 == 0) bench.turn();
        }
        bench.turn();
        compressed.give_room(step);  // into the middle of what it reads by itself
        bench.turn();
        compressed.give_room(Peer::unlimited);
        bench.turn();
        REQUIRE(compressed.stream().in_cohort());
        REQUIRE(topic.publish(Note{-1}));
        bench.turn();
      }
      INFO("room for " << step);
      check_same(compressed, plain, coding);
      if (step % 2 == 0) {
        REQUIRE(topic.finish(fanfare::Done{}));
      } else {
        for (auto* peer : {&plain, &compressed}) peer->stream().say_goodbye({fanfare::Error::drained, 5s});
      }
      bench.turn();
      REQUIRE(plain.finished());
      check_same(compressed, plain, coding);
    }
  }
}

TEST_CASE("compressed stream: a goodbye in the middle of an event, and before anything", "[transport][compression]") {
  for (const auto coding : codings) {
    for (std::size_t room = 0; room < 250; room += 3) {
      Bench bench;
      const auto topic = bench.broker.topic("a", Tally{});
      Peer peer(bench, to({"a"}), accepting(coding.coding), quiet(), room);
      bench.turn();
      REQUIRE(topic.publish(Note{1}));
      REQUIRE(topic.publish(Note{2}));
      bench.turn();
      peer.stream().say_goodbye({fanfare::Error::drained, 5s});
      peer.give_room(room % 2 == 0 ? 7 : 30);
      bench.turn();
      peer.give_room(Peer::unlimited);
      bench.turn();
      INFO("room for " << room);
      Inflating inflating(coding.inflating);
      const std::string text = inflating.add(peer.got());
      CHECK(text.ends_with("retry: 5000\n\n"));
      CHECK(inflating.complete());
      CHECK(peer.finished());
    }
  }
}

TEST_CASE("compressed stream: several topics, their end one by one, and a newcomer", "[transport][compression]") {
  for (const auto coding : codings) {
    Bench bench;
    const auto a = bench.broker.topic("a", Tally{}), b = bench.broker.topic("b", Tally{});
    Peer plain(bench, to({"a", "b"}), {}, quiet());
    Peer compressed(bench, to({"a", "b"}), accepting(coding.coding), quiet());
    bench.turn();
    for (int i = 0; i < 10; ++i) {
      REQUIRE(a.publish(Note{i}));
      REQUIRE(b.publish(Meter{"m", i}));
      if (i % 2 == 0) bench.turn();
    }
    Peer late_plain(bench, to({"a", "b"}), {}, quiet());
    Peer late(bench, to({"a", "b"}), accepting(coding.coding), quiet());
    bench.turn();
    REQUIRE(a.finish(fanfare::Done{}));
    REQUIRE(b.publish(Note{11}));
    bench.turn();
    REQUIRE(late.stream().cohort() == compressed.stream().cohort());
    REQUIRE(b.finish(fanfare::Done{}));
    bench.turn();
    REQUIRE(plain.finished());
    check_same(compressed, plain, coding);
    check_same(late, late_plain, coding);
  }
}

TEST_CASE("compressed stream: whatever readers do, what they got is whole", "[transport][compression]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random); };
    Bench bench({.topic_defaults = {.max_history_events = seed % 2 == 0 ? 12u : 4096u}});
    std::vector<fanfare::TopicOf<Tally>> topics;
    for (const auto* name : {"a", "b"}) topics.push_back(bench.broker.topic(name, Tally{}));
    struct Reader {
      std::unique_ptr<Peer> peer;
      Named coding;
    };
    std::vector<Reader> readers;
    for (int i = 0; i < 8; ++i) {
      auto admission = below(2) == 0 ? to({"a", "b"}) : to({"b"});
      if (below(4) == 0) admission.max_rate = 5;
      const Named coding = codings[below(2)];
      const SseOptions options{.heartbeat = 1s, .heartbeat_event = "ping", .compress = true};
      readers.push_back({std::make_unique<Peer>(bench, std::move(admission), accepting(coding.coding), options,
                                                below(2) == 0 ? Peer::unlimited : below(500)),
                         coding});
    }
    for (int step = 0; step < 300; ++step) {
      const auto dice = below(100);
      auto& topic = topics[below(2)];
      auto& peer = readers[below(8)].peer;
      if (dice < 25) REQUIRE(topic.publish(Note{step}));
      else if (dice < 45) REQUIRE(topic.publish(Meter{"m" + std::to_string(below(3)), step}));
      else if (dice < 50) REQUIRE(topic.publish(Spark{step}));
      else if (dice < 70) bench.turn();
      else if (dice < 78) bench.pass(std::chrono::milliseconds(100 * below(30)));
      else if (dice < 93) peer->give_room(below(400));
      else if (dice < 99) peer->stop();
      else peer->stream().say_goodbye({fanfare::Error::drained, 1s});
    }
    for (auto& topic : topics) REQUIRE(topic.finish(fanfare::Done{}));
    for (int rounds = 0; rounds < 100; ++rounds) {
      bench.turn();
      for (auto& reader : readers) reader.peer->give_room(rounds < 50 ? below(900) : Peer::unlimited);
    }
    bench.pass(2s);
    for (const auto& [peer, coding] : readers) {
      REQUIRE(peer->finished());
      CHECK_FALSE(peer->misused());
      Inflating inflating(coding.inflating);
      const std::string text = inflating.add(peer->got());
      CHECK(inflating.complete());
      CHECK((text.find("event: done\n") != text.npos || text.ends_with("retry: 1000\n\n")));
    }
  }
}

TEST_CASE("compressed stream: compressed once for a thousand subscribers", "[transport][compression]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 1000; ++i) {
    peers.push_back(std::make_unique<Peer>(bench, to({"a"}), accepting("gzip"), quiet()));
  }
  bench.turn();
  for (auto& peer : peers) (void)peer->take();
  const auto before = bench.broker.metrics();
  constexpr int events = 20;
  for (int i = 0; i < events; ++i) {
    REQUIRE(topic.publish(Note{i}));
    bench.turn();
  }
  const auto after = bench.broker.metrics();
  CHECK(after.images_encoded - before.images_encoded == events);
  CHECK(after.cohort_deliveries - before.cohort_deliveries == events * 1000);
  REQUIRE_FALSE(peers.front()->got().empty());
  for (const auto& peer : peers) {
    if (peer->got() != peers.front()->got()) FAIL("not the same for all");
  }
}

TEST_CASE("compressed stream: pulled by a host of its own", "[transport][compression]") {
  for (const auto coding : codings) {
    fanfare::ManualClock clock;
    fanfare::Broker broker({.clock = &clock});
    const auto topic = broker.topic("a", Tally{});
    const auto options = SseOptions{.heartbeat = 5s, .compress = true};
    fanfare::Stream plain(broker, fanfare::sse(options), {}, to({"a"}));
    fanfare::Stream compressed(broker, fanfare::sse(options), accepting(coding.coding), to({"a"}));
    REQUIRE(compressed.wait_head().status == 200);
    Inflating inflating(coding.inflating);
    const auto same = [&] {
      const std::string text(plain.take());
      CHECK(inflating.add(compressed.take()) == text);
      return text;
    };
    CHECK(same().find("event: snapshot\n") != std::string::npos);
    for (int i = 0; i < 5; ++i) {
      REQUIRE(topic.publish(Note{i}));
      REQUIRE(topic.publish(Meter{"m", i}));
      CHECK_FALSE(same().empty());
      clock.advance(5s);
      CHECK(same() == ": heartbeat\n\n");
    }
    REQUIRE(topic.finish(fanfare::Done{}));
    (void)same();
    CHECK(plain.ended());
    CHECK(compressed.ended());
    CHECK(inflating.complete());
  }
}

TEST_CASE("compressed stream: chunks around it, or none for HTTP 1.0", "[transport][compression]") {
  for (const unsigned minor : {0u, 1u}) {
    fanfare::Broker broker;
    const auto topic = broker.topic("a", Tally{});
    auto request = accepting("gzip");
    request.http_minor = minor;
    fanfare::Stream stream(broker, fanfare::http1(fanfare::sse(quiet())), request, to({"a"}));
    std::string all(stream.take());
    REQUIRE(topic.publish(Note{1}));
    all += stream.take();
    REQUIRE(topic.finish(fanfare::Done{}));
    all += stream.take();
    REQUIRE(stream.ended());
    const auto body_at = all.find("\r\n\r\n") + 4;
    const std::string head = all.substr(0, body_at);
    CHECK(head.find("\r\nContent-Encoding: gzip\r\n") != head.npos);
    CHECK(head.find("\r\nVary: Accept-Encoding\r\n") != head.npos);
    CHECK((head.find("\r\nTransfer-Encoding: chunked\r\n") != head.npos) == (minor == 1));
    std::string body;
    for (auto rest = std::string_view(all).substr(body_at); minor == 1;) {
      const auto line = rest.find("\r\n");
      const auto size = std::stoul(std::string(rest.substr(0, line)), nullptr, 16);
      if (size == 0) break;
      body += rest.substr(line + 2, size);
      rest.remove_prefix(line + 2 + size + 2);
    }
    if (minor == 0) body = all.substr(body_at);
    Inflating inflating;
    const std::string text = inflating.add(body);
    CHECK(inflating.complete());
    CHECK(text.starts_with("retry: 9\n\nid: "));
    CHECK(text.find("event: snapshot\n") < text.find("event: note\n"));
    CHECK(text.find("event: note\n") < text.find("event: done\n"));
  }
}

#endif
