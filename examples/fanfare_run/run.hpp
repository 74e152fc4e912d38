/// run: a command from its start to its end, with its output carried to the terminal and to a Reporter, signals passed
/// on to it, and an end for who will not stop.
#pragma once

#include "command.hpp"
#include "reporter.hpp"

#include "../support/notices.hpp"

#include <chrono>

struct RunOptions {
  bool echo = true;
  std::chrono::seconds kill_after{5};
};

struct RunResult {
  int status = 0;          ///< as Command::status
  bool cancelled = false;  ///< by Notices::told, or a signal that means it
};

/// SIGINT, SIGQUIT, SIGTERM and SIGHUP are passed on. After the last two, and Notices::told, which is SIGTERM to the
/// command, it has `kill_after` to end; then its whole group is killed.
RunResult run(Command& command, examples::Notices& notices, Reporter& reporter, const RunOptions& options);
