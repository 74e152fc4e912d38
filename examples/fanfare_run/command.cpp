#include "command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

InheritedFiles::InheritedFiles() : inherited_(max_files) {
  for (int file = 0; file < max_files; ++file) {
    inherited_[static_cast<std::size_t>(file)] = ::fcntl(file, F_GETFD) >= 0;
  }
}

void InheritedFiles::hide_others() const noexcept {
  for (int file = 0; file < max_files; ++file) {
    if (!inherited_[static_cast<std::size_t>(file)]) ::fcntl(file, F_SETFD, FD_CLOEXEC);
  }
}

namespace {

// Until the signals of the new process are its own, a handler of ours would take them for ours.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

void give_signals_back() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    // What was ignored when we came stays so, as nohup wants it; SIGPIPE only we ignore.
    if (action.sa_handler == SIG_IGN && number != SIGPIPE) continue;
    action = {};
    action.sa_handler = SIG_DFL;
    ::sigaction(number, &action, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// In the new process, with signals blocked. Only calls that are safe after a fork: other threads may hold locks for ever.
[[noreturn]] void become(char* const* arguments, int out, int err, int failure, [[maybe_unused]] pid_t parent) {
  ::setsid();
#ifdef __linux__
  // Who is killed can end nobody any more. Not SIGKILL, which would leave alone what it has started.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(0);  // it was killed before that
#endif
  give_signals_back();
  if (::dup2(out, STDOUT_FILENO) >= 0 && ::dup2(err, STDERR_FILENO) >= 0) ::execvp(arguments[0], arguments);
  const int error = errno;
  const ssize_t told = ::write(failure, &error, sizeof error);
  ::_exit(told < 0 ? 1 : 0);
}

// 0: nothing was told, for the end was closed by the program's start.
int read_failure(int from) noexcept {
  int error = 0;
  while (::read(from, &error, sizeof error) < 0 && errno == EINTR) {
  }
  return error;
}

void reap(pid_t pid) noexcept {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Command::Command(const std::vector<std::string>& words, std::chrono::seconds kill_after) : kill_after_(kill_after) {
  examples::PipeEnds out_pipe, err_pipe, failure;
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int error = 0;
  {
    const SignalsBlocked blocked;
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(arguments.data(), out_pipe.write.get(), err_pipe.write.get(), failure.write.get(), parent);
    if (pid_ < 0) error = errno;
  }
  failure.write.close();
  if (pid_ > 0) {
    error = read_failure(failure.read.get());
    if (error != 0) reap(pid_);
  }
  if (error != 0) {
    throw CommandFailed(error == ENOENT ? 127 : 126, "cannot run '" + words[0] + "': " +
                                                         std::generic_category().message(error) +
                                                         (error == ENOENT ? "; is it installed, and spelled so?" : ""));
  }
  out = std::move(out_pipe.read);
  err = std::move(err_pipe.read);
}

// Until it is waited for nobody else can have its number, which `signal` needs.
Command::~Command() {
  if (!status()) end();
  reap(pid_);
}

void Command::end() const noexcept {
  using Clock = std::chrono::steady_clock;
  const auto kill_at = Clock::now() + kill_after_;
  signal(SIGTERM);
  signal(SIGCONT);  // who was stopped shall hear it, too
  while (!status() && Clock::now() < kill_at) ::poll(nullptr, 0, 10);
  signal(SIGKILL);
}

void Command::signal(int number) const noexcept { ::kill(-pid_, number); }

std::optional<int> Command::status() const noexcept {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

std::string describe_status(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 8> names{{{SIGHUP, "SIGHUP"},
                                                                         {SIGINT, "SIGINT"},
                                                                         {SIGQUIT, "SIGQUIT"},
                                                                         {SIGABRT, "SIGABRT"},
                                                                         {SIGKILL, "SIGKILL"},
                                                                         {SIGSEGV, "SIGSEGV"},
                                                                         {SIGPIPE, "SIGPIPE"},
                                                                         {SIGTERM, "SIGTERM"}}};
  if (status <= 128) return "exit status " + std::to_string(status);
  for (const auto& [number, name] : names) {
    if (number == status - 128) return "ended by " + std::string(name);
  }
  return "ended by signal " + std::to_string(status - 128);
}
