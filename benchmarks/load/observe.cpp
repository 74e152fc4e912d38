#include "observe.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace load {
namespace {

std::string read_file(const std::string& path) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  char bytes[8192];
  for (ssize_t size; (size = read(file, bytes, sizeof bytes)) > 0;) text.append(bytes, std::size_t(size));
  close(file);
  return text;
}

std::uint64_t number_after(const std::string& text, const char* key) {
  const auto at = text.find(key);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + std::strlen(key), nullptr, 10);
}

double per_tick() {
  return 1.0 / double(sysconf(_SC_CLK_TCK));
}

std::string folder_of(int pid) {
  return "/proc/" + std::to_string(pid);
}

void add_times(int pid, ProcessSample& sample) {
  clockid_t clock;
  timespec time;
  if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0) {
    sample.cpu += double(time.tv_sec) + double(time.tv_nsec) * 1e-9;
  }
  const std::string stat = read_file(folder_of(pid) + "/stat");
  // The name before the closing parenthesis may hold anything.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return;
  unsigned long long user = 0, system = 0;
  std::sscanf(stat.c_str() + name_end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
              &system);
  sample.user += double(user) * per_tick();
  sample.system += double(system) * per_tick();
}

void add_threads(int pid, ProcessSample& sample) {
  const std::string folder = folder_of(pid) + "/task";
  DIR* threads = opendir(folder.c_str());
  if (!threads) return;
  while (const dirent* thread = readdir(threads)) {
    if (thread->d_name[0] == '.') continue;
    const std::string status = read_file(folder + "/" + thread->d_name + "/status");
    sample.voluntary_switches += number_after(status, "\nvoluntary_ctxt_switches:");
    sample.forced_switches += number_after(status, "\nnonvoluntary_ctxt_switches:");
    ++sample.threads;
  }
  closedir(threads);
}

}  // namespace

std::uint64_t resident_bytes(const std::vector<int>& pids) {
  std::uint64_t total = 0;
  for (const int pid : pids) {
    unsigned long long size = 0, resident = 0;
    if (std::sscanf(read_file(folder_of(pid) + "/statm").c_str(), "%llu %llu", &size, &resident) == 2) {
      total += resident * std::uint64_t(sysconf(_SC_PAGESIZE));
    }
  }
  return total;
}

ProcessSample sample(const std::vector<int>& pids, bool proportional) {
  ProcessSample sample;
  for (const int pid : pids) {
    add_times(pid, sample);
    add_threads(pid, sample);
    if (proportional)
      sample.proportional += number_after(read_file(folder_of(pid) + "/smaps_rollup"), "\nPss:") * 1024;
  }
  sample.resident = resident_bytes(pids);
  return sample;
}

SystemSample sample_system(int cpu) {
  SystemSample sample;
  const std::string stat = read_file("/proc/stat"), row = "\ncpu" + std::to_string(cpu) + " ";
  if (const auto at = stat.find(row); at != std::string::npos) {
    unsigned long long ticks[8] = {};  // user nice system idle iowait irq softirq steal
    std::sscanf(stat.c_str() + at + row.size(), "%llu %llu %llu %llu %llu %llu %llu %llu", ticks, ticks + 1,
                ticks + 2, ticks + 3, ticks + 4, ticks + 5, ticks + 6, ticks + 7);
    sample.interrupts = double(ticks[5] + ticks[6]) * per_tick();
    sample.busy = double(ticks[0] + ticks[1] + ticks[2]) * per_tick() + sample.interrupts;
  }
  const std::string sockets = read_file("/proc/net/sockstat");
  if (const auto tcp = sockets.find("TCP:"); tcp != std::string::npos) {
    sample.tcp_bytes = number_after(sockets.substr(tcp), " mem ") * std::uint64_t(sysconf(_SC_PAGESIZE));
  }
  sample.slab_bytes = number_after(read_file("/proc/meminfo"), "\nSlab:") * 1024;
  return sample;
}

}  // namespace load
