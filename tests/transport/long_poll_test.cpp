#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::long_poll;
using fanfare::LongPollOptions;
using fanfare::Request;
using fanfare::Response;
using fanfare::Stream;
using vocabulary::Note;
using vocabulary::plain;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

/// Asks and waits for the answer.
struct Desk {
  fanfare::ManualClock clock;
  Broker broker{{.clock = &clock}};

  Response ask(Admission admission, Request request, LongPollOptions options = {.wait = 0ms}) {
    Stream stream(broker, long_poll(options), std::move(request), std::move(admission));
    Response answer = stream.wait_head();
    const std::string bytes(stream.take());
    CHECK(bytes == (answer.status == 200 ? answer.body : ""));
    CHECK(stream.ended());
    return answer;
  }
  Response ask(std::vector<std::string> topics, std::string target = "/", LongPollOptions options = {.wait = 0ms}) {
    return ask({.topics = std::move(topics)}, Request{.target = std::move(target)}, options);
  }
  int status_if_none_match(std::string tags, std::string target = "/") {
    Request request{.target = std::move(target)};
    request.add_field("If-None-Match", tags);
    const Response answer = ask({.topics = {"a"}}, request);
    if (answer.status == 304) {
      CHECK(answer.body.empty());
      CHECK_FALSE(field(answer, "ETag").empty());
    }
    return answer.status;
  }
  static std::string field(const Response& answer, std::string_view name) {
    const std::string* value = fanfare::wire::find_field(answer.fields, name);
    return value ? *value : "";
  }
};

std::string id_of(const std::string& body) {
  const auto at = body.rfind("],\"id\":\"");
  REQUIRE(at != body.npos);
  return body.substr(at + 8, body.size() - at - 8 - 2);
}
/// "snapshot note note"
std::string types(const std::string& body) {
  std::string all;
  const std::string_view mark = "\"type\":\"";
  for (auto at = body.find(mark); at != body.npos; at = body.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    all += (all.empty() ? "" : " ") + body.substr(begin, body.find('"', begin) - begin);
  }
  return all;
}

}  // namespace

TEST_CASE("long-poll: an answer is the envelopes and the position to go on from", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto before = topic.publish(Note{1}).position.str();
  const auto second = topic.publish(Note{2}).position.str();
  const auto third = topic.publish(Note{3}).position.str();
  const Response answer = desk.ask({"a"}, "/?since=" + before);
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "application/json");
  CHECK(answer.body == "{\"events\":[{\"topic\":\"a\",\"id\":\"" + second +
                           "\",\"seq\":2,\"type\":\"note\",\"data\":{\"value\":2}},{\"topic\":\"a\",\"id\":\"" + third +
                           "\",\"seq\":3,\"type\":\"note\",\"data\":{\"value\":3}}],\"id\":\"" + third + "\"}");
  CHECK(Desk::field(answer, "Cache-Control") == "private, no-cache");
  CHECK(Desk::field(answer, "ETag").empty());  // of who resumes
}

TEST_CASE("long-poll: a wait that runs out is no events and the current id", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto other = desk.broker.topic("b");
  const auto last = topic.publish(Note{1}).position.str();
  const auto newer = other.publish(Note{1}).position.str();
  const Response answer = desk.ask({"a"}, "/?since=" + last);
  CHECK(answer.status == 200);
  CHECK(answer.body == "{\"events\":[],\"id\":\"" + newer + "\"}");
}

TEST_CASE("long-poll: without a position the snapshot comes, exact at that moment", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", Tally{});
  REQUIRE(topic.publish(Note{1}));
  CHECK(types(desk.ask({"a"}).body) == "snapshot");
  const auto last = topic.publish(Note{2}).position.str();
  const Response answer = desk.ask({"a"});  // no time has passed: a cached one would lack the second note
  CHECK(types(answer.body) == "snapshot");
  CHECK(answer.body.find("\"notes\":2") != answer.body.npos);
  CHECK(id_of(answer.body) == last);
  CHECK(desk.ask({"a"}, "/?since=" + id_of(answer.body)).body == "{\"events\":[],\"id\":\"" + last + "\"}");
}

TEST_CASE("long-poll: a topic without a state gives no events and the current id", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto last = topic.publish(Note{1}).position.str();
  CHECK(desk.ask({"a"}).body == "{\"events\":[],\"id\":\"" + last + "\"}");
  CHECK(types(desk.ask({"a"}, "/?rewind=1").body) == "note");
}

TEST_CASE("long-poll: in a new broker, too, the id can be given back", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", Tally{});
  const std::string id = id_of(desk.ask({"a"}).body);
  CHECK(desk.ask({"a"}, "/?since=" + id).body == "{\"events\":[],\"id\":\"" + id + "\"}");
  REQUIRE(topic.publish(Note{1}));
  CHECK(types(desk.ask({"a"}, "/?since=" + id).body) == "note");
}

TEST_CASE("long-poll: the ETag stays while nothing happens to the topic RFC 9110 sec. 8.8.3", "[transport][long_poll]") {
  Desk desk;
  const bool with_state = GENERATE(true, false);
  const auto topic = with_state ? fanfare::Topic(desk.broker.topic("a", Tally{})) : desk.broker.topic("a");
  const auto other = desk.broker.topic("b");
  REQUIRE(topic.publish(Note{1}));
  const std::string tag = Desk::field(desk.ask({"a"}), "ETag");
  REQUIRE(tag.size() > 2);
  CHECK(tag == "\"" + id_of(desk.ask({"a"}).body) + "\"");
  REQUIRE(other.publish(Note{1}));
  CHECK(desk.status_if_none_match(tag) == 304);
  CHECK(desk.status_if_none_match("\"x\" , W/" + tag) == 304);
  CHECK(desk.status_if_none_match("*") == 304);
  CHECK(desk.status_if_none_match("\"x\"") == 200);
  CHECK(desk.status_if_none_match(tag.substr(0, tag.size() - 1)) == 200);
  CHECK(desk.status_if_none_match(tag, "/?since=" + tag.substr(1, tag.size() - 2)) == 200);
  REQUIRE(topic.publish(Note{2}));
  CHECK(desk.status_if_none_match(tag) == 200);
}

TEST_CASE("long-poll: with several topics no id is ahead of what is owed", "[transport][long_poll]") {
  Desk desk;
  const auto a = desk.broker.topic("a", Tally{});
  const auto b = desk.broker.topic("b", Tally{});
  const auto c = desk.broker.topic("c");
  REQUIRE(a.publish(Note{1}));
  const auto last = b.publish(Note{2}).position.str();
  REQUIRE(c.publish(Note{2}));
  const Response answer = desk.ask({"a", "b"});
  CHECK(types(answer.body) == "snapshot snapshot synced");
  CHECK(id_of(answer.body) == last);
  CHECK(Desk::field(answer, "ETag") == "\"" + last + "\"");
  REQUIRE(a.publish(Note{3}));
  REQUIRE(b.publish(Note{4}));
  CHECK(types(desk.ask({"a", "b"}, "/?since=" + last).body) == "note note");
}

TEST_CASE("long-poll: a position of another log is answered with a reset and the snapshot", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", Tally{});
  const auto last = topic.publish(Note{1}).position.str();
  const Response answer = desk.ask({"a"}, "/?since=nonsense", {.wait = 25s});
  CHECK(types(answer.body) == "reset snapshot");
  CHECK(id_of(answer.body) == last);
  CHECK(Desk::field(answer, "ETag").empty());
}

TEST_CASE("long-poll: a topic that is not there is said, and has no ETag", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", Tally{});
  const auto last = topic.publish(Note{1}).position.str();
  const Response answer = desk.ask({"a", "nowhere"});
  CHECK(types(answer.body) == "gone snapshot");
  CHECK(Desk::field(answer, "ETag").empty());
  CHECK(desk.ask({"nowhere"}).status == 404);
}

TEST_CASE("long-poll: after the end 204 to who has everything, else the rest", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a", Tally{});
  const auto first = topic.publish(Note{1}).position.str();
  REQUIRE(topic.finish(fanfare::Done{}));
  const Response rest = desk.ask({"a"}, "/?since=" + first);
  CHECK(types(rest.body) == "done");
  CHECK(desk.ask({"a"}, "/?since=" + id_of(rest.body)).status == 204);
  const Response fresh = desk.ask({"a"});
  CHECK(types(fresh.body) == "snapshot done");
  CHECK(desk.ask({"a"}, "/?since=" + id_of(fresh.body)).status == 204);
  CHECK(desk.status_if_none_match(Desk::field(fresh, "ETag")) == 304);
}

TEST_CASE("long-poll: an answer is bounded, and a chain of them misses and repeats nothing", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  std::string id = topic.publish(Note{0}).position.str();
  SECTION("by events") {
    for (int i = 1; i <= 7; ++i) REQUIRE(topic.publish(Note{i}));
    std::string all;
    for (const int count : {3, 3, 1}) {
      const Response answer = desk.ask({"a"}, "/?since=" + id, {.wait = 0ms, .max_events = 3});
      std::string expected = "note";
      for (int i = 1; i < count; ++i) expected += " note";
      CHECK(types(answer.body) == expected);
      for (auto at = answer.body.find("\"seq\":"); at != answer.body.npos; at = answer.body.find("\"seq\":", at + 1)) {
        all += answer.body.substr(at + 6, answer.body.find(',', at) - at - 6) + " ";
      }
      id = id_of(answer.body);
    }
    CHECK(all == "2 3 4 5 6 7 8 ");
  }
  SECTION("by bytes") {
    const std::string large = "\"" + std::string(600'000, 'x') + "\"";
    for (int i = 0; i < 3; ++i) REQUIRE(topic.publish(plain("large", large)));
    const Response two = desk.ask({"a"}, "/?since=" + id);
    CHECK(types(two.body) == "large large");
    CHECK(types(desk.ask({"a"}, "/?since=" + id_of(two.body)).body) == "large");
  }
  SECTION("an opening is given whole") {
    Desk other;
    const auto a = other.broker.topic("a", Tally{});
    const auto b = other.broker.topic("b", Tally{});
    REQUIRE(a.publish(Note{1}));
    REQUIRE(b.publish(Note{1}));
    CHECK(types(other.ask({"a", "b"}, "/", {.max_events = 1}).body) == "snapshot snapshot synced");
  }
}

TEST_CASE("long-poll: events are encoded once for all who ask", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto first = topic.publish(Note{1}).position.str();
  for (int i = 0; i < 5; ++i) REQUIRE(topic.publish(Note{i}));
  for (int i = 0; i < 4; ++i) CHECK(types(desk.ask({"a"}, "/?since=" + first).body) == "note note note note note");
  CHECK(desk.broker.metrics().images_encoded == 5);
}

TEST_CASE("long-poll: only what the client wants and may see", "[transport][long_poll]") {
  Desk desk;
  const auto topic = desk.broker.topic("a");
  const auto first = topic.publish(Note{1}).position.str();
  REQUIRE(topic.publish(Note{2}));
  REQUIRE(topic.publish(plain("other")));
  REQUIRE(topic.publish(plain("private"), {.audience = {"user:7"}}));
  const Request request{.target = "/?since=" + first};
  CHECK(types(desk.ask({.topics = {"a"}}, request).body) == "note other");
  CHECK(types(desk.ask({.topics = {"a"}, .types = {"note"}}, request).body) == "note");
  CHECK(types(desk.ask({.topics = {"a"}, .audience = {"user:7"}}, request).body) == "note other private");
}

TEST_CASE("long-poll: the state alone", "[transport][long_poll]") {
  Desk desk;
  constexpr LongPollOptions state{.wait = 25s, .state_only = true};
  const auto a = desk.broker.topic("a", Tally{});
  const auto b = desk.broker.topic("b", Tally{});
  (void)desk.broker.topic("c");
  const auto last = a.publish(Note{7}).position.str();
  const std::string tally = "{\"notes\":1,\"sum\":7,\"meters\":{},\"end\":\"\"}";
  const std::string none = "{\"notes\":0,\"sum\":0,\"meters\":{},\"end\":\"\"}";
  const Response one = desk.ask({"a"}, "/", state);
  CHECK(one.body == tally);
  CHECK(Desk::field(one, "ETag") == "\"" + last + "\"");
  CHECK(desk.ask({"a", "b"}, "/", state).body == "{\"a\":" + tally + ",\"b\":" + none + "}");
  CHECK(desk.ask({"c"}, "/", state).status == 404);
  CHECK(desk.ask({"nowhere"}, "/", state).status == 404);
  CHECK(desk.ask({"a"}, "/?since=" + last, state).body == tally);  // a position changes nothing
  const auto end = a.finish(fanfare::Done{}).position.str();
  const Response over = desk.ask({"a"}, "/?since=" + end, state);
  CHECK(over.status == 200);
  CHECK(over.body.find("\"end\":\"complete\"") != over.body.npos);
}

TEST_CASE("long-poll: serves who accepts JSON", "[transport][long_poll]") {
  const auto serves = [](const std::string& accept, const std::string& method = "GET") {
    Request request{.method = method};
    if (!accept.empty()) request.add_field("Accept", accept);
    return long_poll()(request) != nullptr;
  };
  CHECK(serves(""));
  CHECK(serves("*/*"));
  CHECK(serves("text/html, application/json;q=0.5"));
  CHECK_FALSE(serves("text/event-stream"));
  CHECK_FALSE(serves("application/json", "POST"));
}

TEST_CASE("long-poll: a client may wait shorter and not longer", "[transport][long_poll]") {
  const auto wait = [](const std::string& target) {
    return *long_poll({.wait = 10s})(Request{.target = target})->gathers_for();
  };
  CHECK(wait("/") == 0ms);
  CHECK(wait("/?since=x") == 10s);
  CHECK(wait("/?since=x&wait=2.5") == 2500ms);
  CHECK(wait("/?since=x&wait=0") == 0ms);
  CHECK(wait("/?last_event_id=x&wait=3600") == 10s);
  CHECK(wait("/?since=x&wait=-1") == 10s);
  CHECK(wait("/?since=x&wait=nan") == 10s);
}

TEST_CASE("long-poll: options out of their range are refused", "[transport][long_poll]") {
  CHECK_THROWS_AS(long_poll({.wait = -1ms}), std::invalid_argument);
  CHECK_THROWS_AS(long_poll({.wait = 1h + 1ms}), std::invalid_argument);
  CHECK_THROWS_AS(long_poll({.max_events = 0}), std::invalid_argument);
}

TEST_CASE("long-poll: as HTTP the answer is whole, with its length", "[transport][long_poll]") {
  Desk desk;
  (void)desk.broker.topic("a");
  Stream stream(desk.broker, fanfare::http1(long_poll()), {}, {.topics = {"a"}});
  const std::string bytes(stream.wait());
  CHECK(bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(bytes.find("\r\nContent-Type: application/json\r\n") != bytes.npos);
  CHECK(bytes.find("\r\nContent-Length: " + std::to_string(stream.head()->body.size()) + "\r\n") != bytes.npos);
  CHECK(bytes.find("Transfer-Encoding") == bytes.npos);
  CHECK(bytes.ends_with("\r\n\r\n" + stream.head()->body));
  CHECK(stream.ended());
}

TEST_CASE("long-poll: a stream to block on waits for the event of another thread", "[transport][long_poll]") {
  Broker broker;
  const auto topic = broker.topic("a");
  const auto id = topic.publish(Note{1}).position.str();
  Stream stream(broker, long_poll(), {.target = "/?since=" + id}, {.topics = {"a"}});
  CHECK(stream.head() == nullptr);
  std::thread publisher([&] { CHECK(topic.publish(Note{2})); });
  CHECK(stream.wait_head().status == 200);
  publisher.join();
  REQUIRE(stream.head());
  CHECK(types(std::string(stream.wait())) == "note");
  CHECK(stream.wait().empty());
}

TEST_CASE("long-poll: a stream on a loop is ready when the answer is there", "[transport][long_poll]") {
  fanfare::ManualClock clock;
  Broker broker{{.clock = &clock}};
  const auto topic = broker.topic("a");
  const auto id = topic.publish(Note{1}).position.str();
  bool woken = false;
  fanfare::Shard shard(broker, [&] { woken = true; });
  int calls = 0;
  std::string body;
  std::optional<Stream> stream;
  stream.emplace(shard, long_poll({.wait = 10s}), Request{.target = "/?since=" + id}, Admission{.topics = {"a"}},
                 [&](Stream& ready) {
                   ++calls;
                   REQUIRE(ready.head());
                   body = std::string(ready.take());
                   CHECK(ready.ended());
                 });
  (void)shard.poll();
  CHECK(calls == 0);
  CHECK(stream->head() == nullptr);
  SECTION("by an event") {
    REQUIRE(topic.publish(Note{2}));
    CHECK(woken);
    (void)shard.poll();
    CHECK(types(body) == "note");
  }
  SECTION("by the end of the wait") {
    clock.advance(9900ms);
    (void)shard.poll();
    CHECK(calls == 0);
    clock.advance(200ms);
    (void)shard.poll();
    CHECK(body == "{\"events\":[],\"id\":\"" + id + "\"}");
  }
  SECTION("by the broker") {
    broker.close();
    (void)shard.poll();
    CHECK(stream->head()->status == 503);
  }
  CHECK(calls == 1);
  (void)shard.poll();
  clock.advance(60s);
  (void)shard.poll();
  CHECK(calls == 1);
}
