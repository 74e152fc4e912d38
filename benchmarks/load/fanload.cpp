// fanload - subscribers to SSE and WebSocket servers on loopback: opens N of them, lets them settle, warms
// up, measures, checks that each gets every event once and in order, and prints one line of JSON. Exit
// status: 0 clean; 1 a gap, a duplicate, a wrong order, a broken protocol or a lost connection was seen; 2
// usage; 3 not all subscribers could connect.
#include "crowd.hpp"
#include "observe.hpp"
#include "options.hpp"
#include "publish.hpp"
#include "report.hpp"
#include "schedule.hpp"
#include "support.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace load {

void die(const char* format, ...) {
  va_list values;
  va_start(values, format);
  std::fprintf(stderr, "fanload: ");
  std::vfprintf(stderr, format, values);
  std::fprintf(stderr, "\n");
  va_end(values);
  std::exit(2);
}

namespace {

void raise_file_limit(int subscribers) {
  rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < rlim_t(subscribers) + 32) {
    die("the open-file limit of %llu is too low for %d subscribers",
        static_cast<unsigned long long>(limit.rlim_cur), subscribers);
  }
}

double own_cpu() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](timeval time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class Session {
 public:
  explicit Session(const Options& options)
      : options_(options),
        crowd_(options),
        schedule_(options, crowd_),
        began_(now_ns()),
        deadline_(began_ + nanoseconds(options.max_time)) {}

  int run() {
    run_.start = look(true);
    open();
    if (run_.established < options_.subscribers) {
      std::fprintf(stderr, "fanload: %d of %d established (%llu refused, %llu bad answers)\n",
                   run_.established, options_.subscribers,
                   static_cast<unsigned long long>(crowd_.counts().refused),
                   static_cast<unsigned long long>(crowd_.counts().wrong));
      if (!options_.allow_partial || run_.established == 0) return 3;
    }
    run_.opening = crowd_.handshake;
    spend(options_.settle);
    run_.settled = run_.begin = run_.end = look(true);
    if (!options_.idle) measure();
    schedule_.note_resident(std::max(run_.begin.servers.resident, run_.end.servers.resident));
    run_.max_resident = schedule_.max_resident();
    print_json(options_, crowd_, run_);
    if (!options_.quiet) print_text(options_, crowd_, run_);
    const Counts& counts = crowd_.counts();
    return counts.order.gaps || counts.order.duplicates || counts.order.reordered || counts.closed ||
           counts.wrong;
  }

 private:
  Moment look(bool proportional) const {
    return {sample(options_.server_pids, proportional), sample_system(options_.server_cpu)};
  }
  void open() {
    const std::uint64_t give_up = std::min(deadline_, began_ + nanoseconds(options_.open_timeout));
    int opened = 0;
    bool more = true;
    while (crowd_.live() < options_.subscribers && (more || crowd_.pending() > 0)) {
      const std::uint64_t now = now_ns();
      if (now > give_up) break;
      const double allowed = options_.open_rate > 0 ? seconds(now - began_) * options_.open_rate + 1 : 1e9;
      for (int i = 0; i < 64 && more && opened < allowed && crowd_.pending() < options_.pending; ++i) {
        more = crowd_.open_next();
        opened += more;
      }
      crowd_.turn(more ? 1 : 20);
      schedule_.tick(now);
    }
    run_.open_seconds = seconds(now_ns() - began_);
    run_.established = crowd_.live();
  }
  void spend(double time) {
    const std::uint64_t end = std::min(deadline_, now_ns() + nanoseconds(time));
    for (std::uint64_t now; (now = now_ns()) < end;) {
      crowd_.turn(int(std::min<std::uint64_t>(10, (end - now) / 1'000'000 + 1)));
      schedule_.tick(now);
    }
  }
  void measure() {
    spend(options_.warmup);
    crowd_.handshake.clear();
    int fast = 0;
    for (const auto& subscriber : crowd_.subscribers())
      fast += !subscriber.slow && subscriber.state == State::live;
    schedule_.restart_resident();
    const double cpu = own_cpu();
    run_.begin = look(false);
    const std::uint64_t began = now_ns(), end = std::min(deadline_, began + nanoseconds(options_.time));
    crowd_.begin_measuring(began);
    for (std::uint64_t now; (now = now_ns()) < end;) {
      crowd_.turn(2);
      schedule_.tick(now);
      if (options_.messages && crowd_.done() >= fast) break;
    }
    run_.end = look(false);
    run_.wall = seconds(now_ns() - began);
    crowd_.end_measuring();
    run_.own_cpu = own_cpu() - cpu;
    run_.end.servers.proportional = sample(options_.server_pids, true).proportional;
  }

  const Options& options_;
  Crowd crowd_;
  Schedule schedule_;
  const std::uint64_t began_, deadline_;
  Run run_;
};

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  if (argc > 1 && std::string_view(argv[1]) == "pub") return load::publish(argc, argv);
  const load::Options options = load::parse(argc, argv);
  load::raise_file_limit(options.subscribers);
  return load::Session(options).run();
}
