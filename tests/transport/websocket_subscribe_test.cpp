#include <fanfare/progress/job.hpp>
#include <fanfare/transport/websocket.hpp>

#include <string>

#include "support/seeds.hpp"
#include "support/vocabulary.hpp"
#include "support/websocket_peer.hpp"

using fanfare::Admission;
using namespace scripted;
using namespace std::chrono_literals;
using vocabulary::Note;
using vocabulary::Tally;

namespace {

std::string subscribe(std::string_view topics, std::string_view more = {}) {
  return R"({"type":"subscribe","topics":[)" + std::string(topics) + "]" + std::string(more) + "}";
}

}  // namespace

TEST_CASE("websocket subscribe: opens without a topic and takes them one by one", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a", Tally{}), b = bench.broker.topic("b", Tally{});
  WebSocketPeer peer(bench, {});
  bench.turn();
  CHECK(peer.types() == "hello");
  peer.say(subscribe(R"("a")", R"(,"ref":"one")"));
  bench.turn();
  const std::string said = peer.news();
  CHECK(said.starts_with(R"({"type":"subscribed","topics":["a"],"ref":"one"})" "\n" R"({"topic":"a","id":)"));
  peer.say(subscribe(R"("b")"));
  bench.turn();
  CHECK(peer.types() == "subscribed snapshot synced");
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(Note{2}));
  bench.turn();
  CHECK(peer.types() == "note note");
}

TEST_CASE("websocket subscribe: a topic that is added resumes from its position, and ids wait until it has caught up",
          "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a", Tally{}), b = bench.broker.topic("b", Tally{});
  const auto first = b.publish(Note{1});
  REQUIRE(b.publish(Note{2}));
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  (void)peer.news();
  peer.say(subscribe(R"("b")", R"(,"since":")" + first.position.str() + "\""));
  bench.turn();
  const std::string said = peer.news();
  CHECK(said.starts_with(R"({"type":"subscribed","topics":["b"]})" "\n" R"({"topic":"b","seq":2,"type":"note","data":{"value":2}})" "\n"
                         R"({"topic":"","id":")"));
  CHECK(said.find("snapshot") == said.npos);
  CHECK(said.find("synced") != said.npos);
}

TEST_CASE("websocket subscribe: several at once resume all or none", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a", Tally{});
  const auto early = a.publish(Note{1});
  const auto b = bench.broker.topic("b", Tally{});
  const auto later = a.publish(Note{2});
  REQUIRE(b.publish(Note{3}));
  const auto ask = subscribe(R"("a","b")", R"(,"since":")" + later.position.str() + "\"");
  WebSocketPeer resumed(bench, {});
  resumed.say(ask);
  bench.turn();
  CHECK(resumed.types() == "hello subscribed note");
  WebSocketPeer anew(bench, {});  // b did not exist at its position
  anew.say(subscribe(R"("a","b")", R"(,"since":")" + early.position.str() + "\""));
  bench.turn();
  CHECK(anew.types() == "hello subscribed reset snapshot snapshot synced");
}

TEST_CASE("websocket subscribe: unknown topics and refused ones are told apart", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a"), secret = bench.broker.topic("secret");
  WebSocketPeer peer(bench, {});
  peer.peer().decide = [](std::vector<std::string> topics, const fanfare::Wanted&) {
    std::erase(topics, "secret");
    return to(std::move(topics));
  };
  bench.turn();
  (void)peer.news();
  peer.say(subscribe(R"("a","secret","nowhere")"));
  bench.turn();
  CHECK(peer.news() == R"({"type":"subscribed","topics":["a"],"unknown":["nowhere"],"refused":["secret"]})");
  REQUIRE(secret.publish(Note{1}));
  REQUIRE(a.publish(Note{2}));
  bench.turn();
  CHECK(peer.types() == "note");
}

TEST_CASE("websocket subscribe: a refusal, and no answer at all", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer peer(bench, {});
  bench.turn();
  (void)peer.news();
  peer.peer().decide = [](std::vector<std::string>, const fanfare::Wanted&) { return Admission::refuse(401, "sign in first"); };
  peer.say(subscribe(R"("a")"));
  bench.turn();
  const std::string refused = peer.news();
  CHECK(refused.find(R"("refused":["a"])") != refused.npos);
  CHECK(refused.find("sign in first") != refused.npos);
  peer.peer().decide = [](std::vector<std::string>, const fanfare::Wanted&) -> std::optional<Admission> { return std::nullopt; };
  peer.say(subscribe(R"("a")", R"(,"ref":"2")"));
  bench.turn();
  CHECK(peer.news() == R"({"type":"error","code":"unavailable","message":"the admission gave no answer","ref":"2"})");
}

TEST_CASE("websocket subscribe: the newest admission holds for the whole stream", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a"), b = bench.broker.topic("b");
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  (void)peer.news();
  peer.peer().decide = [](std::vector<std::string> topics, const fanfare::Wanted&) {
    CHECK(topics == std::vector<std::string>{"a", "b"});  // the hook decides about all of them
    auto admission = to({"b"});
    admission.types = {"note"};
    admission.audience = {"user:7"};
    return admission;
  };
  peer.say(subscribe(R"("b")"));
  bench.turn();
  CHECK(peer.news().starts_with(R"({"type":"subscribed","topics":["b"],"refused":["a"]})"));
  REQUIRE(a.publish(Note{1}));
  REQUIRE(b.publish(vocabulary::Meter{"m", 1}));
  REQUIRE(b.publish(Note{2}, {.audience = {"user:8"}}));
  REQUIRE(b.publish(Note{3}, {.audience = {"user:7"}}));
  bench.turn();
  const std::string said = peer.news();
  CHECK(said.find(R"("value":3)") != said.npos);
  CHECK(said.find("\n") == said.npos);
  bench.broker.revoke("user:7");
  bench.turn();
  CHECK(peer.types() == "goodbye close");
}

TEST_CASE("websocket unsubscribe: its events stop, the others go on with ids", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a"), b = bench.broker.topic("b");
  WebSocketPeer peer(bench, {"a", "b"});
  bench.turn();
  (void)peer.news();
  peer.say(R"({"type":"unsubscribe","topics":["b","never"]})");
  CHECK(peer.news() == R"({"type":"unsubscribed","topics":["b"]})");
  REQUIRE(b.publish(Note{1}));
  const auto at = a.publish(Note{2});
  bench.turn();
  const std::string said = peer.news();
  CHECK(said.find(at.position.str()) != said.npos);
  CHECK(said.find("\n") == said.npos);
  peer.say(R"({"type":"unsubscribe","topics":["a"]})");
  bench.turn();
  CHECK(peer.types() == "unsubscribed");
  CHECK_FALSE(peer.peer().finished());  // it may subscribe again
  peer.say(subscribe(R"("b")"));
  bench.turn();
  REQUIRE(b.publish(Note{3}));
  bench.turn();
  CHECK(peer.types() == "subscribed note");
}

TEST_CASE("websocket subscribe: types and pace are the whole stream's", "[transport][websocket]") {
  Bench bench;
  const auto a = bench.broker.topic("a"), b = bench.broker.topic("b");
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  (void)peer.news();
  peer.say(subscribe(R"("b")", R"(,"types":["note"],"max_rate":1)"));
  bench.turn();
  (void)peer.news();
  REQUIRE(a.publish(vocabulary::Meter{"m", 1}));
  REQUIRE(b.publish(Note{1}));
  bench.turn();
  CHECK(peer.types() == "note");
}

TEST_CASE("websocket subscribe: more topics than the limit change nothing", "[transport][websocket]") {
  fanfare::BrokerOptions options;
  options.limits.max_topics_per_subscription = 2;
  Bench bench(options);
  for (const char* name : {"a", "b", "c"}) (void)bench.broker.topic(name);
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  (void)peer.news();
  peer.say(subscribe(R"("b","c")"));
  bench.turn();
  CHECK(peer.news().starts_with(R"({"type":"error","code":"limit_exceeded")"));
}

TEST_CASE("websocket: what is no message gets an error that says so, and the connection stays", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer peer(bench, {"a"});
  bench.turn();
  (void)peer.news();
  for (const char* text : {"", "{", "[]", "7", R"({"type":7})", R"({"type":"dance","ref":"x"})", R"({"type":"subscribe","topics":"a"})"}) {
    INFO(text);
    peer.say(text);
    CHECK(peer.news().starts_with(R"({"type":"error","code":"malformed","message":")"));
  }
  CHECK_FALSE(peer.peer().finished());
}

TEST_CASE("websocket: cancel and answer reach a job, if the admission lets them", "[transport][websocket]") {
  Bench bench;
  fanfare::Job job(bench.broker, "job");
  WebSocketPeer watcher(bench, {"job"});
  bench.turn();
  watcher.say(R"({"type":"cancel","topic":"job","ref":"c"})");
  CHECK(watcher.news().find(R"({"type":"error","code":"refused")") != std::string::npos);
  CHECK_FALSE(job.stop_token().stop_requested());

  WebSocketPeer driver(bench, {"job"}, upgrade(), {}, Peer::unlimited, true);
  const auto prompt = job.ask({"duplicate", fanfare::Json{"{}"}}, {.choices = {"overwrite", "skip"}, .otherwise = "skip"});
  bench.turn();
  (void)driver.news();
  driver.say(R"({"type":"answer","topic":"job","prompt":")" + std::string(prompt.id()) + R"(","answer":"perhaps"})");
  CHECK(driver.news().starts_with(R"({"type":"error","code":"malformed")"));
  driver.say(R"({"type":"answer","topic":"job","prompt":")" + std::string(prompt.id()) + R"(","answer":"overwrite","ref":"r"})");
  bench.turn();
  CHECK(driver.news().find(R"({"type":"accepted","ref":"r"})") != std::string::npos);
  driver.say(R"({"type":"cancel","topic":"job"})");
  CHECK(job.stop_token().stop_requested());
  driver.say(R"({"type":"command","topic":"job","name":"faster","data":{"by":2}})");
  bench.turn();
  CHECK(driver.news().find(R"("code":"refused")") != std::string::npos);  // the job has no hook for it
}

TEST_CASE("websocket subscribe: too many that wait for the host are refused", "[transport][websocket]") {
  Bench bench;
  (void)bench.broker.topic("a");
  WebSocketPeer peer(bench, {}, upgrade(), {.max_messages_per_second = 0});
  bench.turn();
  (void)peer.news();
  for (int i = 0; i < 70; ++i) peer.say(subscribe(R"("a")"));
  CHECK(peer.news().find(R"("code":"limit_exceeded")") != std::string::npos);
  bench.turn();
  std::string types = peer.types();
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = types.find("subscribed", at)) != types.npos; ++at) ++answers;
  CHECK(answers == 64);
}

// ---- nothing lost and nothing twice, whatever is added and removed -------------------------------------

TEST_CASE("websocket subscribe: any order of subscribing, unsubscribing and short writes loses nothing",
          "[transport][websocket]") {
  for_each_seed(40, [](std::uint64_t seed) {
    Random random(seed);
    Bench bench;
    const std::vector<std::string> names{"a", "b", "c", "d"};
    std::map<std::string, fanfare::TopicOf<Tally>> topics;
    for (const auto& name : names) topics.emplace(name, bench.broker.topic(name, Tally{}));
    WebSocketPeer peer(bench, {}, upgrade(), {.max_messages_per_second = 0});
    std::map<std::string, int> published;
    for (int step = 0; step < 400; ++step) {
      const auto& name = random.any_of(names);
      switch (random.below(8)) {
        case 0: peer.say(subscribe("\"" + name + "\"")); break;
        case 1:
          if (random.one_in(3)) peer.say(R"({"type":"unsubscribe","topics":[")" + name + "\"]}");
          break;
        case 2: peer.peer().stop(); break;
        case 3: peer.peer().give_room(random.below(400)); break;
        case 4: peer.peer().give_room(Peer::unlimited); break;
        case 5: bench.turn(); break;
        case 6: peer.say("ping"); break;
        default: REQUIRE(topics.at(name).publish(Note{++published[name]}));
      }
    }
    for (const auto& name : names) peer.say(subscribe("\"" + name + "\""));
    peer.peer().give_room(Peer::unlimited);
    bench.turn();
    for (const auto& name : names) REQUIRE(topics.at(name).publish(Note{++published[name]}));
    bench.turn();

    // What the client makes of it: the snapshot, then each note once and in order.
    std::map<std::string, int> seen;
    for (const auto& text : peer.received()) {
      const auto type_at = text.find("\"type\":\"");
      REQUIRE(type_at != text.npos);
      const std::string type = text.substr(type_at + 8, text.find('"', type_at + 8) - type_at - 8);
      if (type != "snapshot" && type != "note") continue;
      const std::string topic(1, text.at(10));
      const auto data = text.substr(text.find("\"data\":") + 7);
      if (type == "snapshot") {
        seen[topic] = fanfare::from_json<Tally>(data.substr(0, data.size() - 1)).value().notes;
      } else {
        const int value = fanfare::from_json<Note>(data.substr(0, data.size() - 1)).value().value;
        REQUIRE(value == seen[topic] + 1);
        seen[topic] = value;
      }
    }
    CHECK(seen == published);
    CHECK_FALSE(peer.peer().misused());
  });
}

TEST_CASE("websocket: who speaks while its replay waits for its turn comes into its cohort once", "[transport][websocket]") {
  Bench bench;
  const auto topic = bench.broker.topic("a");
  WebSocketPeer slow(bench, {"a"}, upgrade("/?max_rate=1"));
  bench.turn();
  const auto since = topic.publish(vocabulary::Meter{"first", 1}).position.str();
  bench.turn();  // the next read of its cohort is due in a second
  for (int i = 0; i < 100; ++i) REQUIRE(topic.publish(vocabulary::Meter{std::to_string(i), i}));
  WebSocketPeer back(bench, {"a"}, upgrade("/?max_rate=1&since=" + since));
  back.say("ping");
  bench.turn();
  CHECK(back.peer().stream().cohort() == slow.peer().stream().cohort());
  CHECK(back.peer().stream().cohort()->size() == 2);
  bench.pass(2s);
  REQUIRE(topic.publish(vocabulary::Note{1}));
  bench.turn();
  CHECK(back.received().size() == 103);  // a greeting, a pong, and each event once
}
