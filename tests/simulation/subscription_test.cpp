#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/seeds.hpp"
#include "support/vocabulary.hpp"
#include "support/watcher.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Event;
using fanfare::Shard;
using fanfare::Subscription;
using fanfare::TopicOf;

namespace {

constexpr int reconnects_wanted = 1000;
const std::vector<std::string> names{"a", "b", "c", "d", "e"};
const std::vector<std::string> eternal{"a", "b"};  ///< those that are never ended and begun anew

/// What a `skipped` block says.
struct Skipped {
  std::uint64_t count = 0;
};
FANFARE_DESCRIBE(Skipped, count);

/// A watcher behind a network that delivers late, in pieces, and not everything.
struct Client {
  Client(const std::vector<std::string>& wanted, bool is_browser, std::vector<std::string> carried, double max_rate,
         std::vector<std::string> only, bool on_loop)
      : watcher(wanted, is_browser),
        tags(std::move(carried)),
        types(std::move(only)),
        rate(max_rate),
        browser(is_browser),
        looped(on_loop) {
    watcher.tags = {tags.begin(), tags.end()};
  }
  Watcher watcher;
  const std::vector<std::string> tags, types;
  const double rate;
  const bool browser;         ///< asks for the same topics all the time
  const bool looped;          ///< reads when its shard says so, else when the simulation lets it
  std::optional<Subscription> link;
  std::string wire;           ///< sent, not yet received
  std::uint64_t counted_from = 0, lossy_seen = 0;  ///< of a single topic: what was delivered or counted since
  std::string counted;        ///< that topic; empty when it is not followed up
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), broker_({.limits = limits(), .clock = &clock_}), shard_(broker_, [this] { woken_ = true; }) {
    for (const auto& name : names) open(name);
    for (int i = 0; i < 14; ++i) {
      std::vector<std::string> wanted;
      const bool browser = i % 3 == 0;
      if (i == 3 || i == 12) wanted = {eternal[0], eternal[1]};
      else for (std::uint64_t k = 0, count = browser ? 1 : 1 + random_.below(4); k < count; ++k) wanted.push_back(random_.any_of(names));
      clients_.push_back(std::make_unique<Client>(
          wanted, browser, i % 4 == 1 ? std::vector<std::string>{"x"} : std::vector<std::string>{}, i % 5 == 4 ? 5.0 : 0.0,
          i == 6 || i == 7 ? std::vector<std::string>{"note"} : std::vector<std::string>{}, i % 2 == 0));
    }
  }

  void run() {
    while (reconnects_ < reconnects_wanted) step();
    settle();
  }

 private:
  fanfare::Limits limits() {
    fanfare::Limits limits;
    limits.lossy_backlog_events = random_.below(40);
    limits.max_total_history_bytes = random_.one_in(3) ? 40'000 : 10 << 20;
    limits.snapshot_max_events = random_.below(20);
    return limits;
  }

  void open(const std::string& name) {
    fanfare::TopicOptions options{.max_history_events = 4 + random_.below(random_.one_in(4) ? 600 : 60),
                                  .max_history_bytes = random_.one_in(4) ? 1 << 20 : 2000 + random_.below(20'000)};
    options.keep_completed = 10s;
    auto state = std::make_unique<fanfare::detail::StateOf<Tally>>(Tally{});
    auto log = broker_.core()->open(name, options, std::move(state), fanfare::detail::Reuse::anew);
    topics_.insert_or_assign(name, TopicOf<Tally>(fanfare::Topic(broker_.core(), std::move(log))));
  }

  void step() {
    const std::uint64_t what = random_.below(100);
    if (what < 40) return publish(1 + random_.below(4));
    if (what < 42) return publish(random_.below(random_.one_in(8) ? 600 : 150));
    if (what < 43) return begin_or_end(random_.any_of(names));
    if (what < 45) return clock_.advance(std::chrono::milliseconds(random_.below(300)));
    if (what < 46 && random_.one_in(8)) return clock_.advance(11s);
    if (what < 47 && random_.one_in(8)) return broker_.revoke("x");
    if (what < 60) return turn();
    Client& client = *random_.any_of(clients_);
    if (!client.link) return random_.one_in(2) ? connect(client) : void();
    if (what < 72) return client.looped ? turn() : read(client, *client.link);
    if (what < 90) return deliver(client, random_.below(client.wire.size() + 1));
    if (what < 93) return change_topics(client);
    if (what < 96) return cut(client);
  }

  // ---- the publisher ---------------------------------------------------------------------------------

  void publish(std::uint64_t count) {
    const std::string name = random_.any_of(names);
    const auto& topic = topics_.at(name);
    for (std::uint64_t i = 0; i < count; ++i) {
      const int value = static_cast<int>(random_.below(1000));
      switch (random_.below(8)) {
        case 0:
        case 1: (void)topic.publish(Note{value}); break;
        case 2:
        case 3:
          if (const auto receipt = topic.publish(Spark{value})) sparks_[name].push_back(receipt.position.n);
          break;
        case 4: (void)fanfare::Topic(topic).publish(plain("secret-x"), {.audience = {"x"}}); break;
        default: (void)topic.publish(Meter{std::string(1, static_cast<char>('a' + random_.below(6))), value});
      }
    }
  }

  void begin_or_end(const std::string& name) {
    if (!random_.one_in(2) || std::find(eternal.begin(), eternal.end(), name) != eternal.end()) return;
    if (topics_.at(name).finished()) return open(name);
    (void)topics_.at(name).finish(Done{.status = std::to_string(random_.below(100))});
    if (!random_.one_in(3)) return;
    turn();
    for (auto& client : clients_) {
      if (!client->link) continue;
      if (!client->looped) read(*client, *client->link);
      deliver(*client, client->wire.size());
    }
    open(name);  // at once: nothing lies between the last event that they have and the new log
  }

  // ---- clients and their network ---------------------------------------------------------------------

  void turn() {
    if (!woken_ && next_poll_ > clock_.now()) return;  // who is not woken does not poll: a lost wake would show
    woken_ = false;
    const auto again = shard_.poll();
    next_poll_ = clock_.now() + again;
  }

  void connect(Client& client) {
    ++reconnects_;
    Watcher& watcher = client.watcher;
    fanfare::SubscribeOptions options{.topics = watcher.resumed(), .since = watcher.position, .types = client.types,
                                      .audience = client.tags, .max_rate = client.rate};
    auto added = watcher.added();
    std::erase_if(added, [this](const auto& name) { return !broker_.core()->find(name); });
    bool forged = false;
    if (random_.one_in(30)) {
      forged = true;
      const char* texts[] = {"nonsense", "aaaaaaaaaaaaa.5", "", "17"};
      options.since = texts[random_.below(4)];
      options.topics = {watcher.topics.begin(), watcher.topics.end()};
    }
    const bool fresh = options.since.empty();
    const bool alone = options.topics.size() == 1 && (added.empty() || forged);
    client.wire.clear();
    client.counted = alone && client.types.empty() ? options.topics[0] : std::string();
    client.lossy_seen = 0;
    client.counted_from = fresh ? 0 : fanfare::Position::parse(options.since).value_or(fanfare::Position{}).n;
    watcher.connected(options.topics, forged ? std::vector<std::string>{} : added, fresh, forged);
    if (client.looped) {
      client.link = shard_.subscribe(options, [this, &client](Subscription& s) { read(client, s); });
    } else {
      client.link = broker_.subscribe(options);
    }
    if (!forged) {
      for (const auto& topic : added) client.link->add(topic);
    }
  }

  void cut(Client& client) {
    if (random_.one_in(2)) deliver(client, random_.below(client.wire.size() + 1));
    client.link.reset();
    client.wire.clear();
  }

  void deliver(Client& client, std::uint64_t bytes) {
    client.watcher.receive(std::string_view(client.wire).substr(0, bytes));
    client.wire.erase(0, bytes);
    if (client.link && client.link->ended() && client.wire.empty()) client.link.reset();
  }

  void read(Client& client, Subscription& link) {
    const auto events = link.take();
    for (const auto& event : events) {
      Watcher::write(event, client.wire);
      count(client, event);
    }
    if (client.counted.empty() || client.link == std::nullopt || link.position().n == 0 || link.error()) return;
    std::uint64_t expected = 0;
    for (const auto n : sparks_[client.counted]) expected += n > client.counted_from && n <= link.position().n;
    if (client.rate == 0 && !events.empty() && client.lossy_seen != expected) {
      FAIL("lossy events: " << client.lossy_seen << " delivered or counted of " << expected);
    }
  }

  /// Whatever is lossy is delivered or counted; a topic begun anew in between is not followed up.
  void count(Client& client, const Event& event) {
    if (event.type() == "snapshot") client.counted_from = event.position().n, client.lossy_seen = 0;
    if (event.type() == "reset") client.lossy_seen = 0;
    if (event.type() == "spark") ++client.lossy_seen;
    if (event.type() == "skipped") client.lossy_seen += event.as<Skipped>().value().count;
    if (event.last()) client.counted.clear();
  }

  void change_topics(Client& client) {
    Watcher& watcher = client.watcher;
    if (client.browser || watcher.opening() || !client.wire.empty() || !watcher.quiet() || client.link->ended()) return;
    if (client.link->position().n == 0) return;  // what waits there would be mistaken for an answer to this
    const std::string& name = random_.any_of(names);
    client.counted.clear();
    if (!watcher.topics.contains(name)) {
      watcher.want(name);
      client.link->add(name);
    } else if (watcher.topics.size() > 1) {
      watcher.forget(name);
      client.link->remove(name);
    }
  }

  // ---- the end ---------------------------------------------------------------------------------------

  void settle() {
    for (const auto& name : names) {
      if (!broker_.core()->find(name)) open(name);
    }
    for (auto& client : clients_) {
      cut(*client);
      connect(*client);  // whose stream still holds a log that was begun anew has to find the new one
    }
    publish(20);
    for (int round = 0; round < 4; ++round) {
      for (int i = 0; i < 20; ++i) {
        clock_.advance(250ms);
        turn();
        turn();
        for (auto& client : clients_) {
          if (client->link && !client->looped) read(*client, *client->link);
          deliver(*client, client->wire.size());
        }
      }
      for (auto& client : clients_) {
        if (!client->link) connect(*client);  // a forged position, or one that ended: once more
      }
    }
    for (auto& client : clients_) compare(*client);
  }

  void compare(const Client& client) {
    for (const auto& name : client.watcher.topics) {
      const auto found = client.watcher.views.find(name);
      if (found == client.watcher.views.end() || !found->second.begun) FAIL("never heard of " << name);
      const Tally theirs = found->second.tally;
      Tally ours = topics_.at(name).state();
      if (!client.types.empty()) ours.meters = theirs.meters;
      if (theirs == ours && found->second.done == topics_.at(name).finished()) continue;
      FAIL("topic " << name << ": has " << fanfare::to_json(theirs) << ", should have " << fanfare::to_json(ours));
    }
  }

  Random random_;
  fanfare::ManualClock clock_;
  Broker broker_;
  bool woken_ = false;
  fanfare::SteadyTime next_poll_{};
  Shard shard_;
  std::map<std::string, TopicOf<Tally>> topics_;
  std::map<std::string, std::vector<std::uint64_t>> sparks_;  ///< the numbers of what is lossy
  std::vector<std::unique_ptr<Client>> clients_;
  int reconnects_ = 0;
};

}  // namespace

TEST_CASE("simulation: through cuts and stalls every client ends up with the publisher's state", "[simulation][subscription]") {
  for_each_seed(20, [](std::uint64_t seed) {
    World world(seed);
    world.run();
    SUCCEED();
  });
}
