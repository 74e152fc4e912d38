/// Runs the real curl, as a user of the library would at a terminal.
#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace curl {

struct Outcome {
  int code = -1;  ///< what curl exited with; 127: there is no curl
  std::string output = {};
};

/// curl -sS and the arguments, at most 30 s; both outputs together.
inline Outcome run(const std::string& arguments) {
  FILE* pipe = ::popen(("curl -sS --max-time 30 " + arguments + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot run a shell");
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) outcome.output.append(buffer.data(), count);
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

inline bool available() { return std::system("curl --version > /dev/null 2>&1") == 0; }

}  // namespace curl
