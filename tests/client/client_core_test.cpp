#include <fanfare/error.hpp>

#include "client/recording_host.hpp"
#include "support/catch.hpp"
#include "support/seeds.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace clients;
using namespace std::chrono_literals;
using fanfare::ClientTransport;
using fanfare::Error;
using fanfare::Link;
using Lines = std::vector<std::string>;
using Links = std::vector<Link>;

TEST_CASE("client: events are told in order, each with the position after it", "[client][core]") {
  Following client;
  CHECK(client.host.links == Links{Link::connecting});
  client.network.sse_head();
  client.network.bytes(sse_event(1) + sse_event(2, "meter", R"({"value":5})"));
  CHECK(client.host.take() == Lines{"note {} @" + epoch + ".1", "meter {\"value\":5} @" + epoch + ".2"});
  CHECK(client.host.events[0].topic() == "t");
  CHECK(client.host.events[1].seq() == 2);
  CHECK(client.host.events[1].position().n == 2);
  CHECK_FALSE(client.host.events[1].control());
  CHECK(client.host.links == Links{Link::connecting, Link::connected});
}

TEST_CASE("client: a connection that is lost is taken up at the last position", "[client][core]") {
  Following client({.topics = {"t"}});
  client.network.sse_head();
  client.network.bytes(sse_event(1) + sse_event(2));
  client.network.cut();
  CHECK(client.host.link() == Link::waiting);
  CHECK(client.host.error == std::errc::connection_reset);
  CHECK(client.network.pass_until_asked() == 500ms);
  CHECK(client.network.asked_field("Last-Event-ID") == epoch + ".2");
  CHECK(client.host.link() == Link::connecting);
}

TEST_CASE("client: what comes a second time is dropped", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes(sse_event(1) + sse_event(2));
  client.network.cut();
  (void)client.network.pass_until_asked();
  client.network.sse_head();
  (void)client.host.take();
  client.network.bytes(sse_event(1) + sse_event(2) + sse_event(3));
  CHECK(client.host.take() == Lines{"note {} @" + epoch + ".3"});
  CHECK(client.core->duplicates() == 2);
}

TEST_CASE("client: an event without a position is not taken for one that came before", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes(sse_event(5));
  client.network.bytes(
      "event: skipped\ndata: {\"topic\":\"t\",\"type\":\"skipped\",\"data\":{\"count\":3}}\n\n");
  CHECK(client.host.take() == Lines{"note {} @" + epoch + ".5", "skipped {\"count\":3}"});
  REQUIRE(client.host.events.size() == 2);
  CHECK(client.host.events[1].control());
}

TEST_CASE("client: a position given by the host is where it begins", "[client][core]") {
  Following client({.since = epoch + ".7"});
  CHECK(client.network.asked_field("Last-Event-ID") == epoch + ".7");
  client.network.sse_head();
  client.network.bytes(sse_event(7) + sse_event(8));
  CHECK(client.host.take() == Lines{"note {} @" + epoch + ".8"});
}

TEST_CASE("client: a reset makes the position void until the snapshot brings one", "[client][core]") {
  Following client;
  const std::string reset =
      "event: reset\ndata: {\"topic\":\"t\",\"type\":\"reset\",\"data\":{\"reason\":\"foreign_epoch\"}}\n\n";
  client.network.sse_head();
  client.network.bytes(sse_event(9) + reset);
  CHECK(client.host.take() == Lines{"note {} @" + epoch + ".9", "reset {\"reason\":\"foreign_epoch\"} @"});
  SECTION("cut there, it begins anew") {
    client.network.cut();
    (void)client.network.pass_until_asked();
    CHECK(client.network.asked_field("Last-Event-ID").empty());
  }
  SECTION("smaller numbers than before are new ones then") {
    client.network.bytes("id: " + epoch + ".2\nevent: snapshot\ndata: {\"topic\":\"t\",\"id\":\"" + epoch +
                         ".2\",\"type\":\"snapshot\",\"data\":{}}\n\n" + sse_event(3));
    CHECK(client.host.take() == Lines{"snapshot {} @" + epoch + ".2", "note {} @" + epoch + ".3"});
  }
}

TEST_CASE("client: positions of other servers are kept as they are", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes("id: 5f3c-\xC3\xA4/+\nevent: price\ndata: 17\n\nid: 4\ndata: text\n\ndata: more\n\n");
  CHECK(client.host.take() == Lines{"price 17 @5f3c-\xC3\xA4/+", "message \"text\" @4", "message \"more\""});
  client.network.cut();
  (void)client.network.pass_until_asked();
  CHECK(client.network.asked_field("Last-Event-ID") == "4");
}

TEST_CASE("client: another server's own reset leaves its position alone", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes("id: 5\nevent: reset\ndata: {\"reason\":\"the game is over\"}\n\n");
  client.network.bytes("event: reset\ndata: {\"reason\":\"the game is over\"}\n\n");
  CHECK(client.host.take() ==
        Lines{"reset {\"reason\":\"the game is over\"} @5", "reset {\"reason\":\"the game is over\"}"});
}

TEST_CASE("client: a position without an event counts as well", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes("id: abc\n\n");
  CHECK(client.host.take() == Lines{"@abc"});
}

// ---- waiting ---------------------------------------------------------------------------------------

TEST_CASE("client: after a kill the delays are full jitter, drawn from the random source", "[client][core]") {
  const auto source = [] {
    return [random = Random(42)]() mutable { return static_cast<double>(random.below(1'000'000)) / 1e6; };
  };
  auto drawn = source();
  Following client({.random = source()});
  client.network.sse_head();
  client.network.bytes(sse_event(1));
  client.network.cut();
  for (const double limit : {1000., 2000., 4000., 8000., 16000., 30000., 30000., 30000.}) {
    const auto delay = client.network.pass_until_asked();
    CHECK(delay.count() == static_cast<std::int64_t>(limit * drawn()));
    client.network.end(std::make_error_code(std::errc::connection_refused));
  }
}

TEST_CASE("client: only a connection that stayed ends the row of failures", "[client][core]") {
  Following client;
  const auto connection_of = [&](std::chrono::milliseconds time) {
    client.network.sse_head();
    client.network.bytes(": hello\n\n");
    client.network.pass(time);
    client.network.cut();
    return client.network.pass_until_asked();
  };
  CHECK(connection_of(1s) == 500ms);
  CHECK(connection_of(1s) == 1000ms);
  CHECK(connection_of(9s) == 2000ms);
  CHECK(connection_of(10s) == 500ms);
}

TEST_CASE("client: the server's Retry-After is waited for, and the jitter after it", "[client][core]") {
  Following client;
  client.network.head(503, {{"Retry-After", "20"}});
  CHECK(client.host.link() == Link::waiting);
  CHECK(client.host.error.message() == "the server answered 503");
  CHECK(client.network.pass_until_asked() == 20500ms);
  client.network.head(503);
  CHECK(client.network.pass_until_asked() == 1000ms);
}

TEST_CASE("client: the stream's retry is waited for, once", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes("retry: 7000\n\n" + sse_event(1));
  client.network.end();
  CHECK(client.host.error == Error::peer_gone);
  CHECK(client.network.pass_until_asked() == 7500ms);
  client.network.cut();
  CHECK(client.network.pass_until_asked() == 1000ms);
}

TEST_CASE("client: it gives up when that was asked for, and says why", "[client][core]") {
  Following client({.give_up_after = 10s});
  client.network.sse_head();
  client.network.pass(60s / 2);
  client.network.cut();
  for (int i = 0; i < 20 && client.host.link() != Link::gave_up; ++i) {
    (void)client.network.pass_until_asked();
    if (client.network.is_open()) client.network.end(std::make_error_code(std::errc::connection_refused));
  }
  CHECK(client.host.link() == Link::gave_up);
  CHECK(client.host.error == std::errc::connection_refused);
  CHECK(client.clock.now() - client.network.asked_at.front() == 40s);
}

TEST_CASE("client: stopped, it says nothing more", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.core->stop();
  CHECK_FALSE(client.network.is_open());
  CHECK(client.host.links == Links{Link::connecting, Link::connected});
  client.network.pass(1h);
  CHECK(client.network.asked.size() == 1);
}

// ---- silence ---------------------------------------------------------------------------------------

TEST_CASE("client: silence for two and a half heartbeats is the end of a connection", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.bytes(": heartbeat\n\n");
  client.network.pass(37s);
  client.network.bytes(": heartbeat\n\n");
  client.network.pass(37499ms);
  CHECK(client.host.link() == Link::connected);
  client.network.pass(1ms);
  CHECK(client.host.link() == Link::waiting);
  CHECK(client.host.error == Error::silent);
  CHECK_FALSE(client.network.is_open());
}

TEST_CASE("client: the heartbeat of an event stream is learnt by watching it", "[client][core]") {
  Following client;
  client.network.sse_head();
  for (int i = 0; i < 3; ++i) {
    client.network.pass(4s);
    client.network.bytes(": heartbeat\n\n");
  }
  client.network.pass(10s - 1ms);
  CHECK(client.host.link() == Link::connected);
  client.network.pass(1ms);
  CHECK(client.host.error == Error::silent);
}

TEST_CASE("client: heartbeats that were held up do not make it impatient", "[client][core]") {
  Following client;
  client.network.sse_head();
  client.network.pass(16s);
  for (int i = 0; i < 5; ++i) client.network.bytes(": heartbeat\n\n");
  client.network.pass(16s);
  CHECK(client.host.link() == Link::connected);
}

TEST_CASE("client: without a heartbeat to expect there is no silence", "[client][core]") {
  Following client({.heartbeat = 0s});
  client.network.sse_head();
  client.network.pass(24h);
  CHECK(client.host.link() == Link::connected);
}

TEST_CASE("client: who answers nothing within the time for it has failed", "[client][core]") {
  Following client({.open_timeout = 3s});
  client.network.pass(2999ms);
  CHECK(client.host.link() == Link::connecting);
  client.network.pass(1ms);
  CHECK(client.host.error == Error::response_timeout);
  CHECK(client.host.link() == Link::waiting);
}

// ---- backpressure ----------------------------------------------------------------------------------

TEST_CASE("client: a host without room makes the server wait, and is not taken for a silent server",
          "[client][core]") {
  Following client;
  client.host.room = 2;
  client.network.sse_head();
  client.network.bytes(sse_event(1));
  CHECK_FALSE(client.network.paused);
  client.network.bytes(sse_event(2));
  CHECK(client.network.paused);
  client.network.pass(10min);
  CHECK(client.host.link() == Link::connected);
  client.host.room = 100;
  client.core->resume();
  CHECK_FALSE(client.network.paused);
  client.network.pass(37499ms);
  CHECK(client.host.link() == Link::connected);
  client.network.pass(1ms);
  CHECK(client.host.error == Error::silent);
}

TEST_CASE("client: without room no new connection is made", "[client][core]") {
  Following client;
  client.host.room = 1;
  client.network.sse_head();
  client.network.bytes(sse_event(1));
  client.network.cut();
  client.network.pass(1h);
  CHECK(client.network.asked.size() == 1);
  client.host.room = 100;
  client.core->resume();
  CHECK(client.network.asked.size() == 2);
}

TEST_CASE("client: names of topics are shared by their events, but not kept at any length", "[client][core]") {
  Following client;
  client.network.sse_head();
  const auto is_shared = [&](std::size_t bytes) {
    const std::string data = "data: {\"topic\":\"" + std::string(bytes, 't') + "\",\"type\":\"note\",\"data\":1}\n\n";
    client.host.events.clear();
    client.network.bytes(data + data);
    REQUIRE(client.host.events.size() == 2);
    return client.host.events[0].topic().data() == client.host.events[1].topic().data();
  };
  CHECK(is_shared(128));
  CHECK_FALSE(is_shared(257));
}

// ---- too large -------------------------------------------------------------------------------------

namespace {

/// A client that asks, gets `before`, and then an event that is larger than it allows.
void meet_too_large(Following& client, std::string_view before = {}, std::chrono::milliseconds after = 0ms) {
  client.network.sse_head();
  if (!before.empty()) client.network.bytes(before);
  client.network.pass(after);
  client.network.bytes("data: " + std::string(2000, 'x') + "\n\n");
}

}  // namespace

TEST_CASE("client: the third time that an event is too large at a position it gives up", "[client][core]") {
  Following client({.max_event_bytes = 1024});
  for (int i = 0; i < 2; ++i) {
    meet_too_large(client, i == 0 ? sse_event(7) : std::string());
    CHECK(client.host.link() == Link::waiting);
    CHECK(client.host.error == Error::too_long);
    (void)client.network.pass_until_asked();
  }
  meet_too_large(client);
  CHECK(client.host.link() == Link::gave_up);
  CHECK(client.host.error == fanfare::Condition::limit_exceeded);
  CHECK(client.host.error.message() == "more than max_event_bytes, which is 1024");
  client.network.pass(1h);
  CHECK(client.network.asked.size() == 3);
}

TEST_CASE("client: events that are too large at different positions are different ones", "[client][core]") {
  Following client({.max_event_bytes = 1024});
  for (std::uint64_t n = 1; n < 10; ++n) {
    meet_too_large(client, sse_event(n));
    CHECK(client.host.link() == Link::waiting);
    (void)client.network.pass_until_asked();
  }
}

TEST_CASE("client: without positions an event that is too large may be another one, after a while", "[client][core]") {
  Following now_and_then({.max_event_bytes = 1024}), always({.max_event_bytes = 1024});
  for (int i = 0; i < 10; ++i) {
    meet_too_large(now_and_then, "data: 1\n\n", 10s);
    CHECK(now_and_then.host.link() == Link::waiting);
    (void)now_and_then.network.pass_until_asked();
  }
  for (int i = 0; i < 3; ++i) {
    meet_too_large(always, "data: 1\n\n", 1s);
    (void)always.network.pass_until_asked();
  }
  CHECK(always.host.link() == Link::gave_up);
}

TEST_CASE("client: what is too large and slow to come is not another event each time", "[client][core]") {
  Following client({.max_event_bytes = 1024});
  for (int i = 0; i < 3; ++i) {
    CHECK(client.host.link() != Link::gave_up);
    client.network.sse_head();
    client.network.bytes("data: ");
    client.network.pass(15s);
    client.network.bytes(std::string(2000, 'x'));
    if (i < 2) (void)client.network.pass_until_asked();
  }
  CHECK(client.host.link() == Link::gave_up);
}
