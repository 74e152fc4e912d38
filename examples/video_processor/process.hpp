/// run_process: another program, from its start to its certain end. Without a shell: arguments are only arguments.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

struct ProcessEnd {
  enum class How { exited, stopped, too_long, crashed };
  How how = How::crashed;
  int status = -1;  ///< what it exited with

  bool well() const noexcept { return how == How::exited && status == 0; }
};

/// Runs a program in a process group of its own, without input, and with a lower priority than this one. The whole
/// group is killed when `stop` is requested, when its time is over, and when this program or the calling thread dies.
/// @param command    the program's path, then its arguments
/// @param on_output  gets what it writes, in pieces of at most 4 KiB; in the calling thread. So does on_errors
/// Throws std::system_error: it cannot be started.
ProcessEnd run_process(const std::vector<std::string>& command, std::chrono::seconds time, std::stop_token stop,
                       const std::function<void(std::string_view)>& on_output,
                       const std::function<void(std::string_view)>& on_errors);

/// The path of a program, looked up as a shell does; empty: there is none.
std::string find_program(const std::string& name);
