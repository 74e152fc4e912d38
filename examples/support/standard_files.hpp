/// open_standard_files: stdin, stdout and stderr are there, so that none of the program's own files takes their numbers,
/// and what is printed goes into it.
#pragma once

#include <fcntl.h>

namespace examples {

/// REQUIRES: called before the program opens any file.
inline void open_standard_files() noexcept {
  for (int file = 0; file < 3; ++file) {
    if (::fcntl(file, F_GETFD) < 0) ::open("/dev/null", O_RDWR);  // the lowest number that is free, which is this one
  }
}

}  // namespace examples
