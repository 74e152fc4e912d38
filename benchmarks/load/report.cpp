#include "report.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace load {
namespace {

double per_connection(std::uint64_t after, std::uint64_t before, int connections) {
  return connections ? double(std::int64_t(after) - std::int64_t(before)) / connections : 0;
}

/// Writes members of a JSON object to standard output, with commas where they belong.
class Json {
 public:
  void open(const char* name = nullptr) { key(name), std::putchar('{'), first_ = true; }
  void close() { std::putchar('}'), first_ = false; }
  void open_list(const char* name) { key(name), std::putchar('['), first_ = true; }
  void close_list() { std::putchar(']'), first_ = false; }
  void number(const char* name, std::uint64_t value) { key(name), std::printf("%" PRIu64, value); }
  void number(const char* name, int value) { key(name), std::printf("%d", value); }
  void number(const char* name, double value, int digits = 1) {
    key(name), std::printf("%.*f", digits, value);
  }
  /// Only for text that needs no escapes, as labels and URLs of benchmarks.
  void text(const char* name, const std::string& value) { key(name), std::printf("\"%s\"", value.c_str()); }
  void microseconds(const char* name, double ns) { number(name, ns / 1000); }

 private:
  void key(const char* name) {
    if (!std::exchange(first_, false)) std::putchar(',');
    if (name) std::printf("\"%s\":", name);
  }
  bool first_ = true;
};

void print_latency(Json& json, const char* name, const Histogram& latency) {
  json.open(name);
  json.microseconds("p50", latency.percentile(.5));
  json.microseconds("p90", latency.percentile(.9));
  json.microseconds("p99", latency.percentile(.99));
  json.microseconds("p999", latency.percentile(.999));
  json.microseconds("max", double(latency.max()));
  json.microseconds("mean", latency.mean());
  json.number("n", latency.count());
  json.close();
}

void print_subscribers(Json& json, const Crowd& crowd, const Run& run) {
  std::uint64_t least = ~0ull, most = 0;
  for (const auto& subscriber : const_cast<Crowd&>(crowd).subscribers()) {
    if (subscriber.slow || subscriber.state != State::live) continue;
    least = std::min(least, subscriber.measured);
    most = std::max(most, subscriber.measured);
  }
  const Counts& counts = crowd.counts();
  json.number("wall_s", run.wall, 3);
  json.number("deliveries", counts.events);
  json.number("deliveries_in_all", counts.events_in_all);
  json.number("per_s", run.wall > 0 ? double(counts.events) / run.wall : 0, 0);
  json.number("bytes", counts.bytes);
  json.number("bytes_per_delivery", counts.events ? double(counts.bytes) / double(counts.events) : 0);
  json.number("recvs", counts.reads);
  json.number("min_per_sub", least == ~0ull ? 0 : least);
  json.number("max_per_sub", most);
}

void print_faults(Json& json, const Counts& counts) {
  json.number("gaps", counts.order.gaps);
  json.number("dups", counts.order.duplicates);
  json.number("ooo", counts.order.reordered);
  json.number("noseq", counts.unnumbered);
  json.number("comments", counts.comments);
  json.number("proto_err", counts.wrong);
  json.number("closed_by_server", counts.closed);
  json.number("refused", counts.refused);
  json.open("slow");
  json.number("deliveries", counts.slow_events);
  json.number("bytes", counts.slow_bytes);
  json.number("closed", counts.slow_closed);
  json.close();
}

void print_returning(Json& json, const Crowd& crowd) {
  json.open("churn");
  json.number("reconnects", crowd.counts().returned);
  json.microseconds("hs_us_p50", crowd.handshake.percentile(.5));
  json.microseconds("hs_us_p99", crowd.handshake.percentile(.99));
  json.microseconds("first_us_p50", crowd.first_event.percentile(.5));
  json.microseconds("first_us_p99", crowd.first_event.percentile(.99));
  json.microseconds("level_us_p50", crowd.level.percentile(.5));
  json.microseconds("level_us_p99", crowd.level.percentile(.99));
  json.number("level_n", crowd.level.count());
  json.close();
}

void print_servers(Json& json, const Crowd& crowd, const Run& run) {
  const ProcessSample &begin = run.begin.servers, &end = run.end.servers;
  const double cpu = end.cpu - begin.cpu;
  const auto delivered = double(crowd.counts().events + crowd.counts().slow_events);
  json.open("srv");
  json.number("cpu_s", cpu, 4);
  json.number("user_s", end.user - begin.user, 2);
  json.number("sys_s", end.system - begin.system, 2);
  json.number("cpu_us_per_delivery", delivered > 0 ? cpu * 1e6 / delivered : 0, 4);
  json.number("core_util", run.wall > 0 ? cpu / run.wall : 0, 3);
  json.number("softirq_s", run.end.system.interrupts - run.begin.system.interrupts, 2);
  json.number("cpu_busy_s", run.end.system.busy - run.begin.system.busy, 2);
  json.number("vcs", end.voluntary_switches - begin.voluntary_switches);
  json.number("ivcs", end.forced_switches - begin.forced_switches);
  json.number("threads", end.threads);
  json.number("rss0", run.start.servers.resident);
  json.number("rss_open", run.settled.servers.resident);
  json.number("rss_end", end.resident);
  json.number("rss_max", run.max_resident);
  json.number("pss_end", end.proportional);
  json.number("idle_rss_per_conn",
              per_connection(run.settled.servers.resident, run.start.servers.resident, run.established), 0);
  json.number(
      "idle_pss_per_conn",
      per_connection(run.settled.servers.proportional, run.start.servers.proportional, run.established), 0);
  json.close();
}

}  // namespace

void print_json(const Options& options, const Crowd& crowd, const Run& run) {
  Json json;
  json.open();
  json.text("label", options.label);
  json.text("url", options.url);
  json.number("n", options.subscribers);
  json.number("established", run.established);
  json.number("live_end", crowd.live());
  json.number("open_s", run.open_seconds, 3);
  json.microseconds("hs_us_p50", run.opening.percentile(.5));
  json.microseconds("hs_us_p99", run.opening.percentile(.99));
  json.microseconds("hs_us_max", double(run.opening.max()));
  print_subscribers(json, crowd, run);
  print_latency(json, "lat_us", crowd.latency);
  if (options.by_second) {
    json.open_list("by_second");
    for (const Histogram& second : crowd.by_second) print_latency(json, nullptr, second);
    json.close_list();
  }
  print_faults(json, crowd.counts());
  print_returning(json, crowd);
  print_servers(json, crowd, run);
  json.open("sys");
  json.number("tcp_mem0", run.start.system.tcp_bytes);
  json.number("tcp_mem_end", run.end.system.tcp_bytes);
  json.number("slab_per_conn",
              per_connection(run.settled.system.slab_bytes, run.start.system.slab_bytes, run.established), 0);
  json.close();
  json.number("client_util", run.wall > 0 ? run.own_cpu / run.wall : 0, 3);
  json.close();
  std::putchar('\n');
  std::fflush(stdout);
}

void print_text(const Options& options, const Crowd& crowd, const Run& run) {
  const Counts& counts = crowd.counts();
  const double cpu = run.end.servers.cpu - run.begin.servers.cpu;
  const auto delivered = double(counts.events + counts.slow_events);
  const auto us = [&](double share) { return crowd.latency.percentile(share) / 1000; };
  std::fprintf(
      stderr,
      "%s n=%d  %.0f deliveries/s  server %.3f us each, %.0f %% of a core  latency us p50 %.0f p90 %.0f p99 "
      "%.0f p99.9 %.0f  gaps %" PRIu64 " duplicates %" PRIu64 " reordered %" PRIu64 " closed %" PRIu64
      "  idle %.0f B each  client %.0f %%\n",
      options.label.empty() ? options.url.c_str() : options.label.c_str(), run.established,
      run.wall > 0 ? double(counts.events) / run.wall : 0, delivered > 0 ? cpu * 1e6 / delivered : 0,
      run.wall > 0 ? 100 * cpu / run.wall : 0, us(.5), us(.9), us(.99), us(.999), counts.order.gaps,
      counts.order.duplicates, counts.order.reordered, counts.closed,
      per_connection(run.settled.servers.resident, run.start.servers.resident, run.established),
      run.wall > 0 ? 100 * run.own_cpu / run.wall : 0);
}

}  // namespace load
