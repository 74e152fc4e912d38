/// Command: another program that runs in a session of its own, with its output in pipes. POSIX only.
#pragma once

#include "../support/notices.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Which files a program was given by who started it, and which are its own. A command shall inherit the first, as the
/// /dev/fd/63 of a shell's <(...), and not the second, or it would keep a port in use.
class InheritedFiles {
 public:
  /// REQUIRES: made before the program opens any.
  InheritedFiles();
  void hide_others() const noexcept;

 private:
  static constexpr int max_files = 1024;
  std::vector<bool> inherited_;
};

/// The command could not be run; `status` is what a shell would leave with: 127 not found, 126 anything else.
struct CommandFailed : std::runtime_error {
  CommandFailed(int with, const std::string& why) : std::runtime_error(why), status(with) {}
  int status;
};

/// It leads a session and process group of its own, so that a signal reaches all that it starts, and none that the
/// terminal sends reaches it past us. It reads our standard input. On Linux it is sent SIGTERM when we are killed.
class Command {
 public:
  /// Starts it. REQUIRES: the calling thread lives on for as long as the command shall.
  /// @param words       its name, found as a shell finds it, and arguments; not empty
  /// @param kill_after  how long it has to end if this is destroyed before
  /// Throws CommandFailed.
  explicit Command(const std::vector<std::string>& words, std::chrono::seconds kill_after = std::chrono::seconds(5));
  /// Sends SIGTERM to who has not ended, and after `kill_after` SIGKILL; returns when it has.
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  examples::Descriptor out, err;  ///< what it writes; close one, and writing there will end it

  /// To it and all that it has started and that has not left the group.
  void signal(int number) const noexcept;
  /// None: it runs. Else as a shell says it: its exit status, or 128 and the signal that ended it.
  std::optional<int> status() const noexcept;

 private:
  void end() const noexcept;

  const std::chrono::seconds kill_after_;
  pid_t pid_ = -1;
};

/// "exit status 3", "ended by SIGTERM".
std::string describe_status(int status);
