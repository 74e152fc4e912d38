#include "command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

extern char** environ;

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

// What the new process shall be given before it runs the program.
class Preparation {
 public:
  Preparation(int out, int err) {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_adddup2(&files_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files_, err, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    // Ours ignores it, and what is ignored would stay so.
    sigset_t usual, none;
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
                                                              POSIX_SPAWN_SETSIGMASK));
  }
  ~Preparation() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  const posix_spawn_file_actions_t* files() const noexcept { return &files_; }
  const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Command::Command(const std::vector<std::string>& words) {
  examples::PipeEnds out_pipe, err_pipe;
  const Preparation preparation(out_pipe.write.get(), err_pipe.write.get());
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int error =
      posix_spawnp(&pid_, arguments[0], preparation.files(), preparation.attributes(), arguments.data(), environ);
  if (error != 0) {
    throw CommandFailed(error == ENOENT ? 127 : 126, "cannot run '" + words[0] + "': " +
                                                         std::generic_category().message(error) +
                                                         (error == ENOENT ? "; is it installed, and spelled so?" : ""));
  }
  out = std::move(out_pipe.read);
  err = std::move(err_pipe.read);
}

// Only now: until it is waited for nobody else can have its number, which `signal` needs.
Command::~Command() {
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
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
