#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/opening.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/transport/websocket.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Request;
using fanfare::Response;
using fanfare::detail::Opening;
using vocabulary::line;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::position_text;

namespace {

struct Desk {
  fanfare::ManualClock clock;
  fanfare::Broker broker{{.clock = &clock}};
  std::vector<fanfare::TransportFactory> transports{fanfare::sse()};

  Opening open(Admission admission, Request request = {}) {
    return open_stream(*broker.core(), transports, request, std::move(admission));
  }
  Opening open(std::vector<std::string> topics, std::string target = "/") {
    return open({.topics = std::move(topics)}, Request{.target = std::move(target)});
  }
  int status(std::vector<std::string> topics, std::string target = "/") {
    return open(std::move(topics), std::move(target)).head.status;
  }
  /// What comes first, and then what is read up to now.
  std::string events(Opening opening) {
    REQUIRE(opening.replay);
    std::vector<fanfare::Event> all = std::move(opening.first);
    const auto& context = broker.core()->context();
    while (opening.replay->read(context, context.sequencer->committed(), false, {}, all)) {
    }
    return line(all);
  }
  std::string events(std::vector<std::string> topics, std::string target = "/") {
    return events(open(std::move(topics), std::move(target)));
  }
};

Request with_last_event_id(std::string target, std::string id) {
  Request request{.target = std::move(target)};
  request.add_field("Last-Event-ID", id);
  return request;
}

}  // namespace

TEST_CASE("opening: a refusal is the whole answer", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a");
  auto admission = Admission::refuse(401, "sign in first");
  admission.topics = {"a"};
  const auto opening = desk.open(admission);
  CHECK(opening.head.status == 401);
  CHECK_FALSE(opening.transport);
  CHECK_FALSE(opening.replay);
}

TEST_CASE("opening: no topics is 403, too many are 400", "[transport][opening]") {
  Desk desk;
  CHECK(desk.status({}) == 403);
  CHECK(desk.status(std::vector<std::string>(1025, "a")) == 400);
}

TEST_CASE("opening: a closed broker is 503", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a");
  desk.broker.close();
  CHECK(desk.status({"a"}) == 503);
}

TEST_CASE("opening: nothing that the client accepts is 406", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a");
  Request request;
  request.add_field("Accept", "image/png");
  CHECK(desk.open({.topics = {"a"}}, request).head.status == 406);
}

TEST_CASE("opening: what is not there is told to who accepts nothing that is served too", "[transport][opening]") {
  Desk desk;
  desk.transports = {fanfare::websocket()};
  const auto topic = desk.broker.topic("a");
  CHECK(desk.status({"a"}) == 406);
  CHECK(desk.status({"a", "b"}) == 406);
  CHECK(desk.status({"b"}) == 404);
  const auto end = topic.finish(plain("done"));
  desk.clock.advance(std::chrono::minutes(31));
  CHECK(desk.status({"a"}) == 410);
  CHECK(desk.status({"a"}, "/?since=" + position_text(end.position)) == 204);
  desk.transports = {http1(fanfare::websocket())};
  CHECK(desk.status({"b"}) == 404);
}

TEST_CASE("opening: transports are asked in order, with the admitted topics", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a");
  std::vector<std::string> asked;
  desk.transports.insert(desk.transports.begin(), [&](const Request& request) -> std::unique_ptr<fanfare::Transport> {
    asked = request.topics;
    return nullptr;
  });
  CHECK(desk.open({.topics = {"a"}}, Request{.topics = {"b"}}).head.content_type == "text/event-stream; charset=utf-8");
  CHECK(asked == std::vector<std::string>{"a"});
}

TEST_CASE("opening: an unknown topic is 404", "[transport][opening]") {
  Desk desk;
  const auto opening = desk.open({"a\"b"});
  CHECK(opening.head.status == 404);
  CHECK(opening.head.body == R"({"error":"no topic 'a\"b'"})");
}

TEST_CASE("opening: an expired topic is 204 for who was there, 410 for others", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto end = topic.finish(plain("done"));
  desk.clock.advance(std::chrono::minutes(31));
  CHECK(desk.status({"a"}) == 410);
  CHECK(desk.status({"a"}, "/?since=" + position_text(end.position)) == 204);
  CHECK(desk.status({"a"}, "/?since=1") == 204);
  CHECK(desk.status({"a"}, "/?since=" + fanfare::Position{1, 1}.str()) == 410);
  CHECK(desk.status({"a"}, "/?since=nonsense") == 410);
  desk.clock.advance(std::chrono::hours(25));
  CHECK(desk.status({"a"}) == 404);
}

TEST_CASE("opening: at the end of every topic it is 204", "[transport][opening]") {
  Desk desk;
  const auto a = desk.broker.topic("a"), b = desk.broker.topic("b");
  const auto end_a = a.finish(plain("done"));
  CHECK(desk.status({"a"}, "/?since=" + position_text(end_a.position)) == 204);
  CHECK(desk.status({"a", "b"}, "/?since=" + position_text(end_a.position)) == 200);
  const auto end_b = b.finish(plain("done"));
  CHECK(desk.status({"a", "b"}, "/?since=" + position_text(end_a.position)) == 200);
  CHECK(desk.status({"a", "b"}, "/?since=" + position_text(end_b.position)) == 204);
}

TEST_CASE("opening: a newcomer to a finished topic gets its state and its end", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", vocabulary::Tally{});
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.finish(Note{2}));
  CHECK(desk.events({"a"}) == "snapshot/1 note/2");
}

TEST_CASE("opening: unknown topics among others are gone, after the greeting", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a", vocabulary::Tally{});
  auto opening = desk.open({.topics = {"x", "a", "y"}, .greeting = plain("hello")});
  CHECK(opening.head.status == 200);
  CHECK(opening.first[1].json() == R"({"topic":"x"})");
  CHECK(desk.events(std::move(opening)) == "hello gone gone snapshot");
}

TEST_CASE("opening: a resumed stream is greeted too", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto first = topic.publish(plain("one"));
  REQUIRE(topic.publish(plain("two")));
  auto opening = desk.open({.topics = {"a"}, .greeting = plain("hello")},
                           Request{.target = "/?since=" + position_text(first.position)});
  CHECK(desk.events(std::move(opening)) == "hello two/2");
}

TEST_CASE("opening: types are filtered, but for snapshots and the end", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", vocabulary::Tally{});
  const auto start = topic.publish(Note{1});
  REQUIRE(topic.publish(vocabulary::Meter{"m", 1}));
  REQUIRE(topic.publish(Note{2}));
  const std::string since = "/?since=" + position_text(start.position);
  CHECK(desk.events(desk.open({.topics = {"a"}, .types = {"note"}}, Request{.target = since})) == "note/3");
  REQUIRE(topic.finish(fanfare::Done{}));
  CHECK(desk.events(desk.open({.topics = {"a"}, .types = {"meter"}}, Request{.target = since})) == "meter/2 done/4");
}

TEST_CASE("opening: without a hook everybody gets the topics and types asked for", "[transport][opening]") {
  const auto admission = fanfare::detail::admit_as_asked(Request{.target = "/?types=a,b&types=c", .topics = {"t"}});
  CHECK(admission.topics == std::vector<std::string>{"t"});
  CHECK(admission.types == std::vector<std::string>{"a", "b", "c"});
  CHECK_FALSE(admission.may_command);
}

TEST_CASE("opening: a client may ask for a slower pace, not for a faster one", "[transport][opening]") {
  Desk desk;
  (void)desk.broker.topic("a");
  const auto rate = [&](double admitted, std::string asked) {
    return desk.open({.topics = {"a"}, .max_rate = admitted}, Request{.target = "/?max_rate=" + asked})
        .replay->selection()->max_rate;
  };
  CHECK(rate(0, "") == 0);
  CHECK(rate(0, "2.5") == 2.5);
  CHECK(rate(10, "2") == 2);
  CHECK(rate(10, "20") == 10);
  CHECK(rate(10, "0") == 10);
  CHECK(rate(10, "-1") == 10);
  CHECK(rate(10, "nan") == 10);
  CHECK(rate(10, "1x") == 10);
}

TEST_CASE("opening: rewind repeats the last events of a topic without a state", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(plain("e")));
  CHECK(desk.events({"a"}).empty());
  CHECK(desk.events({"a"}, "/?rewind=2") == "e/4 e/5");
  CHECK(desk.events({"a"}, "/?rewind=99") == "e/1 e/2 e/3 e/4 e/5");
  CHECK(desk.events({"a"}, "/?rewind=-1").empty());
  CHECK(desk.events({"a"}, "/?rewind=1e30").empty());
}

TEST_CASE("opening: of several positions the largest valid one counts", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  std::vector<std::string> at;
  for (int i = 0; i < 4; ++i) at.push_back(position_text(topic.publish(plain("e")).position));
  const auto events = [&](const Request& request) { return desk.events(desk.open({.topics = {"a"}}, request)); };
  CHECK(events(with_last_event_id("/?since=" + at[0], at[2])) == "e/4");
  CHECK(events(with_last_event_id("/?since=" + at[2], at[0])) == "e/4");
  CHECK(events(with_last_event_id("/?since=" + at[1] + "&last_event_id=" + at[2], at[0])) == "e/4");
  const std::string ahead = fanfare::Position{fanfare::Position::parse(at[0])->epoch, 999}.str();
  CHECK(events(with_last_event_id("/?since=" + ahead, at[2])) == "e/4");
  CHECK(events(with_last_event_id("/?since=nonsense", at[1])) == "e/3 e/4");
  CHECK(events(with_last_event_id("/?since=" + at[3], "7")) == "");
  CHECK(events(with_last_event_id("/?since=", at[3])) == "");
}

TEST_CASE("opening: when no position is valid there is a reset that says why", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", vocabulary::Tally{});
  const auto at = topic.publish(Note{1}).position;
  const auto reason = [&](const std::string& since) {
    const auto opening = desk.open({"a"}, "/?since=" + since);
    REQUIRE(line(opening.first) == "reset snapshot/1");
    return std::string(opening.first[0].json());
  };
  CHECK(reason("nonsense") == R"({"reason":"malformed"})");
  CHECK(reason("1") == R"({"reason":"malformed"})");  // a bare seq, where ids are positions
  CHECK(reason(fanfare::Position{at.epoch ^ 1, at.n}.str()) == R"({"reason":"foreign_epoch"})");
  CHECK(reason(position_text(at, 5)) == R"({"reason":"ahead"})");
}

TEST_CASE("opening: a position from before the topic existed is below its floor", "[transport][opening]") {
  Desk desk;
  const auto before = desk.broker.topic("other").publish(plain("e"));
  REQUIRE(desk.broker.topic("other").publish(plain("e")));
  (void)desk.broker.topic("a", vocabulary::Tally{});
  const auto opening = desk.open({"a"}, "/?since=" + position_text(before.position));
  CHECK(line(opening.first) == "reset snapshot");
  CHECK(opening.first[0].json() == R"({"reason":"below_floor"})");
}

TEST_CASE("opening: seq positions of a single topic, where its names are never reused", "[transport][opening]") {
  Desk desk;
  desk.transports = {fanfare::sse({.seq_ids = true})};
  const auto topic = desk.broker.topic("a");
  for (int i = 0; i < 3; ++i) REQUIRE(topic.publish(plain("e")));
  (void)desk.broker.topic("b");
  const auto events = [&](const Request& request) { return desk.events(desk.open({.topics = {"a"}}, request)); };
  CHECK(events(Request{.target = "/?since=2"}) == "e/3");
  CHECK(events(Request{.target = "/?since=0"}) == "e/1 e/2 e/3");
  CHECK(events(with_last_event_id("/?since=1", "2")) == "e/3");
  CHECK(events(with_last_event_id("/?since=2", "1")) == "e/3");
  CHECK(events(Request{.target = "/?since=9"}) == "reset e/1 e/2 e/3");
  CHECK(events(Request{.target = "/?since=02"}) == "reset e/1 e/2 e/3");
  CHECK(events(Request{.target = "/?since=-1"}) == "reset e/1 e/2 e/3");
  REQUIRE(topic.finish(plain("done")));
  CHECK(desk.status({"a"}, "/?since=4") == 204);
  CHECK(desk.status({"a", "b"}, "/?since=4") == 200);
}

TEST_CASE("opening: several topics are held back without ids until synced", "[transport][opening]") {
  Desk desk;
  const auto a = desk.broker.topic("a", vocabulary::Tally{}), b = desk.broker.topic("b", vocabulary::Tally{});
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(Note{2}));
  CHECK(desk.events({"a", "b"}) == "snapshot/1 snapshot/1 synced");
}

TEST_CASE("opening: audience and expiry come from the admission", "[transport][opening]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto start = topic.publish(plain("e"));
  REQUIRE(topic.publish(plain("private"), {.audience = {"user:7"}}));
  const std::string since = "/?since=" + position_text(start.position);
  const auto until = desk.clock.wall() + std::chrono::hours(1);
  auto opening = desk.open({.topics = {"a"}, .audience = {"vip", "user:7"}, .expires = until, .may_command = true},
                           Request{.target = since});
  CHECK(opening.audience == std::vector<std::string>{"user:7", "vip"});
  CHECK(opening.expires == until);
  CHECK(opening.may_command);
  CHECK(desk.events(std::move(opening)) == "private/2");
  CHECK(desk.events(desk.open({.topics = {"a"}, .audience = {"user:8"}}, Request{.target = since})).empty());
}

TEST_CASE("opening: a transport with an answer of its own gives it", "[transport][opening]") {
  struct Busy final : fanfare::Transport {
    Response head() const override { return Response::error(426, "not that way"); }
    const fanfare::Format& format() const noexcept override { return inner->format(); }
    std::unique_ptr<fanfare::Transport> inner = fanfare::sse()(Request{});
  };
  Desk desk;
  (void)desk.broker.topic("a");
  desk.transports = {[](const Request&) { return std::make_unique<Busy>(); }};
  CHECK(desk.status({"a"}) == 426);
}
