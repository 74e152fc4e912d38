/// StopSignals: Ctrl-C and SIGTERM, for a thread to wait for.
#pragma once

#include <csignal>

namespace examples {

/// REQUIRES: made before other threads, which inherit the mask.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  /// After this the next one ends the program at once.
  void wait() {
    int received = 0;
    sigwait(&signals_, &received);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }

 private:
  sigset_t signals_{};
};

}  // namespace examples
