#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>

#include "support/catch.hpp"
#include "support/line_member.hpp"
#include "support/seeds.hpp"
#include "support/vocabulary.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace vocabulary;
using fanfare::Broker;
using fanfare::Done;
using fanfare::Shard;
using fanfare::TopicOf;
using fanfare::detail::SelectionRef;

namespace {

constexpr std::size_t seats_in_all = 1500;
const std::vector<std::string> names{"a", "b", "c", "d", "e"};

/// The numbers that have to reach everybody who is meant.
struct Critical {
  std::uint64_t seq = 0;
  bool secret = false;
};
using CriticalLog = std::map<std::string, std::vector<Critical>>;

/// What members of one kind ask for.
struct Kind {
  std::vector<std::string> topics, types = {}, tags = {};
  double rate = 0;
  std::chrono::milliseconds beat = 0ms;
};

/// One client over all of its connections: checks every image that comes, and keeps what it learns.
class Seat {
 public:
  struct View {
    bool begun = false, done = false;
    std::uint64_t seq = 0;
    Tally tally = {};
  };

  explicit Seat(const Kind& asked) : kind(asked) {}

  void connected() {
    opening_ = position == 0 && kind.topics.size() > 1;
    last_id_ = 0;
  }
  void check(const CriticalLog& critical) {
    if (!member) return;
    if (member->stray_beat) FAIL("a beat within an image");
    for (const auto& text : take_lines(member->received)) {
      if (text == "~") continue;
      const Line line = Line::parse(text);
      if (!line.whole) FAIL("no whole image: " << text);
      apply(line, critical);
    }
  }

  const Kind& kind;
  std::unique_ptr<LineMember> member;
  std::uint64_t position = 0;
  std::map<std::string, View> views;

 private:
  void apply(const Line& line, const CriticalLog& critical) {
    if (line.type == "reset") {
      for (auto& [name, view] : views) view.begun = false;
      opening_ = kind.topics.size() > 1;
      last_id_ = 0;
    } else if (line.type == "synced") {
      opening_ = false;
    } else if (line.type == "snapshot") {
      views[line.topic] = {true, false, line.seq, fanfare::from_json<Tally>(line.json).value()};
    } else if (line.type != "skipped") {
      event(line, critical);
    }
    if (line.n == 0) return;
    if (opening_) FAIL("an id while something is owed: " << line.type << ' ' << line.n);
    if (line.n < last_id_ || (line.n == last_id_ && line.type != "synced")) FAIL("ids went back to " << line.n);
    last_id_ = position = line.n;
  }

  void event(const Line& line, const CriticalLog& critical) {
    View& view = views[line.topic];
    if (!view.begun) FAIL("an event before the snapshot");
    if (view.done) FAIL("an event after the last");
    if (line.seq <= view.seq) FAIL("twice or out of order: " << line.topic << ' ' << line.seq << " after " << view.seq);
    const auto& all = critical.at(line.topic);
    auto next = std::upper_bound(all.begin(), all.end(), view.seq, [](auto seq, const auto& entry) { return seq < entry.seq; });
    for (; next != all.end() && next->seq < line.seq; ++next) {
      const bool wanted = next->secret ? !kind.tags.empty() && kind.types.empty() : true;
      if (wanted) FAIL("a critical event was skipped: " << line.topic << ' ' << next->seq);
    }
    if (!kind.types.empty() && line.type != "done" && line.type != kind.types[0]) FAIL("not asked for: " << line.type);
    if (line.type == "secret" && kind.tags.empty()) FAIL("not for this one");
    view.seq = line.seq;
    if (line.type == "note") {
      view.tally.apply(Note{value_of(line.json)});
    } else if (line.type == "meter") {
      view.tally.meters[line.json.substr(9, 1)] = value_of(line.json);  // {"name":"x",...
    } else if (line.type == "done") {
      view.done = true;
    }
  }
  /// The number after the last colon.
  static int value_of(const std::string& json) { return std::atoi(json.c_str() + json.rfind(':') + 1); }

  bool opening_ = false;
  std::uint64_t last_id_ = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), broker_({.limits = limits(), .clock = &clock_}), shard_(broker_, [this] { woken_ = true; }) {
    for (const auto& name : names) {
      const fanfare::TopicOptions options{.max_history_events = 20 + random_.below(200)};
      topics_.emplace(name, broker_.topic(name, Tally{}, options));
      critical_[name];
    }
    for (std::size_t i = 0; i < seats_in_all; ++i) seats_.push_back(std::make_unique<Seat>(kinds_[i % kinds_.size()]));
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      if (i % 16 == 0) check_all();
    }
    settle();
  }

 private:
  fanfare::Limits limits() {
    fanfare::Limits limits;
    limits.lossy_backlog_events = random_.below(30);
    limits.snapshot_max_events = random_.below(30);
    return limits;
  }

  void step() {
    const std::uint64_t what = random_.below(100);
    if (what < 30) return publish(1 + random_.below(3));
    if (what < 32) return fall_behind();
    if (what < 60) return turn();
    if (what < 64) return clock_.advance(std::chrono::milliseconds(random_.below(400)));
    if (what < 65) return clock_.advance(std::chrono::milliseconds(random_.below(20'000)));
    for (std::uint64_t k = random_.below(40); k > 0; --k) change(*random_.any_of(seats_));
  }

  void publish(std::uint64_t count) {
    const std::string& name = random_.any_of(names);
    const auto& topic = topics_.at(name);
    for (std::uint64_t i = 0; i < count; ++i) {
      const int value = static_cast<int>(random_.below(1000));
      switch (random_.below(8)) {
        case 0:
        case 1: critical_[name].push_back({topic.publish(Note{value}).seq, false}); break;
        case 2: (void)topic.publish(Spark{value}); break;
        case 3: critical_[name].push_back({fanfare::Topic(topic).publish(plain("secret"), {.audience = {"x"}}).seq, true}); break;
        default: (void)topic.publish(Meter{std::string(1, static_cast<char>('a' + random_.below(5))), value});
      }
    }
  }

  /// More than any cohort can read before it is gone, and snapshots of all ages.
  void fall_behind() {
    for (std::uint64_t k = 1 + random_.below(3); k > 0; --k) {
      publish(random_.below(120));
      if (random_.one_in(2)) clock_.advance(std::chrono::milliseconds(random_.below(120)));
      if (random_.one_in(2)) connect_one();
    }
  }

  void turn() {
    if (!woken_ && next_poll_ > clock_.now()) return;  // a lost wake shows as news that never come
    woken_ = false;
    next_poll_ = clock_.now() + shard_.poll();
  }

  // ---- members ---------------------------------------------------------------------------------------

  void change(Seat& seat) {
    if (!seat.member) return connect(seat);
    LineMember& member = *seat.member;
    switch (random_.below(12)) {
      case 0:
      case 1: member.room = 0; break;
      case 2:
      case 3: member.room = random_.below(600); break;
      case 4:
      case 5:
      case 6: member.allow(random_.below(300)); break;
      case 7:
      case 8: member.allow(LineMember::unlimited); break;
      case 9: member.broken = true; break;
      case 10: return disconnect(seat);
      default: break;
    }
    if (member.closed()) disconnect(seat);
  }

  void connect(Seat& seat) {
    auto member = std::make_unique<LineMember>(*shard_.core(), format_, seat.kind.beat);
    member->budget = 1 + random_.below(20);
    member->room = random_.one_in(3) ? random_.below(500) : LineMember::unlimited;
    const auto chosen = broker_.core()->resolve(seat.kind.topics, seat.kind.types, seat.kind.tags, seat.kind.rate).selection;
    std::string since;
    if (seat.position != 0) since = fanfare::Position{broker_.core()->context().sequencer->epoch(), seat.position}.str();
    seat.connected();
    seat.member = std::move(member);
    seat.member->start(chosen, {{since}, false, 0});
  }

  void connect_one() {
    Seat& seat = *random_.any_of(seats_);
    if (seat.member) disconnect(seat);
    seat.position = 0;  // so that it makes a snapshot
    seat.views.clear();
    connect(seat);
  }

  void disconnect(Seat& seat) {
    seat.check(critical_);
    seat.member.reset();
  }

  void check_all() {
    for (auto& seat : seats_) seat->check(critical_);
  }

  // ---- the end ---------------------------------------------------------------------------------------

  void settle() {
    publish_last();
    for (const char* name : {"a", "b", "c"}) (void)topics_.at(name).finish(Done{});
    for (int k = 0; k < 20; ++k) turn();  // who keeps up is served, and has gone when the others come
    for (auto& seat : seats_) {
      if (seat->member && (seat->member->closed() || seat->member->broken)) disconnect(*seat);
      if (!seat->member) connect(*seat);
      seat->member->allow(LineMember::unlimited);
    }
    for (int i = 0; i < 200; ++i) {
      clock_.advance(50ms);
      for (int k = 0; k < 20; ++k) turn();
    }
    check_all();
    for (const auto& seat : seats_) compare(*seat);
    std::size_t cohorts = shard_.core()->cohort_count();
    for (auto& seat : seats_) seat->member.reset();
    woken_ = true;
    turn();
    if (cohorts > kinds_.size() || shard_.core()->cohort_count() != 0) FAIL("cohorts that nobody needs");
  }

  void publish_last() {
    for (const char* name : {"d", "e"}) {
      critical_[name].push_back({topics_.at(name).publish(Note{1}).seq, false});
      (void)topics_.at(name).publish(Meter{"a", 2});
    }
  }

  void compare(const Seat& seat) {
    bool all_done = true;
    for (const auto& name : seat.kind.topics) {
      const auto found = seat.views.find(name);
      if (found == seat.views.end() || !found->second.begun) FAIL("never heard of " << name);
      const auto& view = found->second;
      Tally ours = topics_.at(name).state();
      Tally theirs = view.tally;
      theirs.end = ours.end;
      if (!seat.kind.types.empty()) theirs.meters = ours.meters;
      const bool finished = topics_.at(name).finished();
      all_done = all_done && finished;
      if (!(theirs == ours) || view.done != finished) {
        FAIL("topic " << name << ": has " << fanfare::to_json(theirs) << ", should have " << fanfare::to_json(ours)
                      << (seat.member->in_cohort() ? ", in its cohort" : ", alone")
                      << (seat.member->blocked() ? ", blocked" : ""));
      }
    }
    if (seat.member->ends != (all_done ? 1 : 0)) FAIL("ended " << seat.member->ends << " times");
    if (!all_done && !seat.member->in_cohort()) FAIL("keeps up, but rides in no cohort");
  }

  const std::vector<Kind> kinds_{
      {.topics = {"a"}},
      {.topics = {"a"}, .beat = 15s},
      {.topics = {"a"}, .types = {"note"}},
      {.topics = {"b"}, .tags = {"x"}},
      {.topics = {"c", "a"}},
      {.topics = {"a", "b", "c", "d"}},
      {.topics = {"d"}, .rate = 4},
      {.topics = {"d", "e"}, .tags = {"x"}, .beat = 1s},
      {.topics = {"e"}, .beat = 1s},
      {.topics = {"c", "d", "e"}, .rate = 2, .beat = 15s},
  };
  const LineFormat format_;
  Random random_;
  fanfare::ManualClock clock_;
  Broker broker_;
  bool woken_ = false;
  fanfare::SteadyTime next_poll_{};
  Shard shard_;
  std::map<std::string, TopicOf<Tally>> topics_;
  CriticalLog critical_;
  std::vector<std::unique_ptr<Seat>> seats_;
};

}  // namespace

TEST_CASE("simulation: members of cohorts get whole images, in order, and all that matters", "[simulation][cohort]") {
  for_each_seed(6, [](std::uint64_t seed) {
    World world(seed);
    world.run(1500);
    SUCCEED();
  });
}
