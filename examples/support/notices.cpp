#include "notices.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

static std::atomic<int> write_end{-1};

extern "C" void fanfare_examples_on_signal(int number) {
  const int before = errno;
  examples::Notices::tell(static_cast<char>(number));
  errno = before;
}

namespace examples {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() noexcept { return std::exchange(number_, -1); }

void Descriptor::close() noexcept {
  if (is_open()) ::close(release());
}

PipeEnds::PipeEnds() {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "no pipe");
  read = Descriptor(ends[0]);
  write = Descriptor(ends[1]);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
}

Notices::Notices(std::initializer_list<int> signals) {
  // A full pipe must not hold a signal handler up; there are notices enough in it then.
  for (const int end : {pipe_.read.get(), pipe_.write.get()}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  write_end = pipe_.write.get();
  for (const int number : signals) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) continue;
    before_.push_back({number, action});
    action = {};
    action.sa_handler = fanfare_examples_on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(number, &action, nullptr);
  }
}

Notices::~Notices() {
  for (const Before& before : before_) ::sigaction(before.signal, &before.action, nullptr);
  write_end = -1;
}

char Notices::next() noexcept {
  char notice = 0;
  return ::read(pipe_.read.get(), &notice, 1) == 1 ? notice : '\0';
}

void Notices::tell(char notice) noexcept {
  const int file = write_end.load();
  if (file >= 0 && ::write(file, &notice, 1) < 0) return;
}

}  // namespace examples
