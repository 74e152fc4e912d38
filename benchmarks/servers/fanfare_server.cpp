// fanfare as the servers beside it are: one topic (or several), one thread that publishes on a schedule, SSE
// on /sse and WebSocket on /ws. Prints what it counted when it is ended by SIGTERM.
#include "feed.hpp"
#include "publisher.hpp"

#include <fanfare/fanfare.hpp>

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct Tick {
  std::uint64_t seq = 0, ts = 0;
  std::string job = {}, pad = {};
};
FANFARE_EVENT(Tick, "tick", critical, seq, ts, job, pad);

/// The state of a topic with one: what a snapshot holds.
struct LastTick {
  using events = fanfare::Events<Tick>;
  std::uint64_t seq = 0, ts = 0;
  void apply(const Tick& tick) { seq = tick.seq, ts = tick.ts; }
};
FANFARE_DESCRIBE(LastTick, seq, ts);

namespace {

struct Options {
  std::uint16_t port = 0;
  double rate = 0;
  std::uint64_t burst = 1;
  std::size_t size = 200;
  unsigned shards = 1;
  std::size_t topics = 1, active = 0, history = 4096;
  bool compress = false, state = false, unwatched = false, portable = false, one_by_one = false;
};

constexpr const char* usage =
    "usage: fanfare_server PORT RATE BURST SIZE [options]\n"
    "  --shards N    event loops, each with a thread (1)\n"
    "  --topics N    named 0 to N-1, each gets every event (1); a request without ?topic= watches 0\n"
    "  --active N    only the first N topics get events, the others idle (all)\n"
    "  --history N   events kept of each topic (4096)\n"
    "  --compress    for clients that accept it\n"
    "  --state       the topics have a state, so that first connects get a snapshot\n"
    "  --portable    connections on Asio's sockets, as on systems other than Linux\n"
    "  --one-by-one  bursts are published without a fanfare::Burst around them\n"
    "  --unwatched   publishes from the start, not from the first subscriber on\n"
    "  --silent      publishes nothing, whatever RATE says\n";

Options parse(int argc, char** argv) {
  if (argc < 5) throw std::invalid_argument("too few arguments");
  Options options;
  options.port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  options.rate = std::stod(argv[2]);
  options.burst = std::stoull(argv[3]);
  options.size = std::stoull(argv[4]);
  for (int i = 5; i < argc; ++i) {
    const std::string_view name = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::invalid_argument(std::string(name) + " needs a value");
      return std::stoull(argv[i]);
    };
    if (name == "--shards") {
      options.shards = static_cast<unsigned>(value());
    } else if (name == "--topics") {
      options.topics = value();
    } else if (name == "--active") {
      options.active = value();
    } else if (name == "--history") {
      options.history = value();
    } else if (name == "--compress") {
      options.compress = true;
    } else if (name == "--state") {
      options.state = true;
    } else if (name == "--portable") {
      options.portable = true;
    } else if (name == "--one-by-one") {
      options.one_by_one = true;
    } else if (name == "--unwatched") {
      options.unwatched = true;
    } else if (name == "--silent") {
      options.rate = 0;
    } else {
      throw std::invalid_argument("unknown option " + std::string(name));
    }
  }
  return options;
}

std::vector<fanfare::Topic> open_topics(fanfare::Broker& broker, const Options& options) {
  std::vector<fanfare::Topic> topics;
  const fanfare::TopicOptions keep{.max_history_events = options.history, .max_history_bytes = 64u << 20};
  for (std::size_t i = 0; i < options.topics; ++i) {
    const std::string name = std::to_string(i);
    topics.push_back(options.state ? broker.topic(name, LastTick{}, keep) : broker.topic(name, keep));
  }
  return topics;
}

/// The whole payload has `size` bytes, as that of the other servers has.
Tick make_tick(std::uint64_t seq, std::uint64_t stamp, std::size_t size) {
  Tick tick{seq, stamp, "build-42", {}};
  const std::size_t bare = fanfare::to_json(tick).size();
  if (bare < size) tick.pad.assign(size - bare, 'x');
  return tick;
}

void mount(fanfare::Server& server, const Options& options, bench::Publisher& publisher) {
  const auto admit = [&publisher](const fanfare::Request& request) {
    publisher.somebody_watches();
    fanfare::Admission admission{.topics = request.topics};
    if (admission.topics.empty()) admission.topics = {"0"};
    return admission;
  };
  fanfare::SseOptions sse;
  fanfare::WebSocketOptions websocket;
  websocket.compress = options.compress;
  websocket.min_compressed_bytes = 0;
  sse.compress = options.compress;
  server.stream("/sse", {.admit = admit, .transports = {fanfare::sse(sse)}});
  server.stream("/sse/{topics}", {.admit = admit, .transports = {fanfare::sse(sse)}});
  server.stream("/ws", {.admit = admit, .transports = {fanfare::websocket(websocket)}});
}

void wait_for_signal(const sigset_t& signals) {
  int which = 0;
  sigwait(&signals, &which);
}

void print(const bench::Publisher& publisher, const fanfare::Metrics& metrics) {
  std::fprintf(stderr,
               "{\"published\":%llu,\"cpu_ns_per_publish\":%.0f,\"shard_wakes\":%llu,\"images_encoded\":%llu,"
               "\"cohort_deliveries\":%llu,\"fell_short\":%llu,\"resets\":%llu,\"snapshots\":%llu,"
               "\"history_bytes\":%llu}\n",
               static_cast<unsigned long long>(publisher.published()), publisher.cpu_ns_per_publish(),
               static_cast<unsigned long long>(metrics.shard_wakes),
               static_cast<unsigned long long>(metrics.images_encoded),
               static_cast<unsigned long long>(metrics.cohort_deliveries),
               static_cast<unsigned long long>(metrics.members_fell_short),
               static_cast<unsigned long long>(metrics.resets),
               static_cast<unsigned long long>(metrics.snapshots_serialised),
               static_cast<unsigned long long>(metrics.history_bytes));
}

void serve(const Options& options, const sigset_t& signals) {
  bench::raise_file_limit();
  bench::Publisher publisher(options.rate, options.burst);
  fanfare::Broker broker({.limits = {.max_topics = options.topics + 1}});
  const std::vector<fanfare::Topic> topics = open_topics(broker, options);
  fanfare::ServerOptions listen{.port = options.port,
                                .shards = options.shards,
                                .max_connections = 1'000'000,
                                .max_connections_per_address = 0};
  if (options.portable) listen.bare_descriptors = false;
  fanfare::Server server(broker, listen);
  mount(server, options, publisher);
  server.start();

  if (options.unwatched) publisher.somebody_watches();
  const std::span active(topics.data(),
                         options.active ? std::min(options.active, topics.size()) : topics.size());

  bench::CountedWindow counted;
  std::uint64_t seq = 0;
  Tick tick = make_tick(1'000'000, bench::now_ns(), options.size);
  publisher.start([&](std::uint64_t due, std::uint64_t count) {
    tick.ts = due;
    std::optional<fanfare::Burst> burst;
    if (count > 1 && !options.one_by_one) burst.emplace();
    for (std::uint64_t i = 0; i < count; ++i) {
      tick.seq = ++seq;
      counted.before(seq);
      for (const fanfare::Topic& topic : active) topic.publish(tick);
    }
  });
  wait_for_signal(signals);
  publisher.stop();
  print(publisher, broker.metrics());
  server.stop();
}

}  // namespace

int main(int argc, char** argv) try {
  // Blocked in every thread, so that only wait_for_signal sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  serve(parse(argc, argv), signals);
} catch (const std::exception& failure) {
  std::fprintf(stderr, "fanfare_server: %s\n%s", failure.what(), usage);
  return 2;
}
