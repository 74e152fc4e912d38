// What a host's format, state, transport or callback throws, from within streams that have started.
#include <fanfare/core/shard.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/poll.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/transport/stream_core.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/scripted_sink.hpp"
#include "support/vocabulary.hpp"

using fanfare::Request;
using fanfare::Stream;
using scripted::Bench;
using scripted::Peer;
using scripted::to;
using vocabulary::Note;
using vocabulary::plain;
using namespace std::chrono_literals;

namespace {

/// SSE, but events of type "odd" cannot be said in it.
struct Picky final : fanfare::Format {
  void encode(const fanfare::Event& event, std::string& out) const override {
    if (event.type() == "odd") throw std::runtime_error("too odd");
    fanfare::detail::SseFormat::of({}).encode(event, out);
  }
  static const Picky& format() {
    static const Picky format;
    return format;
  }
};

/// A state that cannot be written once anything has happened.
struct Shy {
  using events = fanfare::Events<Note>;
  bool shy = false;
  void apply(const Note&) { shy = true; }
  void write_json(std::string& out) const {
    if (shy) throw std::runtime_error("too shy");
    out += "{}";
  }
};

/// Where a transport throws.
enum class At { nothing, beat, end, receive };

struct Fragile final : fanfare::Transport {
  explicit Fragile(At where) : at(where) {}
  fanfare::Response head() const override { return {200, "text/event-stream", {}, {}}; }
  const fanfare::Format& format() const noexcept override { return Picky::format(); }
  std::chrono::milliseconds beat_interval() const noexcept override { return 10s; }
  void beat(std::string& out) override {
    if (at == At::beat) throw std::runtime_error("no beat");
    out += ":\n\n";
  }
  void end(fanfare::Goodbye, std::string&) override {
    if (at == At::end) throw std::runtime_error("no end");
  }
  std::error_code receive(std::string_view, fanfare::Intake&) override {
    if (at == At::receive) throw std::runtime_error("no ears");
    return {};
  }
  const At at;
};

fanfare::TransportFactory fragile(At where = At::nothing) {
  return [where](const Request&) { return std::make_unique<Fragile>(where); };
}

/// A bench whose broker's log is kept.
struct World {
  explicit World(fanfare::TopicOptions topics = {})
      : bench({.topic_defaults = std::move(topics),
               .log = [this](fanfare::Level, std::string_view text) { log.emplace_back(text); }}) {}

  std::unique_ptr<Peer> peer(fanfare::TransportFactory transport, std::size_t room = Peer::unlimited, Request request = {}) {
    auto made = std::make_unique<Peer>(bench, std::move(transport), to({"a"}), std::move(request), room);
    made->stream().start();
    bench.turn();
    return made;
  }

  std::vector<std::string> log;
  Bench bench;
};

}  // namespace

TEST_CASE("stream failures: a format that throws ends its cohort at the event, and nobody else", "[transport][failures]") {
  World world;
  const auto topic = world.bench.broker.topic("a");
  const auto one = world.peer(fragile()), two = world.peer(fragile()), other = world.peer(fanfare::sse());
  REQUIRE(world.bench.shard->cohort_count() == 2);
  for (const char* type : {"even", "odd", "even"}) REQUIRE(topic.publish(plain(type)));
  world.bench.turn();
  for (const auto* peer : {one.get(), two.get()}) {
    CHECK(peer->types() == "even");
    CHECK(peer->gone());
    CHECK_FALSE(peer->misused());
  }
  CHECK(other->types() == "even odd even");
  CHECK(world.log == std::vector<std::string>{"streams of 'a': too odd"});
  CHECK(world.bench.shard->cohort_count() == 1);
  REQUIRE(topic.publish(plain("even")));
  world.bench.turn();
  CHECK(other->types() == "even odd even even");
  CHECK(one->types() == "even");
}

TEST_CASE("stream failures: who reads on its own ends at the event that its format cannot say", "[transport][failures]") {
  World world;
  const auto topic = world.bench.broker.topic("a");
  const auto slow = world.peer(fragile(), 0), other = world.peer(fanfare::sse(), 0);
  for (const char* type : {"even", "even", "odd", "even"}) REQUIRE(topic.publish(plain(type, '"' + std::string(1000, 'x') + '"')));
  world.bench.turn();
  slow->give_room(Peer::unlimited);
  other->give_room(Peer::unlimited);
  world.bench.turn();
  CHECK(slow->types() == "even even");
  CHECK(slow->gone());
  CHECK(other->types() == "even even odd even");
  REQUIRE(world.log.size() == 1);
  CHECK(world.log[0] == "the stream of 'a': too odd");
}

TEST_CASE("stream failures: who returns to an event that its format cannot say gets what comes before", "[transport][failures]") {
  for (const int before : {1, 63, 64, 65, 200}) {
    World world;
    const auto topic = world.bench.broker.topic("a");
    const auto from = topic.publish(plain("even")).position;
    for (int i = 0; i < before; ++i) REQUIRE(topic.publish(plain("even")));
    REQUIRE(topic.publish(plain("odd")));
    Request back;
    back.fields = {{"Last-Event-ID", from.str()}};
    const auto peer = world.peer(fragile(), Peer::unlimited, back);
    CHECK(peer->events().size() == static_cast<std::size_t>(before));
    CHECK(peer->gone());
    CHECK(world.log == std::vector<std::string>{"the stream of 'a': too odd"});
  }
}

TEST_CASE("stream failures: a state that cannot be written ends those who need it", "[transport][failures]") {
  World world({.max_history_events = 4});
  const auto topic = world.bench.broker.topic("a", Shy{});
  const auto behind = world.peer(fanfare::sse());
  CHECK(behind->types() == "snapshot");
  for (int i = 0; i < 9; ++i) REQUIRE(topic.publish(Note{i}));
  world.bench.turn();
  CHECK(behind->gone());
  CHECK(world.log == std::vector<std::string>{"streams of 'a': too shy"});
  CHECK(world.bench.shard->cohort_count() == 0);
}

TEST_CASE("stream failures: a poll whose state cannot be written is answered, and once", "[transport][failures]") {
  World world({.max_history_events = 4});
  const auto topic = world.bench.broker.topic("a", Shy{});
  Request since{.target = "/?since=" + topic.publish(Note{0}).position.str()};
  auto opening = open_stream(*world.bench.broker.core(), {fanfare::long_poll()}, since, to({"a"}));
  std::vector<int> answers;
  fanfare::detail::Poll poll(*world.bench.shard, std::move(opening),
                             [&](const fanfare::Response& answer) { answers.push_back(answer.status); });
  poll.start();
  for (int i = 0; i < 9; ++i) REQUIRE(topic.publish(Note{i}));
  world.bench.turn();
  CHECK(answers == std::vector<int>{500});
  CHECK(world.log == std::vector<std::string>{"a poll of 'a': too shy"});
  world.bench.pass(1min);
  CHECK(answers.size() == 1);
}

TEST_CASE("stream failures: a transport that throws ends its stream", "[transport][failures]") {
  World world;
  const auto topic = world.bench.broker.topic("a");
  const auto beats = world.peer(fragile(At::beat)), ends = world.peer(fragile(At::end)), hears = world.peer(fragile(At::receive)),
             sound = world.peer(fragile());
  hears->stream().receive("x");
  CHECK(hears->gone());
  ends->stream().say_goodbye({fanfare::Error::drained, 5s});
  CHECK(ends->gone());
  world.bench.pass(12s);
  CHECK(beats->gone());
  CHECK(world.log == std::vector<std::string>{"the stream of 'a': no ears", "the stream of 'a': no end", "the stream of 'a': no beat"});
  CHECK(sound->got() == ":\n\n");
  REQUIRE(topic.publish(plain("even")));
  world.bench.turn();
  CHECK(sound->types() == "even");
  CHECK_FALSE(sound->gone());
}

TEST_CASE("stream failures: a stream that is pulled ends before what its format cannot say", "[transport][failures]") {
  World world;
  const auto topic = world.bench.broker.topic("a");
  Stream stream(world.bench.broker, fragile(), {}, to({"a"}));
  for (const char* type : {"even", "odd", "even"}) REQUIRE(topic.publish(plain(type)));
  const std::string got(stream.take());
  CHECK(got.find("event: even\n") != got.npos);
  CHECK(got.find("event: even\n", got.find("event: even\n") + 1) == got.npos);
  CHECK(stream.ended());
  CHECK(stream.take().empty());
  CHECK(world.log == std::vector<std::string>{"the stream of 'a': too odd"});
}

TEST_CASE("stream failures: a stream that is pulled ends when its state cannot be written", "[transport][failures]") {
  World world({.max_history_events = 4});
  const auto topic = world.bench.broker.topic("a", Shy{});
  Stream stream(world.bench.broker, fanfare::sse(), {}, to({"a"}));
  CHECK_FALSE(stream.take().empty());
  for (int i = 0; i < 9; ++i) REQUIRE(topic.publish(Note{i}));
  CHECK(stream.take().empty());
  CHECK(stream.ended());
  CHECK(world.log == std::vector<std::string>{"the stream of 'a': too shy"});
}

TEST_CASE("stream failures: a poll that is pulled is answered when its state cannot be written", "[transport][failures]") {
  World world({.max_history_events = 4});
  const auto topic = world.bench.broker.topic("a", Shy{});
  const Request since{.target = "/?since=" + topic.publish(Note{0}).position.str() + "&max_rate=0.001"};
  fanfare::Shard shard(world.bench.broker, [] {});
  const auto turn = [&] {
    while (shard.poll() == 0ms) {}
  };
  std::vector<int> answers;
  fanfare::Admission admission = to({"a"});
  admission.max_rate = 0.001;
  Stream stream(shard, fanfare::long_poll(), since, std::move(admission), [&](Stream& self) {
    if (const auto* head = self.head()) answers.push_back(head->status);
  });
  turn();
  for (int i = 0; i < 9; ++i) REQUIRE(topic.publish(Note{i}));
  turn();
  for (int i = 0; i < 120; ++i) {
    world.bench.clock.advance(1s);
    turn();
  }
  CHECK(answers == std::vector<int>{500});
  CHECK(world.log == std::vector<std::string>{"the stream of 'a': too shy"});
}

TEST_CASE("stream failures: what the callback of a stream throws ends it, and is told", "[transport][failures]") {
  World world;
  const auto topic = world.bench.broker.topic("a");
  fanfare::Shard shard(world.bench.broker, [] {});
  const auto turn = [&] {
    while (shard.poll() == 0ms) {}
  };
  Stream by_event(shard, fanfare::sse(), {}, to({"a"}), [](Stream& self) {
    if (!self.take().empty()) throw std::runtime_error("by event");
  });
  turn();
  REQUIRE(topic.publish(plain("e")));
  CHECK_THROWS_AS(turn(), std::runtime_error);
  CHECK(by_event.ended());
  CHECK(world.log == std::vector<std::string>{"on_ready of 'a': by event"});

  Stream by_time(shard, fanfare::sse(), {}, to({"a"}), [](Stream& self) {
    if (self.take().starts_with(':')) throw std::runtime_error("by time");
  });
  turn();
  world.bench.clock.advance(20s);
  CHECK_THROWS_AS(turn(), std::runtime_error);
  CHECK(by_time.ended());
  CHECK(world.log.back() == "on_ready of 'a': by time");
  CHECK(world.log.size() == 2);
  turn();
}
