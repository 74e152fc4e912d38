#include "run.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string_view>

namespace {

using examples::Descriptor, examples::Notices;
using Clock = std::chrono::steady_clock;

// What it has started may go on with the pipes in its hands, like a daemon that does not close them.
constexpr std::chrono::milliseconds patience_for_output{1000};

// Signals are handled with SA_RESTART, so it waits for whoever reads. False: nobody does.
bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN) {
      pollfd ready{file, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) return false;
  }
  return true;
}

class Runner {
 public:
  Runner(Command& command, Notices& notices, Reporter& reporter, const RunOptions& options)
      : command_(command), notices_(notices), reporter_(reporter), options_(options) {}

  RunResult run() {
    while (!over()) {
      std::array<pollfd, 3> files{{{notices_.file(), POLLIN, 0},
                                   {command_.out.get(), POLLIN, 0},  // -1, when it is closed, is left out
                                   {command_.err.get(), POLLIN, 0}}};
      ::poll(files.data(), files.size(), timeout());
      while (const char notice = notices_.next()) take(notice);
      if (files[1].revents != 0) carry(command_.out, STDOUT_FILENO);
      if (files[2].revents != 0) carry(command_.err, STDERR_FILENO);
      if (kill_at_ && Clock::now() >= *kill_at_) {
        command_.signal(SIGKILL);
        kill_at_.reset();
      }
      if (!result_status_) look();
    }
    // Those that it left behind, when it was to be stopped.
    if (result_.cancelled) command_.signal(SIGKILL);
    reporter_.finish();
    result_.status = *result_status_;
    return result_;
  }

 private:
  void look() {
    result_status_ = command_.status();
    if (result_status_) give_up_at_ = Clock::now() + patience_for_output;
  }

  bool over() const {
    if (!result_status_) return false;
    return (!command_.out.is_open() && !command_.err.is_open()) || Clock::now() >= *give_up_at_;
  }

  int timeout() const {
    std::optional<Clock::time_point> due = give_up_at_;
    if (kill_at_ && (!due || *kill_at_ < *due)) due = kill_at_;
    if (!due) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
  }

  void take(char notice) {
    switch (notice) {
      case Notices::told: return stop(SIGTERM);
      case SIGTERM:
      case SIGHUP: return stop(notice);
      case SIGINT:
      case SIGQUIT: return command_.signal(notice);
      case SIGTSTP:  // both rest, and go on together
        command_.signal(SIGSTOP);
        ::raise(SIGSTOP);
        return command_.signal(SIGCONT);
      default: return;  // SIGCHLD, which has us look
    }
  }

  void stop(int signal) {
    result_.cancelled = true;
    command_.signal(signal);
    command_.signal(SIGCONT);  // who was stopped shall hear it, too
    if (!kill_at_) kill_at_ = Clock::now() + options_.kill_after;
  }

  void carry(Descriptor& from, int to) {
    std::array<char, 64 * 1024> buffer;
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return from.close();
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    to == STDOUT_FILENO ? reporter_.out(bytes) : reporter_.err(bytes);
    // As with a pipe to whoever has stopped reading: it ends when it writes on.
    if (options_.echo && !write_all(to, bytes)) from.close();
  }

  Command& command_;
  Notices& notices_;
  Reporter& reporter_;
  const RunOptions options_;
  RunResult result_;
  std::optional<int> result_status_;
  std::optional<Clock::time_point> kill_at_, give_up_at_;
};

}  // namespace

RunResult run(Command& command, examples::Notices& notices, Reporter& reporter, const RunOptions& options) {
  return Runner(command, notices, reporter, options).run();
}
