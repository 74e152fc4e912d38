#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class Descriptor {
 public:
  explicit Descriptor(int value = -1) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { close(); }
  int get() const noexcept { return value_; }
  void close() noexcept {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// In the child, between fork and exec: only calls that are safe there, for other threads hold locks for ever.
[[noreturn]] void become(char* const* arguments, int null, int output, int errors, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before it could be noticed
  if (nice(10) == -1) errno = 0;
  sigset_t none;  // blocked signals are inherited
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(null, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(127);
}

/// Reads what there is; false: that was all.
bool pump(const Descriptor& from, const std::function<void(std::string_view)>& take) {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(from.get(), bytes.data(), bytes.size());
  if (count > 0) take({bytes.data(), static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && errno == EINTR);
}

}  // namespace

ProcessEnd run_process(const std::vector<std::string>& command, std::chrono::seconds time, std::stop_token stop,
                       const std::function<void(std::string_view)>& on_output,
                       const std::function<void(std::string_view)>& on_errors) {
  std::vector<char*> arguments;
  for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  Descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.get() < 0) fail("/dev/null");
  Pipe output = make_pipe(), errors = make_pipe();
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) become(arguments.data(), null.get(), output.write.get(), errors.write.get(), parent);
  setpgid(child, child);  // whoever comes first
  output.write.close();
  errors.write.close();

  // Nobody reaps it before the callback is gone, so the number is its own for as long as it may be killed.
  const auto kill_group = [child] { kill(-child, SIGKILL); };
  std::optional<std::stop_callback<decltype(kill_group)>> killer(std::in_place, stop, kill_group);
  const auto deadline = std::chrono::steady_clock::now() + time;
  bool too_long = false;
  try {
    while (output.read.get() >= 0 || errors.read.get() >= 0) {
      pollfd waits[] = {{output.read.get(), POLLIN, 0}, {errors.read.get(), POLLIN, 0}};
      const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (!too_long && rest.count() <= 0) {
        too_long = true;
        kill_group();
      }
      poll(waits, 2, too_long ? -1 : static_cast<int>(std::min<std::int64_t>(rest.count(), 1'000'000)));
      if (waits[0].revents != 0 && !pump(output.read, on_output)) output.read.close();
      if (waits[1].revents != 0 && !pump(errors.read, on_errors)) errors.read.close();
    }
  } catch (...) {
    kill_group();
    killer.reset();
    waitpid(child, nullptr, 0);
    throw;
  }
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  killer.reset();
  kill_group();  // what it started and left behind
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  using How = ProcessEnd::How;
  if (stop.stop_requested()) return {How::stopped};
  if (too_long) return {How::too_long};
  if (!WIFEXITED(status)) return {How::crashed};
  return {How::exited, WEXITSTATUS(status)};
}

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos) return access(name.c_str(), X_OK) == 0 ? name : std::string();
  const char* found = std::getenv("PATH");
  std::string_view path = found ? found : "/usr/local/bin:/usr/bin:/bin";
  while (!path.empty()) {
    const auto end = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, end)) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}
