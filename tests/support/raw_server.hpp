/// A server of raw bytes for tests of clients: each connection is a script in a thread. No HTTP of its own.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace raw {

/// A socket that listens on a free port of this machine, and is closed by its end.
class Listener {
 public:
  explicit Listener(int family = AF_INET, int backlog = 64)
      : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    const bool is_v6 = family == AF_INET6;
    auto* const address = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    if (socket_ < 0 || ::bind(socket_, address, size) != 0 || ::listen(socket_, backlog) != 0 ||
        ::getsockname(socket_, address, &size) != 0) {
      if (socket_ >= 0) ::close(socket_);
      throw std::runtime_error(std::string("listen: ") + std::strerror(errno));
    }
    port_ = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int descriptor() const noexcept { return socket_; }
  std::uint16_t port() const noexcept { return port_; }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// The server's end of one connection. Reads and writes wait for at most 30 s.
class Peer {
 public:
  explicit Peer(int socket) noexcept : socket_(socket) {
    const timeval patience{30, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Peer() { close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int descriptor() const noexcept { return socket_; }

  /// What comes next; empty at the end of input, or when the connection broke.
  std::string read() {
    char buffer[16 * 1024];
    ssize_t got = 0;
    do got = ::recv(socket_, buffer, sizeof buffer, 0);
    while (got < 0 && errno == EINTR);  // with a time limit it is not resumed, not even after a stop
    return got > 0 ? std::string(buffer, static_cast<std::size_t>(got)) : "";
  }
  /// Up to the text, with it and with what came along.
  std::string read_until(std::string_view end) {
    std::string out;
    while (out.find(end) == out.npos) {
      const std::string more = read();
      if (more.empty()) break;
      out += more;
    }
    return out;
  }
  /// Returns whether all of it was taken.
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Waits until the client has closed, or the server ends.
  void wait_for_end() {
    while (!read().empty()) {
    }
  }
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

/// Its end shuts down what is open, and waits for the scripts.
class Server {
 public:
  using Script = std::function<void(Peer&)>;

  explicit Server(Script script, int family = AF_INET)
      : script_(std::move(script)), listener_(family), acceptor_([this] { accept(); }) {}
  ~Server() {
    ::shutdown(listener_.descriptor(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const noexcept { return listener_.port(); }
  /// "http://127.0.0.1:8080/"
  std::string url(const std::string& scheme = "http", const std::string& host = "127.0.0.1") const {
    return scheme + "://" + host + ":" + std::to_string(port()) + "/";
  }

 private:
  void accept() {
    for (;;) {
      const int socket = ::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) break;
      threads_.emplace_back([this, socket] {
        Peer peer(socket);
        {
          const std::lock_guard lock(mutex_);
          open_.push_back(&peer);
          if (over_) ::shutdown(socket, SHUT_RDWR);
        }
        script_(peer);
        const std::lock_guard lock(mutex_);
        std::erase(open_, &peer);
      });
    }
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (Peer* peer : open_) ::shutdown(peer->descriptor(), SHUT_RDWR);
  }

  const Script script_;
  Listener listener_;
  std::mutex mutex_;
  std::vector<Peer*> open_;
  bool over_ = false;
  std::vector<std::thread> threads_;  // the acceptor's, until it has ended
  std::thread acceptor_;
};

}  // namespace raw
