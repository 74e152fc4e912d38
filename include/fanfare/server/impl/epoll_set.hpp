/// EpollSet: a loop's connections as one descriptor that Asio waits on (Linux). Edge-triggered: a connection is
/// put in once and never changed, so waiting costs no system call and no memory.
#pragma once

#include <fanfare/config.hpp>

#include <asio/io_context.hpp>

#include <cstddef>
#include <memory>

#if defined(__linux__)
#include <asio/posix/basic_stream_descriptor.hpp>
#include <sys/epoll.h>
#endif

namespace fanfare::detail {

/// Whoever has a ConnectionSocket. Called on its loop.
class SocketOwner {
 public:
  virtual ~SocketOwner() = default;
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
  /// Keeps the owner while it is being called.
  virtual std::shared_ptr<SocketOwner> hold() = 0;
  virtual void on_edge(bool readable, bool writable) = 0;
  virtual void post_readable() = 0;
};

#if defined(__linux__)

/// Thread: its loop's.
class EpollSet final : public std::enable_shared_from_this<EpollSet> {
 public:
  /// Throws std::system_error when there is no descriptor left.
  explicit EpollSet(asio::io_context& io);

  /// Begins to wait for what happens.
  void start();
  /// Never calls anybody again.
  void stop() noexcept;

  /// False: the kernel has no room for it.
  bool add(int descriptor, SocketOwner& owner) noexcept;
  void remove(int descriptor, SocketOwner& owner) noexcept;

 private:
  static constexpr int batch = 64;

  void wait();
  void serve();

  asio::posix::basic_stream_descriptor<asio::io_context::executor_type> set_;
  epoll_event events_[batch] = {};
  int count_ = 0;  // of the batch under way
  bool stopped_ = false;
};

#endif

}  // namespace fanfare::detail
