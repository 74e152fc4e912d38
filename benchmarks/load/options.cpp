#include "options.hpp"

#include "support.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace load {
namespace {

[[noreturn]] void usage() {
  std::puts(
      "fanload --url http://127.0.0.1:PORT/path | ws://127.0.0.1:PORT/path [options]\n"
      "subscribers\n"
      "  --n N                 how many (100)\n"
      "  --topics K            {t} in path, header and text is their index modulo K, {i} the index (1)\n"
      "  --open-rate R         connects per second, 0: as fast as it goes (5000)\n"
      "  --pending P           handshakes under way at once (256)\n"
      "  --open-timeout S      seconds until all must be established (60)\n"
      "  --allow-partial       goes on when some are not\n"
      "  --per-ip K            subscribers of one source address (20000), from 127.0.0.<--ip-base 2> on\n"
      "  --rcvbuf B            SO_RCVBUF of all\n"
      "  --header 'NAME: VALUE'  --ws-send TEXT  --ws-proto P\n"
      "phases\n"
      "  --settle S (0.5)  --warmup S (1)  --time S (5)  --max-time S (300)\n"
      "  --messages M          ends the measurement when each subscriber has got so many\n"
      "  --idle                memory only: ends after settling\n"
      "  --by-second           latency for each second of the measurement, too\n"
      "the server\n"
      "  --server-pid A,B      measures CPU, memory and context switches of these\n"
      "  --server-cpu C        the core they run on (0)\n"
      "subscribers that misbehave\n"
      "  --slow-frac F         this share reads only --slow-bps bytes a second, 0: never; --slow-rcvbuf B\n"
      "  --churn R             disconnects per second, each returning after --away seconds (0)\n"
      "  --herd S              all disconnect as the measurement begins, and return at once S seconds later\n"
      "  --resume header | query:NAME   how those that return name the last id that they have\n"
      "payloads\n"
      "  --seq-key K (seq)  --ts-key K (ts or ts_ns)  --seq-from-id  --multi (several events in a payload)\n"
      "  --compressed          asks for compression and counts events without looking into them\n"
      "  --coalesce US         sleeps between polls, so that sends wake no reader: for CPU, not for latency\n"
      "output\n"
      "  --label L  --quiet (JSON only)\n"
      "fanload pub --url http://127.0.0.1:PORT/path --rate R --burst B --size S --time T [--header H]");
  std::exit(2);
}

/// The command line, one option after the other.
class Arguments {
 public:
  Arguments(int argc, char** argv) : count_(argc), values_(argv) {}
  bool next() { return ++at_ < count_; }
  std::string_view name() const { return values_[at_]; }
  std::string text() {
    if (++at_ >= count_) usage();
    return values_[at_];
  }
  double number() {
    return parsed([](const std::string& text) { return std::stod(text); });
  }
  int integer() {
    return parsed([](const std::string& text) { return std::stoi(text); });
  }

 private:
  template <class Parse>
  auto parsed(Parse parse) -> decltype(parse(std::string())) {
    const std::string value = text();
    try {
      return parse(value);
    } catch (const std::exception&) {
      die("not a number: %s", value.c_str());
    }
  }

  int at_ = 0, count_;
  char** values_;
};

std::vector<int> integers(const std::string& list) {
  std::vector<int> numbers;
  for (std::size_t at = 0; at < list.size();) {
    numbers.push_back(std::atoi(list.c_str() + at));
    at = list.find(',', at);
    if (at == std::string::npos) break;
    ++at;
  }
  return numbers;
}

bool take_subscribers(Options& o, std::string_view name, Arguments& arguments) {
  if (name == "--url")
    o.url = arguments.text();
  else if (name == "--n")
    o.subscribers = arguments.integer();
  else if (name == "--topics")
    o.topics = std::max(1, arguments.integer());
  else if (name == "--open-rate")
    o.open_rate = arguments.number();
  else if (name == "--pending")
    o.pending = arguments.integer();
  else if (name == "--open-timeout")
    o.open_timeout = arguments.number();
  else if (name == "--allow-partial")
    o.allow_partial = true;
  else if (name == "--per-ip")
    o.per_address = std::max(1, arguments.integer());
  else if (name == "--ip-base")
    o.first_address = arguments.integer();
  else if (name == "--rcvbuf")
    o.receive_buffer = arguments.integer();
  else if (name == "--header")
    o.headers += arguments.text() + "\r\n";
  else if (name == "--ws-send")
    o.websocket_text = arguments.text();
  else if (name == "--ws-proto")
    o.subprotocol = arguments.text();
  else
    return false;
  return true;
}

bool take_phases(Options& o, std::string_view name, Arguments& arguments) {
  if (name == "--settle")
    o.settle = arguments.number();
  else if (name == "--warmup")
    o.warmup = arguments.number();
  else if (name == "--time")
    o.time = arguments.number();
  else if (name == "--max-time")
    o.max_time = arguments.number();
  else if (name == "--messages")
    o.messages = std::uint64_t(arguments.number());
  else if (name == "--idle")
    o.idle = true;
  else if (name == "--by-second")
    o.by_second = true;
  else if (name == "--server-pid")
    o.server_pids = integers(arguments.text());
  else if (name == "--server-cpu")
    o.server_cpu = arguments.integer();
  else if (name == "--label")
    o.label = arguments.text();
  else if (name == "--quiet")
    o.quiet = true;
  else
    return false;
  return true;
}

void take_resume(Options& o, const std::string& how) {
  if (how == "header")
    o.resume_by_header = true;
  else if (how.rfind("query:", 0) == 0)
    o.resume_by_query = true, o.since_parameter = how.substr(6);
  else
    usage();
}

bool take_behaviour(Options& o, std::string_view name, Arguments& arguments) {
  if (name == "--slow-frac")
    o.slow_share = arguments.number();
  else if (name == "--slow-bps")
    o.slow_bytes_per_second = arguments.number();
  else if (name == "--slow-rcvbuf")
    o.slow_receive_buffer = arguments.integer();
  else if (name == "--churn")
    o.churn = arguments.number();
  else if (name == "--away")
    o.away = arguments.number();
  else if (name == "--herd")
    o.herd = arguments.number();
  else if (name == "--resume")
    take_resume(o, arguments.text());
  else if (name == "--seq-key")
    o.seq_key = arguments.text();
  else if (name == "--ts-key")
    o.stamp_key = arguments.text();
  else if (name == "--seq-from-id")
    o.seq_from_id = true;
  else if (name == "--multi")
    o.several_per_payload = true;
  else if (name == "--compressed")
    o.compressed = true;
  else if (name == "--coalesce")
    o.coalesce_us = std::clamp(arguments.integer(), 0, 900'000);
  else
    return false;
  return true;
}

}  // namespace

Address parse_url(std::string_view url, std::string_view scheme) {
  if (url.substr(0, scheme.size()) != scheme) usage();
  url.remove_prefix(scheme.size());
  const auto slash = url.find('/');
  Address address{std::string(url.substr(0, slash)), "/", 80};
  if (slash != std::string_view::npos) address.path = url.substr(slash);
  if (const auto colon = address.host.find(':'); colon != std::string::npos) {
    address.port = std::atoi(address.host.c_str() + colon + 1);
    address.host.resize(colon);
  }
  if (address.host == "localhost") address.host = "127.0.0.1";
  in_addr ip;
  if (inet_pton(AF_INET, address.host.c_str(), &ip) != 1 || (ntohl(ip.s_addr) >> 24) != 127) {
    die("loopback only: %s", address.host.c_str());
  }
  return address;
}

Options parse(int argc, char** argv) {
  Options options;
  Arguments arguments(argc, argv);
  while (arguments.next()) {
    const std::string_view name = arguments.name();
    if (!take_subscribers(options, name, arguments) && !take_phases(options, name, arguments) &&
        !take_behaviour(options, name, arguments)) {
      usage();
    }
  }
  options.websocket = options.url.rfind("ws://", 0) == 0;
  Address address = parse_url(options.url, options.websocket ? "ws://" : "http://");
  options.host = std::move(address.host), options.path = std::move(address.path), options.port = address.port;
  if (options.subscribers < 1 || options.subscribers > 1'000'000) die("--n is 1 to 1000000");
  if (options.max_time > 3600) die("--max-time is at most 3600");
  return options;
}

}  // namespace load
