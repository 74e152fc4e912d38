#include <fanfare/transport/long_poll.hpp>
#include <fanfare/transport/poll.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/scripted_sink.hpp"
#include "support/seeds.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Request;
using fanfare::Response;
using fanfare::detail::Poll;
using scripted::Bench;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::plain;
using namespace std::chrono_literals;

namespace {

/// One question, and the answer when it came.
struct Asker {
  Asker(Bench& bench, Admission admission, std::string target, std::chrono::milliseconds wait = 10s) {
    Request request{.target = std::move(target)};
    auto opening = open_stream(*bench.broker.core(), {fanfare::long_poll({.wait = wait})}, request, std::move(admission));
    if (!opening.transport) {
      answer = std::move(opening.head);
      return;
    }
    poll = std::make_unique<Poll>(*bench.shard, std::move(opening), [this](Response response) {
      ++calls;
      answer = std::move(response);
      poll.reset();  // as a connection does
    });
    poll->start();
  }
  std::string types() const {
    std::string all;
    if (!answer) return "none";
    const std::string_view mark = "\"type\":\"";
    for (auto at = answer->body.find(mark); at != std::string::npos; at = answer->body.find(mark, at + 1)) {
      const auto begin = at + mark.size();
      all += (all.empty() ? "" : " ") + answer->body.substr(begin, answer->body.find('"', begin) - begin);
    }
    return all;
  }
  std::string id() const {
    const auto at = answer->body.rfind("\"id\":\"") + 6;
    return answer->body.substr(at, answer->body.size() - at - 2);
  }
  int status() const { return answer ? answer->status : 0; }

  std::unique_ptr<Poll> poll;
  std::optional<Response> answer;
  int calls = 0;
};

std::string since(const fanfare::Receipt& receipt) { return "/?since=" + receipt.position.str(); }

}  // namespace

TEST_CASE("poll: answered by the first event", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Asker asker(bench, {.topics = {"a"}}, since(topic.publish(Note{1})));
  bench.pass(1s);
  CHECK_FALSE(asker.answer);
  REQUIRE(topic.publish(Note{2}));
  REQUIRE(topic.publish(Note{3}));
  CHECK_FALSE(asker.answer);  // a publisher calls nobody
  bench.turn();
  CHECK(asker.types() == "note note");
  REQUIRE(topic.publish(Note{4}));
  bench.pass(20s);
  CHECK(asker.calls == 1);
}

TEST_CASE("poll: what was missed is answered at once", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto first = topic.publish(Note{1});
  REQUIRE(topic.publish(Note{2}));
  Asker asker(bench, {.topics = {"a"}}, since(first));
  CHECK(asker.types() == "note");
}

TEST_CASE("poll: the wait runs out, with the id of everything that was committed", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto other = bench.broker.topic("b");
  Asker asker(bench, {.topics = {"a"}}, since(topic.publish(Note{1})));
  const auto newest = other.publish(Note{1}).position.str();
  bench.pass(9900ms);
  CHECK_FALSE(asker.answer);
  bench.pass(200ms);
  REQUIRE(asker.answer);
  CHECK(asker.answer->body == "{\"events\":[],\"id\":\"" + newest + "\"}");
}

TEST_CASE("poll: events that are not for this client do not end the wait", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Asker asker(bench, {.topics = {"a"}, .types = {"note"}}, since(topic.publish(Note{1})));
  REQUIRE(topic.publish(plain("other")));
  REQUIRE(topic.publish(Note{1}, {.audience = {"user:7"}}));
  bench.turn();
  CHECK_FALSE(asker.answer);
  REQUIRE(topic.publish(Note{2}));
  bench.turn();
  CHECK(asker.types() == "note");
}

TEST_CASE("poll: a topic that is not there does not turn the wait into a busy loop", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Asker asker(bench, {.topics = {"a", "nowhere"}}, since(topic.publish(Note{1})));
  bench.pass(1s);
  CHECK_FALSE(asker.answer);
  REQUIRE(topic.publish(Note{2}));
  bench.turn();
  CHECK(asker.types() == "gone note");
}

TEST_CASE("poll: the end while it waits", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto first = topic.publish(Note{1});
  Asker asker(bench, {.topics = {"a"}}, since(first));
  REQUIRE(topic.finish(fanfare::Done{}));
  bench.turn();
  CHECK(asker.types() == "done");
  Asker again(bench, {.topics = {"a"}}, "/?since=" + asker.id());
  CHECK(again.status() == 204);
}

TEST_CASE("poll: revoked, closed, expired", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto target = since(topic.publish(Note{1}));
  Asker tagged(bench, {.topics = {"a"}, .audience = {"user:7"}}, target), other(bench, {.topics = {"a"}}, target);
  Asker expiring(bench, {.topics = {"a"}, .expires = bench.clock.wall() + 2s}, target);
  bench.broker.revoke("user:7");
  bench.turn();
  CHECK(tagged.status() == 403);
  CHECK_FALSE(other.answer);
  bench.pass(1900ms);
  CHECK_FALSE(expiring.answer);
  bench.pass(200ms);
  CHECK(expiring.status() == 403);
  bench.broker.close();
  bench.turn();
  CHECK(other.status() == 503);
  CHECK(other.calls == 1);
}

TEST_CASE("poll: told to answer now, it says where it stands", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto first = topic.publish(Note{1});
  Asker asker(bench, {.topics = {"a"}}, since(first));
  asker.poll->answer_now();
  REQUIRE(asker.answer);
  CHECK(asker.answer->body == "{\"events\":[],\"id\":\"" + first.position.str() + "\"}");
}

TEST_CASE("poll: who leaves is called no more", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  Asker asker(bench, {.topics = {"a"}}, since(topic.publish(Note{1})));
  REQUIRE(topic.publish(Note{2}));
  asker.poll.reset();
  bench.pass(20s);
  CHECK(asker.calls == 0);
}

TEST_CASE("poll: a pace holds from one answer to the next", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  const auto meter = [&](int value) { return topic.publish(Meter{"m", value}); };
  const auto first = meter(0);
  SECTION("until it is due") {
    REQUIRE(meter(1));
    Asker asker(bench, {.topics = {"a"}, .max_rate = 1}, since(first));
    bench.pass(900ms);
    CHECK_FALSE(asker.answer);
    REQUIRE(meter(2));
    bench.pass(200ms);
    CHECK(asker.types() == "meter");
    CHECK(asker.answer->body.find("\"value\":2") != std::string::npos);
  }
  SECTION("but not what is critical") {
    REQUIRE(meter(1));
    Asker asker(bench, {.topics = {"a"}, .max_rate = 1}, since(first));
    REQUIRE(topic.publish(Note{1}));
    bench.turn();
    CHECK(asker.types() == "meter note");
  }
  SECTION("and not beyond the wait") {
    REQUIRE(meter(1));
    Asker asker(bench, {.topics = {"a"}, .max_rate = 0.01}, since(first), 2s);
    bench.pass(2100ms);
    CHECK(asker.types() == "meter");
  }
}

TEST_CASE("poll: who falls below the floor while it waits is opened anew", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", vocabulary::Tally{}, {.max_history_events = 4});
  Asker asker(bench, {.topics = {"a"}}, since(topic.publish(Note{1})));
  for (int i = 0; i < 20; ++i) REQUIRE(topic.publish(Note{i}));
  bench.turn();
  CHECK(asker.types() == "reset snapshot");
  const auto last = topic.publish(Note{1});
  Asker next(bench, {.topics = {"a"}}, "/?since=" + asker.id());
  CHECK(next.types() == "note");
  CHECK(next.id() == last.position.str());
}

TEST_CASE("poll: a state that may have changed while it was read has no ETag", "[transport][poll]") {
  Bench bench;
  const auto topic = bench.broker.topic("a", vocabulary::Tally{});
  REQUIRE(topic.publish(Note{1}));
  const bool changes = GENERATE(false, true);
  Request request;
  auto opening = open_stream(*bench.broker.core(), {fanfare::long_poll({.state_only = true})}, request, {.topics = {"a"}});
  if (changes) REQUIRE(topic.publish(Note{2}));
  std::optional<Response> answer;
  Poll poll(*bench.shard, std::move(opening), [&](Response response) { answer = std::move(response); });
  poll.start();
  REQUIRE(answer);
  CHECK(answer->body.find("\"notes\":1") != std::string::npos);
  CHECK((fanfare::wire::find_field(answer->fields, "ETag") == nullptr) == changes);
}

TEST_CASE("poll: a chain of answers over several topics misses and repeats nothing", "[transport][poll][simulation]") {
  for_each_seed(50, [](std::uint64_t seed) {
    Random random(seed);
    Bench bench;
    std::vector<fanfare::Topic> topics;
    for (const char* name : {"a", "b", "c"}) topics.push_back(bench.broker.topic(name));
    const Admission admission{.topics = {"a", "b", "c"}};
    std::vector<std::uint64_t> expected, got;
    std::string target = since(topics[0].publish(Note{0}));
    auto asker = std::make_unique<Asker>(bench, admission, target, 300ms);
    const auto collect = [&] {
      if (!asker->answer) return;
      REQUIRE(asker->answer->status == 200);
      const std::string& body = asker->answer->body;
      for (auto at = body.find("{\"topic\""); at != body.npos; at = body.find("{\"topic\"", at + 1)) {
        const auto dot = body.find('.', at) + 1;
        got.push_back(std::stoull(body.substr(dot, body.find('"', dot) - dot)));
      }
      target = "/?since=" + asker->id();
      asker = std::make_unique<Asker>(bench, admission, target, 300ms);
    };
    for (int step = 0; step < 300; ++step) {
      switch (random.below(4)) {
        case 0:
        case 1: expected.push_back(random.any_of(topics).publish(Note{step}).position.n); break;
        case 2: bench.turn(); break;
        default: bench.pass(100ms);
      }
      if (random.one_in(2)) collect();
    }
    bench.pass(500ms);
    for (int i = 0; i < 3; ++i) collect();
    CHECK(got == expected);
  });
}
