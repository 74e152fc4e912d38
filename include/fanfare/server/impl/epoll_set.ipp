#pragma once

#include <fanfare/server/impl/epoll_set.hpp>

#if defined(__linux__)

#include <asio/post.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL EpollSet::EpollSet(asio::io_context& io) : set_(io.get_executor()) {
  const int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  set_.assign(descriptor);
}

FANFARE_DECL void EpollSet::start() { wait(); }

FANFARE_DECL void EpollSet::stop() noexcept {
  stopped_ = true;
  std::error_code ignored;
  set_.cancel(ignored);
}

FANFARE_DECL bool EpollSet::add(int descriptor, SocketOwner& owner) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &owner;
  return epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

FANFARE_DECL void EpollSet::remove(int descriptor, SocketOwner& owner) noexcept {
  epoll_event unused{};
  epoll_ctl(set_.native_handle(), EPOLL_CTL_DEL, descriptor, &unused);
  for (int i = 0; i < count_; ++i) {
    if (events_[i].data.ptr == &owner) events_[i].data.ptr = nullptr;
  }
}

FANFARE_DECL void EpollSet::wait() {
  set_.async_wait(asio::posix::descriptor_base::wait_read, [self = shared_from_this()](std::error_code error) {
    if (!error) self->serve();
  });
}

FANFARE_DECL void EpollSet::serve() {
  if (stopped_) return;
  count_ = epoll_wait(set_.native_handle(), events_, batch, 0);
  struct Done {
    EpollSet& set;
    ~Done() {  // also when an owner throws: the loop goes on, and so does the set
      set.count_ = 0;
      if (!set.stopped_) set.wait();
    }
  } const done{*this};
  for (int i = 0; i < count_; ++i) {
    auto* owner = static_cast<SocketOwner*>(events_[i].data.ptr);
    if (!owner) continue;  // closed by one before it
    const auto held = owner->hold();
    const unsigned what = events_[i].events;
    owner->on_edge((what & ~static_cast<unsigned>(EPOLLOUT)) != 0, (what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0);
  }
}

}  // namespace fanfare::detail

#endif
