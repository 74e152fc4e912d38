/// ConnectionSocket: the one seam between a connection and how its loop waits for it: a bare descriptor in the
/// loop's epoll set (Linux), which takes no memory besides, or a socket of Asio's, as everywhere else.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/impl/epoll_set.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace fanfare::detail {

using tcp = asio::ip::tcp;

/// Thread: its loop's.
class ConnectionSocket {
 public:
  using OfAsio = asio::basic_stream_socket<tcp, asio::io_context::executor_type>;
  enum class Read : std::uint8_t { some, nothing_now, ended };

  ConnectionSocket() noexcept = default;
  explicit ConnectionSocket(OfAsio socket) : asio_(std::make_unique<OfAsio>(std::move(socket))) {}
#if defined(__linux__)
  /// Takes the descriptor over. Lifetime: the set outlasts it.
  ConnectionSocket(EpollSet& set, int descriptor) noexcept : set_(&set), descriptor_(descriptor) {}
#endif
  ConnectionSocket(ConnectionSocket&& other) noexcept { swap(other); }
  ConnectionSocket& operator=(ConnectionSocket&& other) noexcept {
    ConnectionSocket(std::move(other)).swap(*this);
    return *this;
  }
  ~ConnectionSocket() { close_descriptor(); }

  /// Before anything is waited for. Returns whether it can be.
  bool attach(SocketOwner& owner) noexcept;

  Read read_some(std::span<char> buffer, std::size_t& count) noexcept;
  /// Sends what it takes at once. Returns how much that was, Member::gone when the connection broke.
  std::size_t send(std::string_view bytes) noexcept;
  std::size_t send(std::span<const std::string_view> pieces) noexcept;

  /// Calls the owner's on_readable or on_writable once, never from within.
  void wait_readable(SocketOwner& owner);
  void wait_writable(SocketOwner& owner);

  void shutdown_send() noexcept;
  void close(SocketOwner& owner) noexcept;

#if defined(__linux__)
  /// What the epoll set noticed.
  void on_edge(SocketOwner& owner, bool readable, bool writable);
#endif

 private:
  void close_descriptor() noexcept;
  void swap(ConnectionSocket& other) noexcept;

  std::unique_ptr<OfAsio> asio_;
#if defined(__linux__)
  EpollSet* set_ = nullptr;
  int descriptor_ = -1;
  bool attached_ = false;
  bool readable_ = false;  // there may be input that nobody asked for yet
  bool want_write_ = false;
#endif
  bool want_read_ = false;
};

}  // namespace fanfare::detail
