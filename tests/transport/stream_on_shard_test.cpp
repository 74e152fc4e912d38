#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::http1;
using fanfare::Request;
using fanfare::Shard;
using fanfare::sse;
using fanfare::Stream;
using vocabulary::plain;
using namespace std::chrono_literals;

namespace {

/// A loop as small as one can be: it polls when it was woken, or when the time has come that poll named.
struct Loop {
  fanfare::ManualClock clock;
  Broker broker{{.clock = &clock}};
  int wakes = 0;
  bool woken = false;
  Shard shard{broker, [this] { ++wakes, woken = true; }};
  fanfare::SteadyTime due = fanfare::SteadyTime::max();

  void turn() {
    while (std::exchange(woken, false) || clock.now() >= due) due = clock.now() + shard.poll();
  }
  /// Time passes in steps of 10 ms, with a turn after each.
  void pass(std::chrono::milliseconds time) {
    for (; time.count() > 0; time -= 10ms) {
      clock.advance(10ms);
      turn();
    }
  }
};

Admission to(std::string topic) {
  Admission admission;
  admission.topics = {std::move(topic)};
  return admission;
}

}  // namespace

TEST_CASE("stream on a shard: on_ready comes from poll and nowhere else", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  int calls = 0;
  std::string got;
  Stream stream(loop.shard, sse(), {}, to("a"), [&](Stream& self) { ++calls, got += self.take(); });
  CHECK(calls == 0);
  loop.turn();
  CHECK(calls == 1);
  REQUIRE(topic.publish(plain("e", "1")));
  CHECK(calls == 1);
  CHECK(loop.woken);
  loop.turn();
  CHECK(calls == 2);
  CHECK(got.ends_with("event: e\ndata: 1\n\n"));
  loop.broker.revoke("nobody");
  loop.turn();
  CHECK(calls == 2);
}

TEST_CASE("stream on a shard: it beats at its interval", "[transport][stream]") {
  Loop loop;
  (void)loop.broker.topic("a");
  std::string got;
  Stream stream(loop.shard, sse({.heartbeat = 5s}), {}, to("a"), [&](Stream& self) { got += self.take(); });
  loop.turn();
  loop.pass(4900ms);
  CHECK(got.empty());
  loop.pass(200ms);
  CHECK(got == ": heartbeat\n\n");
  loop.pass(10s);
  CHECK(got == ": heartbeat\n\n: heartbeat\n\n: heartbeat\n\n");
}

TEST_CASE("stream on a shard: who takes after poll has returned gets every beat", "[transport][stream]") {
  // As a coroutine does: on_ready only resumes it, and it takes on a later turn of the loop.
  Loop loop;
  (void)loop.broker.topic("a");
  bool ready = false;
  int beats = 0;
  Stream stream(loop.shard, sse({.heartbeat = 5s}), {}, to("a"), [&](Stream&) { ready = true; });
  for (int step = 0; step < 3000; ++step) {
    loop.clock.advance(10ms);
    loop.turn();
    if (std::exchange(ready, false) && !stream.take().empty()) ++beats;
  }
  CHECK(beats >= 5);
  CHECK(beats <= 6);
}

TEST_CASE("stream on a shard: it ends when its admission expires, beats or not", "[transport][stream]") {
  for (const auto heartbeat : {0s, 60s}) {
    Loop loop;
    (void)loop.broker.topic("a");
    auto admission = to("a");
    admission.expires = loop.clock.wall() + 10s;
    std::string got;
    Stream stream(loop.shard, http1(sse({.heartbeat = heartbeat})), {}, admission, [&](Stream& self) { got += self.take(); });
    loop.pass(9900ms);
    CHECK_FALSE(stream.ended());
    loop.pass(200ms);
    CHECK(stream.ended());
    CHECK(got.ends_with("\r\n\r\n0\r\n\r\n"));
  }
}

TEST_CASE("stream on a shard: beats go on before an expiry, and not after it", "[transport][stream]") {
  Loop loop;
  (void)loop.broker.topic("a");
  auto admission = to("a");
  admission.expires = loop.clock.wall() + 12s;
  std::string got;
  Stream stream(loop.shard, sse({.heartbeat = 5s}), {}, admission, [&](Stream& self) { got += self.take(); });
  loop.pass(30s);
  CHECK(stream.ended());
  CHECK(got == ": heartbeat\n\n: heartbeat\n\n");
}

TEST_CASE("stream on a shard: it is told of its end", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  auto admission = to("a");
  admission.audience = {"user:7"};
  std::string first, second;
  Stream finished(loop.shard, http1(sse()), {}, to("a"), [&](Stream& self) { first += self.take(); });
  Stream revoked(loop.shard, http1(sse()), {}, admission, [&](Stream& self) { second += self.take(); });
  loop.turn();
  loop.broker.revoke("user:7");
  loop.turn();
  CHECK(revoked.ended());
  CHECK(second.ends_with("\r\n\r\n0\r\n\r\n"));
  CHECK_FALSE(finished.ended());
  REQUIRE(topic.finish(plain("done")));
  loop.turn();
  CHECK(finished.ended());
  CHECK(first.find("event: done\n") != first.npos);
  CHECK(first.ends_with("0\r\n\r\n"));
}

TEST_CASE("stream on a shard: the end of its broker reaches it", "[transport][stream]") {
  Loop loop;
  (void)loop.broker.topic("a");
  Stream stream(loop.shard, sse(), {}, to("a"), [&](Stream& self) { (void)self.take(); });
  loop.turn();
  loop.broker.close();
  loop.turn();
  CHECK(stream.ended());
}

TEST_CASE("stream on a shard: a refusal is ready at the next poll", "[transport][stream]") {
  Loop loop;
  int calls = 0;
  std::string got;
  Stream stream(loop.shard, http1(sse()), {}, to("missing"), [&](Stream& self) { ++calls, got += self.take(); });
  CHECK(calls == 0);
  CHECK(stream.head()->status == 404);
  loop.turn();
  CHECK(calls == 1);
  CHECK(got.starts_with("HTTP/1.1 404 "));
  CHECK(stream.ended());
}

TEST_CASE("stream on a shard: it may be destroyed within on_ready", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  auto witness = std::make_shared<int>();
  std::optional<Stream> stream;
  int calls = 0;
  stream.emplace(loop.shard, sse(), Request{}, to("a"), [&, witness](Stream& self) {
    if (++calls == 2) {
      stream.reset();
      CHECK(self.take().empty());  // the handle is lent until the callback returns, but the stream is closed
    }
  });
  loop.turn();
  REQUIRE(topic.publish(plain("e")));
  loop.turn();
  CHECK(calls == 2);
  CHECK(witness.use_count() == 1);
  REQUIRE(topic.publish(plain("e")));
  loop.turn();
  loop.pass(40s);
  CHECK(calls == 2);
}

TEST_CASE("stream on a shard: destroyed within the beat and the refusal", "[transport][stream]") {
  Loop loop;
  (void)loop.broker.topic("a");
  std::optional<Stream> beating, refused;
  int calls = 0;
  beating.emplace(loop.shard, sse({.heartbeat = 1s}), Request{}, to("a"), [&](Stream& self) {
    if (!self.take().empty()) ++calls, beating.reset();
  });
  refused.emplace(loop.shard, http1(sse()), Request{}, to("missing"), [&](Stream&) { ++calls, refused.reset(); });
  loop.pass(5s);
  CHECK(calls == 2);
  CHECK_FALSE(beating);
  CHECK_FALSE(refused);
}

TEST_CASE("stream on a shard: nothing is called for one that was destroyed", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  int calls = 0;
  {
    Stream stream(loop.shard, sse(), {}, to("a"), [&](Stream&) { ++calls; });
    Stream refused(loop.shard, http1(sse()), {}, to("missing"), [&](Stream&) { ++calls; });
    REQUIRE(topic.publish(plain("e")));
  }
  loop.turn();
  loop.pass(40s);
  CHECK(calls == 0);
}

TEST_CASE("stream on a shard: a moved one is told under its new name", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  std::string got;
  std::vector<Stream> all;
  for (int i = 0; i < 5; ++i) {
    all.emplace_back(loop.shard, sse(), Request{}, to("a"), [&](Stream& self) { got += self.take(); });
  }
  all.erase(all.begin(), all.begin() + 3);
  loop.turn();
  REQUIRE(topic.publish(plain("e", "1")));
  loop.turn();
  CHECK(got.size() > 20);
  CHECK(got.substr(0, got.size() / 2) == got.substr(got.size() / 2));
}

TEST_CASE("stream on a shard: a paced one is ready again when its time has come", "[transport][stream]") {
  Loop loop;
  const auto topic = loop.broker.topic("a");
  auto admission = to("a");
  admission.max_rate = 1;
  std::string got;
  Stream stream(loop.shard, sse(), {}, admission, [&](Stream& self) { got += self.take(); });
  loop.turn();
  for (int i = 1; i <= 9; ++i) {
    REQUIRE(topic.publish(vocabulary::Meter{"m", i}));
    loop.turn();
  }
  const auto values = [&] {
    std::string all;
    for (auto at = got.find("\"value\":"); at != got.npos; at = got.find("\"value\":", at + 1)) all += got[at + 8];
    return all;
  };
  CHECK(values() == "1");
  loop.pass(900ms);
  CHECK(values() == "1");
  loop.pass(200ms);
  CHECK(values() == "19");
}

TEST_CASE("stream on a shard: an idle one costs no turns", "[transport][stream]") {
  Loop loop;
  (void)loop.broker.topic("a");
  Stream stream(loop.shard, sse(), {}, to("a"), [&](Stream& self) { (void)self.take(); });
  loop.turn();
  const int wakes = loop.wakes;
  loop.pass(60s);
  CHECK(loop.wakes - wakes <= 4);
}
