/// Notices: signals, and whatever other threads have to say, as bytes of a pipe that a loop can poll. POSIX only.
#pragma once

#include <csignal>

#include <initializer_list>
#include <vector>

namespace examples {

/// A file descriptor, closed at its end. -1: none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }
  int release() noexcept;
  void close() noexcept;

 private:
  int number_;
};

/// Both ends close on exec. Throws std::system_error.
struct PipeEnds {
  PipeEnds();
  Descriptor read, write;
};

/// One at a time: signal handlers need something global. What was ignored when it was made stays ignored, as nohup
/// wants it.
class Notices {
 public:
  static constexpr char told = 'n';  ///< what programs may tell: no signal has this number

  explicit Notices(std::initializer_list<int> signals);
  ~Notices();
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  /// Readable when there is one.
  int file() const noexcept { return pipe_.read.get(); }
  /// The next: a signal's number, or what was told; 0: none.
  char next() noexcept;
  /// Any thread, and signal handlers.
  static void tell(char notice) noexcept;

 private:
  struct Before {
    int signal;
    struct sigaction action;
  };
  PipeEnds pipe_;
  std::vector<Before> before_;
};

}  // namespace examples
