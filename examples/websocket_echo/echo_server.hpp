/// Accepts the clients of the echo server, and sees to it that none takes too long. One thread.
#pragma once

#include "connection.hpp"

#include <asio/basic_socket_acceptor.hpp>
#include <asio/basic_waitable_timer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

class EchoServer {
 public:
  using Executor = asio::io_context::executor_type;
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

  explicit EchoServer(Acceptor acceptor);

  /// "ws://127.0.0.1:9001/"
  std::string url() const;

  /// Accepts no more, and takes leave of all clients: in three seconds at most there is nothing left to run.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  void accept();
  bool has_room();
  void forget_ended();
  void tick();

  Acceptor acceptor_;
  bool is_accepting_ = false;
  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
  std::vector<std::weak_ptr<Connection>> connections_;
};
