// Readers that are slow, stall, or never read: what it costs them, and that it costs nobody else.
#include <fanfare/server/server.hpp>

#include <poll.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/vocabulary.hpp"

using fanfare::Broker;
using fanfare::Request;
using fanfare::Server;
using fanfare::sse;
using vocabulary::Meter;
using vocabulary::Note;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

constexpr int small_buffer = 4096;  // of the kernel, for who shall block the server soon

struct Padded {
  int number = 0;
  std::string padding = {};
};
FANFARE_EVENT(Padded, "padded", critical, number, padding);

/// What is mounted under "/jobs/{topic}", with a token that each of its streams holds.
class Site {
 public:
  explicit Site(fanfare::ServerOptions options = {})
      : server(broker, [&] {
          options.port = 0;
          return options;
        }()) {
    server.stream("/jobs/{topic}", {.transports = {[this](const Request& request) {
                    auto inner = sse()(request);
                    return inner ? std::make_unique<Held>(token, std::move(inner)) : nullptr;
                  }}});
    server.start();
  }
  long streams() const { return token.use_count() - 1; }

  Broker broker;
  std::shared_ptr<int> token = std::make_shared<int>();
  Server server;

 private:
  class Held final : public fanfare::Transport {
   public:
    Held(std::shared_ptr<int> held, std::unique_ptr<Transport> inner) : held_(std::move(held)), inner_(std::move(inner)) {}
    fanfare::Response head() const override { return inner_->head(); }
    const fanfare::Format& format() const noexcept override { return inner_->format(); }

   private:
    const std::shared_ptr<int> held_;
    const std::unique_ptr<Transport> inner_;
  };
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * 4096;
}

/// Publishes until the only watcher of the topic, which has read everything so far, takes no more.
void block(Site& site, const fanfare::Topic& topic, http::Watcher& watcher) {
  REQUIRE(topic.publish(Padded{}));
  REQUIRE(watcher.next()->type == "padded");  // so it rides in its cohort
  const std::string padding(8000, 'x');
  for (int i = 1; site.broker.metrics().members_fell_short == 0; ++i) {
    const auto before = site.broker.metrics().cohort_deliveries;
    REQUIRE(topic.publish(Padded{i, padding}));
    // The event before may have been the one that it did not take whole; then this one is not delivered.
    REQUIRE(eventually([&] {
      const auto metrics = site.broker.metrics();
      return metrics.cohort_deliveries > before || metrics.members_fell_short > 0;
    }));
  }
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

}  // namespace

TEST_CASE("slow readers: one that stalls is closed after a while, others notice nothing", "[integration][slow]") {
  Site site({.stall_limit = 300ms});
  const auto topic = site.broker.topic("a");
  http::Watcher stalled(site.server.port(), "/jobs/a", "", small_buffer), reads(site.server.port(), "/jobs/a");
  int sent = 0;
  const std::string padding(4000, 'x');
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (site.streams() == 2 && std::chrono::steady_clock::now() < deadline) {
    REQUIRE(topic.publish(Padded{++sent, padding}));
    const auto event = reads.next();
    REQUIRE(event);
    CHECK(event->data.starts_with("{\"number\":" + std::to_string(sent) + ","));
  }
  CHECK(site.streams() == 1);
  REQUIRE(topic.finish(fanfare::Done{}));
  CHECK(reads.next()->type == "done");
  CHECK_FALSE(reads.next());
  // What it has got until then is whole events in order, and then its stream breaks off.
  const auto read_all = [&] { (void)stalled.all(); };
  CHECK_THROWS_AS(read_all(), http::Failure);
}

TEST_CASE("slow readers: a stalled one resumes where it was cut off", "[integration][slow]") {
  Site site({.stall_limit = 200ms});
  const auto topic = site.broker.topic("a");
  http::Watcher stalled(site.server.port(), "/jobs/a", "", small_buffer);
  const std::string padding(4000, 'x');
  int sent = 0, next = 1;
  for (; sent < 500; ++sent) REQUIRE(topic.publish(Padded{sent + 1, padding}));
  REQUIRE(eventually([&] { return site.streams() == 0; }));
  const auto check = [&](const fanfare::wire::SseEvent& event) {
    if (event.type == "padded") CHECK(event.data.starts_with("{\"number\":" + std::to_string(next++) + ","));
  };
  try {
    while (const auto event = stalled.next()) check(*event);
  } catch (const http::Failure&) {
  }
  CHECK(next > 1);
  CHECK(next <= sent);
  REQUIRE(topic.finish(fanfare::Done{}));
  http::Watcher resumed(site.server.port(), "/jobs/a", "Last-Event-ID: " + stalled.last_id() + "\r\n");
  for (const auto& event : resumed.all()) check(event);
  CHECK(next == sent + 1);
}

TEST_CASE("slow readers: one that pauses comes back to fewer events, and to the same state", "[integration][slow]") {
  Site site;
  const auto topic = site.broker.topic("a", Tally{});
  http::Watcher pauses(site.server.port(), "/jobs/a", "", small_buffer);
  REQUIRE(pauses.next()->type == "snapshot");
  block(site, topic, pauses);
  for (int i = 1; i <= 4000; ++i) {
    if (i % 40 == 0) REQUIRE(topic.publish(Note{i}));
    else REQUIRE(topic.publish(Meter{"meter " + std::to_string(i % 5), i}));
  }
  REQUIRE(topic.finish(fanfare::Done{}));
  Tally tally;
  int meters = 0, notes = 0, resets = 0;
  for (const auto& event : pauses.all()) {
    if (event.type == "reset") ++resets;
    if (event.type == "snapshot") tally = fanfare::from_json<Tally>(event.data).value();
    if (event.type == "note") ++notes, tally.apply(fanfare::from_json<Note>(event.data).value());
    if (event.type == "meter") ++meters, tally.apply(fanfare::from_json<Meter>(event.data).value());
    if (event.type == "done") tally.apply(fanfare::from_json<fanfare::Done>(event.data).value());
  }
  CHECK(fanfare::to_json(tally) == fanfare::to_json(topic.state()));
  CHECK(resets == 0);
  CHECK(notes == 100);
  CHECK(meters == 5);
}

TEST_CASE("slow readers: of a thousand, those who read get every critical event", "[integration][slow]") {
  constexpr int all = 1000, dead = 100, notes = 150;
  Site site({.stall_limit = 10min});  // this program may be slow to read, too
  const auto topic = site.broker.topic("a");
  std::vector<std::unique_ptr<http::Watcher>> stalled, readers;
  for (int i = 0; i < all; ++i) {
    auto watcher = std::make_unique<http::Watcher>(site.server.port(), "/jobs/a", "", i < dead ? small_buffer : 0);
    (i < dead ? stalled : readers).push_back(std::move(watcher));
  }
  std::jthread publisher([&] {
    const std::string padding(1000, 'x');
    for (int i = 1; i <= notes; ++i) {
      (void)topic.publish(Padded{i, padding});
      if (i % 3 == 0) (void)topic.publish(Meter{"m", i});
    }
    (void)topic.finish(fanfare::Done{});
  });

  struct Seen {
    int last = 0, meter = 0;
    bool in_order = true, done = false;
  };
  std::vector<Seen> seen(readers.size());
  std::vector<pollfd> entries;
  for (const auto& reader : readers) entries.push_back({reader->client().descriptor(), POLLIN, 0});
  std::size_t open = readers.size();
  while (open > 0 && ::poll(entries.data(), entries.size(), 30'000) > 0) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].revents == 0) continue;
      readers[i]->pump([&](const fanfare::wire::SseEvent& event) {
        Seen& mine = seen[i];
        if (event.type == "padded") mine.in_order = mine.in_order && std::stoi(event.data.substr(10)) == ++mine.last;
        if (event.type == "meter") mine.meter = std::stoi(event.data.substr(event.data.rfind(':') + 1));
        if (event.type == "done") mine.done = true;
      });
      if (readers[i]->over()) entries[i].fd = -1, --open;
    }
  }
  publisher.join();
  CHECK(open == 0);
  int whole = 0;
  for (const Seen& each : seen) whole += each.last == notes && each.meter == notes && each.in_order && each.done;
  CHECK(whole == all - dead);
  CHECK(site.streams() == dead);
  CHECK(site.broker.metrics().history_bytes < (4u << 20) + (1u << 20));
  CHECK(site.broker.metrics().members_fell_short >= dead);
}

TEST_CASE("slow readers: a hundred that never read cost no memory", "[integration][slow]") {
  Site site;
  const auto topic = site.broker.topic("a");
  std::vector<std::unique_ptr<http::Watcher>> stalled;
  for (int i = 0; i < 100; ++i) stalled.push_back(std::make_unique<http::Watcher>(site.server.port(), "/jobs/a", "", small_buffer));
  http::Watcher reads(site.server.port(), "/jobs/a");
  const auto before = resident_bytes();
  const std::string padding(4000, 'x');
  for (int i = 1; i <= 3000; ++i) {  // 12 MB; for each of a hundred that would be 1.2 GB
    REQUIRE(topic.publish(Padded{i, padding}));
    REQUIRE(reads.next());
  }
  CHECK(site.streams() == 101);
  CHECK(site.broker.metrics().history_bytes <= 5u << 20);
  if (!sanitized) CHECK(resident_bytes() < before + (40u << 20));
}

TEST_CASE("slow readers: one below the floor of the history gets the state instead", "[integration][slow]") {
  Site site;
  const auto topic = site.broker.topic("a", Tally{}, {.max_history_events = 64});
  http::Watcher slow(site.server.port(), "/jobs/a", "", small_buffer);
  for (int i = 1; i <= 20'000; ++i) REQUIRE(topic.publish(Note{i}));
  REQUIRE(topic.finish(fanfare::Done{}));
  Tally tally;
  int resets = 0;
  for (const auto& event : slow.all()) {
    if (event.type == "reset") ++resets;
    if (event.type == "snapshot") tally = fanfare::from_json<Tally>(event.data).value();
    if (event.type == "note") tally.apply(fanfare::from_json<Note>(event.data).value());
  }
  CHECK(resets >= 1);
  CHECK(tally.notes == 20'000);
  CHECK(tally.sum == 20'000LL * 20'001 / 2);
}

TEST_CASE("slow readers: nothing is lost at the end, however slowly it is read", "[integration][slow]") {
  Site site;
  const auto topic = site.broker.topic("a");
  const auto start = topic.publish(Padded{0, {}});
  const std::string padding(2000, 'x');
  for (int i = 1; i <= 300; ++i) REQUIRE(topic.publish(Padded{i, padding}));
  REQUIRE(topic.finish(fanfare::Done{}));
  http::Client client(site.server.port(), small_buffer);
  client.get("/jobs/a?since=" + start.position.str());
  while (client.read(100)) {
  }
  CHECK(client.head().status == 200);
  std::string body;
  while (const auto chunk = client.chunk()) body += *chunk;
  CHECK(client.input().empty());
  int padded = 0;
  for (auto at = body.find("event: padded"); at != body.npos; at = body.find("event: padded", at + 1)) ++padded;
  CHECK(padded == 300);
  CHECK(body.find("event: done") != body.npos);
}

TEST_CASE("slow readers: the end waits in the kernel for who pauses before it", "[integration][slow]") {
  Site site;
  const auto topic = site.broker.topic("a");
  const auto start = topic.publish(Padded{0, {}});
  const std::string padding(2000, 'x');
  for (int i = 1; i <= 20; ++i) REQUIRE(topic.publish(Padded{i, padding}));
  REQUIRE(topic.finish(fanfare::Done{}));
  http::Watcher pauses(site.server.port(), "/jobs/a?since=" + start.position.str(), "", small_buffer);
  // The server has written everything, waited for the client to end as well, and closed.
  const auto closed = std::chrono::steady_clock::now() + 2200ms;
  REQUIRE(eventually([&] { return site.streams() == 0 && std::chrono::steady_clock::now() > closed; }));
  CHECK(pauses.all().size() == 21);
}
