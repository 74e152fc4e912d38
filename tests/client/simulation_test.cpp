#include <fanfare/client/client.hpp>
#include <fanfare/client/client_shell.hpp>

#include "client/lossy_network.hpp"
#include "support/catch.hpp"
#include "support/seeds.hpp"
#include "support/vocabulary.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using namespace clients;
using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::ClientTransport;
using fanfare::Done;
using fanfare::Event;
using fanfare::Link;
using fanfare::TopicOf;

namespace {

const std::vector<std::string> names{"a", "b", "c"};
constexpr int clients_wanted = 50, events_wanted = 2000, faults_wanted = 500;

/// What a program knows that follows some topics: their states, and the position that goes with them. It
/// fails the test when what its handlers get is not what a client promises.
struct Follower {
  struct View {
    bool begun = false;  ///< it has a state
    Tally tally = {};
    std::uint64_t seq = 0;
    int spark = 0;
    bool done = false;
  };

  Follower(Weather& shared, std::size_t number) : weather(shared) {
    const std::string& certain = weather.random.any_of(names);
    for (const auto& name : names) {
      if (name == certain || weather.random.one_in(3)) topics.push_back(name);
    }
    using enum ClientTransport;
    const std::vector<std::vector<ClientTransport>> kinds{{sse}, {websocket}, {long_poll}, {}};
    transports = kinds[number % kinds.size()];
    pulls = number % 5 == 4;
  }

  /// The program starts, with what it knew when it was last there.
  void start() {
    network = nullptr;
    shell.reset();
    if (pulls)
      position.clear(), views.clear();  // the last one that it took counts as handled with the next only
    waits = false;
    auto made = std::make_unique<LossyNetwork>(weather);
    network = made.get();
    fanfare::ClientOptions options{.topics = topics, .since = position, .transports = transports};
    options.save = [this](const std::string& now) { position = now; };
    options.loop = fanfare::Loop(this);
    options.clock = &weather.clock;
    options.max_queued_events = 4;
    options.random = [this] { return static_cast<double>(weather.random.below(1000)) / 1000; };
    shell = std::make_unique<fanfare::detail::ClientShell>("http://host/events", std::move(options),
                                                           std::move(made));
    if (!pulls) set_handlers();
    shell->set_problem_handler(
        [this](const fanfare::Problem& p) { broken("problem: ", p.error.message(), ": ", p.detail); });
    shell->set_link_handler([this](Link link, std::error_code why) {
      if (link == Link::gave_up) broken("gave up: ", why.message());
      reconnects += link == Link::connected;
    });
    shell->start();
  }
  void set_handlers() {
    auto& handlers = shell->handlers();
    handlers.add("snapshot", fanfare::detail::typed_handler<Tally>(
                                 [this](const Tally& t, const Event& e) { begin(t, e); }));
    handlers.add("note", fanfare::detail::typed_handler<Note>(
                             [this](const Note& n, const Event& e) { on_note(n, e); }));
    handlers.add("meter", fanfare::detail::typed_handler<Meter>(
                              [this](const Meter& m, const Event& e) { on_meter(m, e); }));
    handlers.add("spark", fanfare::detail::typed_handler<Spark>(
                              [this](const Spark& s, const Event& e) { on_spark(s, e); }));
    handlers.add("done", fanfare::detail::typed_handler<Done>(
                             [this](const Done& d, const Event& e) { on_done(d, e); }));
    handlers.set_other([this](const Event& e) { on_other(e); });
  }

  /// Takes some events, if it is one that takes them itself.
  void pull(std::uint64_t most) {
    for (; pulls && most > 0 && !waits; --most) {
      waits = true;
      shell->next([this](std::error_code error, const Event& event) {
        waits = static_cast<bool>(error);
        if (!error) handle(event);
      });
    }
  }
  void handle(const Event& e) {
    if (e.type() == "snapshot")
      begin(e.as<Tally>().value(), e);
    else if (e.type() == "note")
      on_note(e.as<Note>().value(), e);
    else if (e.type() == "meter")
      on_meter(e.as<Meter>().value(), e);
    else if (e.type() == "spark")
      on_spark(e.as<Spark>().value(), e);
    else if (e.type() == "done")
      on_done(e.as<Done>().value(), e);
    else
      on_other(e);
  }

  /// A handler cannot fail the test itself: what it throws ends in the client. The world looks here.
  template <class... Text>
  void broken(const Text&... text) {
    std::ostringstream what;
    (what << ... << text);
    if (failure.empty()) failure = what.str();
  }

  View& follow(const Event& event) {
    View& view = views[std::string(event.topic())];
    if (!view.begun) broken("an event before the snapshot: ", event.type(), ' ', event.seq());
    if (event.seq() <= view.seq) broken("twice, or out of order: ", event.seq(), " after ", view.seq);
    if (view.done) broken("after the last event: ", event.seq());
    view.seq = event.seq();
    return view;
  }
  void begin(const Tally& tally, const Event& event) {
    View& view = views[std::string(event.topic())];
    if (tally.notes < view.tally.notes) broken("time goes back: ", tally.notes, " after ", view.tally.notes);
    view = {true, tally, 0, 0, false};
  }
  void on_note(const Note& note, const Event& event) {
    View& view = follow(event);
    if (note.value != view.tally.notes + 1) broken("note ", note.value, " after ", view.tally.notes);
    view.tally.apply(note);
  }
  void on_meter(const Meter& meter, const Event& event) {
    View& view = follow(event);
    if (meter.value <= view.tally.meters[meter.name]) broken("a meter goes back");
    view.tally.apply(meter);
  }
  void on_spark(const Spark& spark, const Event& event) {
    View& view = follow(event);
    if (spark.value <= view.spark) broken("a spark comes twice");
    view.spark = spark.value;
  }
  void on_done(const Done& done, const Event& event) {
    View& view = follow(event);
    view.tally.apply(done);
    view.done = true;
  }
  void on_other(const Event& event) {
    if (event.type() != "reset") return;
    ++resets;
    for (auto& [name, view] : views) view.begun = false;
  }

  Weather& weather;
  std::vector<std::string> topics;
  std::vector<ClientTransport> transports;
  LossyNetwork* network = nullptr;
  std::unique_ptr<fanfare::detail::ClientShell> shell;
  std::string position;
  std::map<std::string, View> views;
  int reconnects = 0, resets = 0;
  bool pulls = false, waits = false;
  std::string failure;
};

class World {
 public:
  explicit World(std::uint64_t seed) : weather_{Random(seed), clock_, {}} {
    boot();
    for (std::size_t i = 0; i < clients_wanted; ++i) {
      followers_.push_back(std::make_unique<Follower>(weather_, i));
      followers_.back()->start();
    }
  }

  void run() {
    while (published_ < events_wanted || weather_.faults < faults_wanted) step();
    settle();
    compare();
    finish();
  }

 private:
  /// A broker with a new epoch that goes on with the states that there are.
  void boot() {
    fanfare::BrokerOptions options{.clock = &clock_};
    options.limits.lossy_backlog_events = 20;
    options.limits.snapshot_max_events = 8;
    weather_.server = std::make_shared<ServerSide>(std::move(options));
    for (const auto& name : names) {
      Tally state = topics_.contains(name) ? topics_.at(name).state() : Tally{};
      topics_.insert_or_assign(
          name, weather_.server->broker.topic(name, std::move(state), {.max_history_events = 60}));
    }
  }
  void restart() {
    const auto old = weather_.server;
    boot();
    for (auto& follower : followers_) follower->network->server_died();
    ++restarts_;
  }

  void publish() {
    Random& random = weather_.random;
    const std::string& name = random.any_of(names);
    const auto& topic = topics_.at(name);
    Count& count = counts_[name];
    switch (random.below(5)) {
      case 0: (void)topic.publish(Spark{++count.sparks}); break;
      case 1:
      case 2:
        (void)topic.publish(Meter{std::string(1, static_cast<char>('a' + random.below(4))), ++count.meters});
        break;
      default: (void)topic.publish(Note{++count.notes});
    }
    ++published_;
  }

  void step() {
    Random& random = weather_.random;
    if (random.one_in(3)) publish();
    if (random.one_in(400)) {
      for (int i = 0; i < 150; ++i) publish();  // more than the history holds
    }
    if (random.one_in(300) && restarts_ < 3) restart();
    if (random.one_in(20)) {
      Follower& follower = *random.any_of(followers_);
      if (random.one_in(3)) follower.start();
    }
    pass(std::chrono::milliseconds(random.below(400)));
  }

  void pass(std::chrono::milliseconds time) {
    clock_.advance(time);
    weather_.server->poll(clock_.now());
    for (auto& follower : followers_) {
      follower->network->step();
      if (weather_.fair || weather_.random.one_in(20)) follower->pull(weather_.random.below(20));
      if (!follower->failure.empty()) FAIL(follower->failure);
    }
  }

  void settle() {
    weather_.fair = true;
    for (int i = 0; i < 1500; ++i) pass(100ms);
  }

  void compare() {
    for (const auto& follower : followers_) {
      for (const auto& name : follower->topics) {
        const auto& view = follower->views[name];
        const Tally ours = topics_.at(name).state();
        if (view.begun && view.tally == ours) continue;
        FAIL("topic " << name << (view.begun ? "" : " (not begun)") << ": has "
                      << fanfare::to_json(view.tally) << ", should have " << fanfare::to_json(ours));
      }
    }
  }
  /// The end reaches everybody, and is known for one.
  void finish() {
    for (const auto& name : names) (void)topics_.at(name).finish(Done{});
    settle();
    compare();
    int reconnects = 0, resets = 0;
    for (const auto& follower : followers_) {
      CHECK(follower->shell->link() == Link::ended);
      CHECK_FALSE(follower->shell->run());
      reconnects += follower->reconnects;
      resets += follower->resets;
    }
    CHECK(weather_.pauses > 0);
    CHECK(restarts_ > 0);
    CHECK(reconnects > 2 * clients_wanted);
    CHECK(resets >= restarts_);
  }

  struct Count {
    int notes = 0, meters = 0, sparks = 0;
  };
  fanfare::ManualClock clock_;
  Weather weather_;
  std::map<std::string, TopicOf<Tally>> topics_;
  std::map<std::string, Count> counts_;
  std::vector<std::unique_ptr<Follower>> followers_;
  int published_ = 0, restarts_ = 0;
};

}  // namespace

TEST_CASE(
    "client: behind a network that cuts, stalls, resets and dribbles everybody ends with the publisher's "
    "state",
    "[client][simulation]") {
  for_each_seed(4, [](std::uint64_t seed) {
    World world(seed);
    world.run();
    SUCCEED();
  });
}
