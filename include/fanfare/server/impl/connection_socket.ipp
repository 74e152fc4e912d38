#pragma once

#include <fanfare/core/fanout/member.hpp>
#include <fanfare/server/impl/connection_socket.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <array>
#include <system_error>
#include <utility>

#if defined(__linux__)
#include <cerrno>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#endif

namespace fanfare::detail {

inline constexpr std::size_t max_send_pieces = 64;

FANFARE_DECL void ConnectionSocket::swap(ConnectionSocket& other) noexcept {
  std::swap(asio_, other.asio_);
  std::swap(want_read_, other.want_read_);
#if defined(__linux__)
  std::swap(set_, other.set_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(attached_, other.attached_);
  std::swap(readable_, other.readable_);
  std::swap(want_write_, other.want_write_);
#endif
}

// ---- a socket of Asio's ----------------------------------------------------------------------------

FANFARE_DECL std::size_t taken_or_gone(std::size_t taken, std::error_code error) noexcept {
  if (!error) return taken;
  return error == asio::error::would_block || error == asio::error::try_again ? 0 : Member::gone;
}

FANFARE_DECL ConnectionSocket::Read read_by_asio(ConnectionSocket::OfAsio& socket, std::span<char> buffer,
                                                 std::size_t& count) noexcept {
  std::error_code error;
  count = socket.read_some(asio::buffer(buffer.data(), buffer.size()), error);
  if (error == asio::error::would_block || error == asio::error::try_again) return ConnectionSocket::Read::nothing_now;
  return error || count == 0 ? ConnectionSocket::Read::ended : ConnectionSocket::Read::some;
}

FANFARE_DECL std::size_t send_by_asio(ConnectionSocket::OfAsio& socket, std::span<const std::string_view> pieces) noexcept {
  std::array<asio::const_buffer, max_send_pieces> buffers;
  for (std::size_t i = 0; i < pieces.size(); ++i) buffers[i] = {pieces[i].data(), pieces[i].size()};
  std::error_code error;
  const std::size_t taken = socket.write_some(std::span<const asio::const_buffer>(buffers.data(), pieces.size()), error);
  return taken_or_gone(taken, error);
}

#if !defined(__linux__)

FANFARE_DECL bool ConnectionSocket::attach(SocketOwner&) noexcept { return true; }

FANFARE_DECL ConnectionSocket::Read ConnectionSocket::read_some(std::span<char> buffer, std::size_t& count) noexcept {
  return read_by_asio(*asio_, buffer, count);
}
FANFARE_DECL std::size_t ConnectionSocket::send(std::string_view bytes) noexcept { return send_by_asio(*asio_, {&bytes, 1}); }
FANFARE_DECL std::size_t ConnectionSocket::send(std::span<const std::string_view> pieces) noexcept {
  return send_by_asio(*asio_, pieces);
}

#else

// ---- a bare descriptor -----------------------------------------------------------------------------

FANFARE_DECL bool ConnectionSocket::attach(SocketOwner& owner) noexcept {
  attached_ = set_ && set_->add(descriptor_, owner);
  return attached_ || asio_;
}

FANFARE_DECL ConnectionSocket::Read ConnectionSocket::read_some(std::span<char> buffer, std::size_t& count) noexcept {
  if (asio_) return read_by_asio(*asio_, buffer, count);
  const auto got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  const bool later = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  readable_ = got > 0 || (later && errno == EINTR);
  if (got > 0) {
    count = static_cast<std::size_t>(got);
    return Read::some;
  }
  return later ? Read::nothing_now : Read::ended;
}

/// Linux: the one system call of each delivery, also for sockets of Asio's.
inline long send_to_kernel(int descriptor, std::string_view bytes) noexcept {
#if defined(__SANITIZE_THREAD__)
  return ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);  // the sanitizer sees no bare system calls
#else
  // Not through send(): glibc makes that a cancellation point, which costs as much again as the call.
  return syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
#endif
}

FANFARE_DECL std::size_t taken_by_kernel(long sent) noexcept {
  if (sent >= 0) return static_cast<std::size_t>(sent);
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : Member::gone;
}

FANFARE_DECL std::size_t ConnectionSocket::send(std::string_view bytes) noexcept {
  const long sent = send_to_kernel(asio_ ? asio_->native_handle() : descriptor_, bytes);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  return taken_by_kernel(sent);
}

FANFARE_DECL std::size_t ConnectionSocket::send(std::span<const std::string_view> pieces) noexcept {
  if (pieces.size() == 1) return send(pieces[0]);
  if (asio_) return send_by_asio(*asio_, pieces);
  std::array<iovec, max_send_pieces> vectors;
  for (std::size_t i = 0; i < pieces.size(); ++i) vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = pieces.size();
  return taken_by_kernel(::sendmsg(descriptor_, &message, MSG_NOSIGNAL));
}

FANFARE_DECL void ConnectionSocket::on_edge(SocketOwner& owner, bool readable, bool writable) {
  if (readable) readable_ = true;
  // Both flags are looked at before either call, which may close the socket.
  const bool tell_writable = writable && want_write_;
  if (tell_writable) want_write_ = false;
  if (readable_ && std::exchange(want_read_, false)) owner.on_readable();
  if (tell_writable) owner.on_writable();
}

#endif

// ---- waiting ---------------------------------------------------------------------------------------

FANFARE_DECL void ConnectionSocket::wait_readable(SocketOwner& owner) {
  if (std::exchange(want_read_, true)) return;
#if defined(__linux__)
  if (!asio_) {
    if (readable_) owner.post_readable();
    return;
  }
#endif
  asio_->async_wait(OfAsio::wait_read, [this, held = owner.hold()](std::error_code error) {
    want_read_ = false;
    if (!error) held->on_readable();
  });
}

FANFARE_DECL void ConnectionSocket::wait_writable(SocketOwner& owner) {
#if defined(__linux__)
  if (!asio_) {
    want_write_ = true;
    return;
  }
#endif
  asio_->async_wait(OfAsio::wait_write, [held = owner.hold()](std::error_code error) {
    if (!error) held->on_writable();
  });
}

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void ConnectionSocket::shutdown_send() noexcept {
  std::error_code ignored;
  if (asio_) asio_->shutdown(tcp::socket::shutdown_send, ignored);
#if defined(__linux__)
  else if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_WR);
#endif
}

FANFARE_DECL void ConnectionSocket::close(SocketOwner& owner) noexcept {
  (void)owner;
#if defined(__linux__)
  if (std::exchange(attached_, false)) set_->remove(descriptor_, owner);
#endif
  close_descriptor();
}

FANFARE_DECL void ConnectionSocket::close_descriptor() noexcept {
  std::error_code ignored;
  if (asio_) asio_->close(ignored);
#if defined(__linux__)
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
#endif
}

}  // namespace fanfare::detail
