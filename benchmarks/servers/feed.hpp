/// What every server here publishes, and when: numbered and stamped payloads in bursts at a fixed rate.
/// Each is started as `server PORT RATE BURST SIZE`: RATE events a second in bursts of BURST (0: silence),
/// payloads of SIZE bytes.
#pragma once

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

namespace bench {

inline std::uint64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::uint64_t(time.tv_sec) * 1'000'000'000 + std::uint64_t(time.tv_nsec);
}

/// One connection is one descriptor, and the default soft limit is often 1,024.
inline void raise_file_limit() {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Counts instructions of whole bursts: between the events numbered BENCH_COUNT_FROM and BENCH_COUNT_UNTIL
/// (environment), when the server runs under callgrind with --instr-atstart=no. All deliveries of the event
/// before each mark must have happened by then, so the rate has to be low.
class CountedWindow {
 public:
  CountedWindow() : from_(number("BENCH_COUNT_FROM")), until_(number("BENCH_COUNT_UNTIL")) {}

  /// Before the event with this number, from 1, is made.
  void before(std::uint64_t seq) {
    if (until_ == 0) return;
    if (seq == from_ + 1) CALLGRIND_START_INSTRUMENTATION;
    if (seq == until_ + 1) CALLGRIND_STOP_INSTRUMENTATION;
  }

 private:
  static std::uint64_t number(const char* name) {
    const char* text = std::getenv(name);
    return text ? std::strtoull(text, nullptr, 10) : 0;
  }

  std::uint64_t from_, until_;
};

struct Feed {
  double rate;
  std::uint64_t burst;
  std::size_t size;
  std::uint64_t seq = 0, began = 0, published = 0;
  CountedWindow counted = {};

  Feed(double rate_per_second, std::uint64_t per_burst, std::size_t payload_bytes)
      : rate(rate_per_second), burst(std::max<std::uint64_t>(1, per_burst)), size(payload_bytes) {
    raise_file_limit();
  }
  explicit Feed(char** argv)
      : Feed(std::atof(argv[2]), std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10)) {}

  std::uint64_t interval_ns() const {
    return rate > 0 ? std::uint64_t(1e9 * double(burst) / rate) : 1'000'000'000;
  }
  int interval_ms() const { return std::max(1, int(interval_ns() / 1'000'000)); }

  /// How many events are due now, in whole bursts; for servers that look from time to time. The clock
  /// starts with the first subscriber. Capped, so that a server that falls behind does not drown.
  std::uint64_t due(bool have_subscribers) {
    if (rate <= 0) return 0;
    if (!began || !have_subscribers) return began = now_ns(), published = 0, 0;
    const auto by_now = std::uint64_t(double(now_ns() - began) * 1e-9 * rate / double(burst)) * burst;
    const std::uint64_t missing = by_now > published ? std::min<std::uint64_t>(by_now - published, 1000) : 0;
    published = by_now;
    return missing;
  }

  /// The next event's JSON. @param stamp  nanoseconds of CLOCK_MONOTONIC that its latency counts from
  std::string payload(std::uint64_t stamp) {
    counted.before(++seq);
    char head[160];
    const int length =
        std::snprintf(head, sizeof head, "{\"seq\":%llu,\"ts\":%llu,\"job\":\"build-42\",\"pad\":\"",
                      static_cast<unsigned long long>(seq), static_cast<unsigned long long>(stamp));
    std::string json(head, std::size_t(length));
    if (json.size() + 2 < size) json.append(size - 2 - json.size(), 'x');
    return json += "\"}";
  }
  std::string payload() { return payload(now_ns()); }

  std::string sse(const std::string& json) const {
    return "id: " + std::to_string(seq) + "\ndata: " + json + "\n\n";
  }
};

}  // namespace bench
