#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/transport/stream_core.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/scripted_sink.hpp"
#include "support/vocabulary.hpp"

using fanfare::Request;
using scripted::Bench;
using scripted::Peer;
using scripted::to;
using vocabulary::Note;
using vocabulary::plain;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view heartbeat = ": heartbeat\n\n";

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace

TEST_CASE("stream core: goodbye waits for the image under way and is the last", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer slow(bench, to({"a"}), {}, {}, 20), fast(bench, to({"a"}));
  bench.turn();
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Note{2}));
  bench.turn();
  const std::string whole = fast.take();
  slow.stream().say_goodbye({fanfare::Error::drained, 5s});
  fast.stream().say_goodbye({fanfare::Error::drained, 5s});
  CHECK(fast.got() == "retry: 5000\n\n");
  CHECK(fast.finished());
  CHECK_FALSE(slow.finished());
  REQUIRE(topic.publish(Note{3}));
  bench.turn();
  slow.give_room(Peer::unlimited);
  bench.turn();
  CHECK(slow.got() == whole.substr(0, whole.find("\n\n") + 2) + "retry: 5000\n\n");
  CHECK(slow.finished());
  CHECK_FALSE(slow.misused());
  CHECK(fast.got() == "retry: 5000\n\n");
  slow.stream().say_goodbye({fanfare::Error::drained, 9s});
  CHECK(count(slow.got(), "retry") == 1);
}

TEST_CASE("stream core: goodbye to one that has only just joined", "[transport][stream core]") {
  Bench bench;
  (void)bench.broker.topic("a");
  Peer peer(bench, to({"a"}));
  peer.stream().say_goodbye({fanfare::Error::drained, 5s});
  CHECK(peer.got() == "retry: 5000\n\n");
  CHECK(peer.finished());
  bench.turn();
  bench.pass(60s);
  CHECK(peer.got() == "retry: 5000\n\n");
}

TEST_CASE("stream core: the topic ends, everybody gets everything and then the end", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer fast(bench, to({"a"})), slow(bench, to({"a"}), {}, {}, 20), late(bench, to({"a"}), {}, {}, 0);
  bench.turn();
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  REQUIRE(topic.publish(Note{2}));
  REQUIRE(topic.finish(plain("done")));
  bench.turn();
  CHECK(fast.types() == "note note done");
  CHECK(fast.finished());
  CHECK_FALSE(slow.finished());
  slow.give_room(50);
  bench.turn();
  slow.give_room(Peer::unlimited);
  late.give_room(Peer::unlimited);
  bench.turn();
  CHECK(slow.got() == fast.got());
  CHECK(late.got() == fast.got());
  CHECK(slow.finished());
  CHECK(late.finished());
  CHECK(bench.shard->cohort_count() == 0);
}

TEST_CASE("stream core: a stream of several topics ends with the last of them", "[transport][stream core]") {
  Bench bench;
  const auto a = bench.broker.topic("a"), b = bench.broker.topic("b");
  Peer peer(bench, to({"a", "b"}));
  bench.turn();
  REQUIRE(a.finish(plain("done")));
  bench.turn();
  CHECK_FALSE(peer.finished());
  REQUIRE(b.publish(Note{1}));
  REQUIRE(b.finish(plain("done")));
  bench.turn();
  CHECK(peer.types() == "synced done note done");
  CHECK(peer.finished());
}

TEST_CASE("stream core: a connection that breaks is reported once and leaves its cohort", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Peer broken(bench, to({"a"})), at_the_beat(bench, to({"a"})), stays(bench, to({"a"}));
  bench.turn();
  broken.break_off();
  REQUIRE(topic.publish(Note{1}));
  bench.turn();
  CHECK(broken.gone());
  CHECK_FALSE(broken.stream().in_cohort());
  at_the_beat.break_off();
  bench.pass(17s);
  CHECK(at_the_beat.gone());
  const auto sends = broken.sends() + at_the_beat.sends();
  broken.stream().say_goodbye({});
  broken.stream().on_writable();
  REQUIRE(topic.publish(Note{2}));
  bench.turn();
  CHECK(broken.sends() + at_the_beat.sends() == sends);
  CHECK(stays.types() == "note note");
  CHECK_FALSE(broken.misused());
  Peer from_the_start(bench, to({"a"}), Request{.target = "/?rewind=2"}, {}, 10);
  from_the_start.break_off();
  from_the_start.give_room(5);
  CHECK(from_the_start.gone());
}

TEST_CASE("stream core: an admission that expires ends the stream on time", "[transport][stream core]") {
  Bench bench;
  (void)bench.broker.topic("a");
  auto admission = to({"a"});
  admission.expires = bench.clock.wall() + 10s;
  Peer peer(bench, admission, {}, {.heartbeat = 0ms});
  bench.turn();
  bench.pass(9900ms);
  CHECK_FALSE(peer.finished());
  bench.pass(200ms);
  CHECK(peer.finished());
  admission.expires = bench.clock.wall() - 1s;
  Peer too_late(bench, admission);
  bench.turn();
  bench.pass(100ms);
  CHECK(too_late.finished());
}

TEST_CASE("stream core: revoking a tag ends who carries it", "[transport][stream core]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  auto seven = to({"a"});
  seven.audience = {"user:7", "vip"};
  Peer one(bench, seven), blocked(bench, seven, Request{.target = "/?rewind=1"}, {}, 0), other(bench, to({"a"}));
  REQUIRE(topic.publish(plain("e")));
  bench.turn();
  bench.broker.revoke("user:7");
  bench.turn();
  CHECK(one.finished());
  CHECK_FALSE(other.finished());
  CHECK_FALSE(blocked.finished());
  blocked.give_room(Peer::unlimited);
  CHECK(blocked.finished());
  bench.broker.close();
  bench.turn();
  CHECK(other.finished());
}

TEST_CASE("stream core: whoever opens its topics anew joins only when they are open", "[transport][stream core]") {
  // While its cohort stands where it stood, and the log has moved on: what the snapshots hold must not come again.
  Bench bench({.topic_defaults = {.max_history_events = 4}});
  const auto a = bench.broker.topic("a", vocabulary::Tally{}), b = bench.broker.topic("b", vocabulary::Tally{});
  const auto cohort_at = b.publish(Note{1}).position.n;
  Peer peer(bench, fanfare::sse(), to({"a", "b"}));
  for (int i = 0; i < 20; ++i) REQUIRE(a.publish(Note{1}));
  CHECK(peer.stream().level_with(cohort_at) == fanfare::detail::Member::Level::ahead);
  CHECK(peer.types().ends_with("reset snapshot snapshot synced"));
  CHECK_FALSE(peer.stream().in_cohort());
  peer.stream().start();
  bench.turn();
  REQUIRE(a.publish(Note{1}));
  bench.turn();
  CHECK(peer.types().ends_with("reset snapshot snapshot synced note"));
}

TEST_CASE("stream core: the last words know the position of who waits to join", "[transport][stream core]") {
  struct Words final : fanfare::Transport {
    fanfare::Response head() const override { return {200, "text/plain", {}, {}}; }
    const fanfare::Format& format() const noexcept override { return inner->format(); }
    void end(fanfare::Goodbye, std::string& out) override { out += "at " + position().str(); }
    std::unique_ptr<Transport> inner = fanfare::sse()(Request{});
  };
  const auto words = [](const Request&) { return std::make_unique<Words>(); };
  Bench bench;
  const auto topic = bench.broker.topic("a");
  auto paced = to({"a"});
  paced.max_rate = 1;
  Peer first(bench, words, paced);
  first.stream().start();
  bench.turn();
  REQUIRE(topic.publish(vocabulary::Meter{"m", 1}));
  bench.turn();
  const auto at = topic.publish(vocabulary::Meter{"m", 2}).position;
  Peer newcomer(bench, words, paced);
  newcomer.stream().start();
  bench.turn();
  newcomer.stream().say_goodbye({fanfare::Error::drained, 5s});
  CHECK(newcomer.got().ends_with("at " + at.str()));
}

TEST_CASE("stream core: one whose transport throws before it starts leaves no trace", "[transport][stream core]") {
  class Fragile final : public fanfare::Transport {
    fanfare::Response head() const override { return {101, {}, {}, {}}; }
    const fanfare::Format& format() const noexcept override { return fanfare::detail::SseFormat::of({}); }
    void end(fanfare::Goodbye, std::string&) override { throw std::runtime_error("no"); }
  };
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto done = topic.finish(fanfare::Done{});
  Request back;
  back.fields = {{"Last-Event-ID", done.position.str()}};
  const auto open = [&] { Peer(bench, [](const Request&) { return std::make_unique<Fragile>(); }, to({"a"}), back); };
  CHECK_THROWS_AS(open(), std::runtime_error);
  bench.shard->end_subscribers("", fanfare::Error::shut_down);
  bench.turn();  // would call it
}
