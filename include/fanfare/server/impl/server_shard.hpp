/// ServerShard: one event loop of a server: its listener, its connections, its timer, its core shard.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/server/impl/connection_card.hpp>
#include <fanfare/server/impl/connection_socket.hpp>
#include <fanfare/server/server_core.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace fanfare::detail {

class Connection;

/// Thread: the loop's, but for `post` and `close_from_outside`.
class ServerShard final : public std::enable_shared_from_this<ServerShard>, private Census::Loop {
 public:
  /// @param io  the host's, or null for one of its own
  ServerShard(std::shared_ptr<ServerCore> server, asio::io_context* io);
  FANFARE_DECL ~ServerShard() override;

  /// Binds and listens; throws std::system_error. `share_port` lets several shards accept on one port.
  std::uint16_t listen(const tcp::endpoint& endpoint, bool share_port);
  void start();
  /// Runs the loop until it is stopped; for threads of the server's own.
  void run();
  /// Says goodbye to all streams, spread over the window, then stops. A second call can only be sooner.
  void drain(std::chrono::milliseconds window);
  void stop();

  /// Runs a function on the loop. Any thread; dropped when the loop has ended.
  void post(std::function<void()> function);

  /// Sets a deadline in the shard's wheel and makes sure that the loop wakes for it.
  void set_deadline(WheelEntry& entry, std::chrono::milliseconds from_now);

  void add(const std::shared_ptr<Connection>& connection);
  /// It may be destroyed by this.
  void remove(const Connection& connection);

  ServerCore& server() noexcept { return *server_; }
  const std::shared_ptr<ServerCore>& shared_server() const noexcept { return server_; }
  ShardCore& core() noexcept { return *core_; }
  SharedTexts& texts() noexcept { return texts_; }
  asio::io_context& io() noexcept { return *io_; }

 private:
  void accept_some();
  ConnectionSocket accept(tcp::endpoint& peer, std::error_code& error);
  void receive(ConnectionSocket socket, const IpAddress& peer);
  void turn_away(ConnectionSocket socket, const Response& refusal);
  void let_go_refused();
  void wait_acceptable();
  void on_news();
  void poll();
  void arm(std::chrono::milliseconds from_now);
  void say_some_goodbyes();

  FANFARE_DECL bool is_here() const noexcept override;
  FANFARE_DECL void call_to_serve() override;
  FANFARE_DECL void list(Census::Rows& rows) override;

  const std::shared_ptr<ServerCore> server_;
  std::unique_ptr<asio::io_context> own_io_;
  asio::io_context* const io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                             asio::io_context::executor_type>
      timer_, window_timer_, drain_timer_, accept_timer_, refused_timer_;
  SteadyTime timer_due_ = SteadyTime::max();
  std::shared_ptr<ShardCore> core_;
#if defined(__linux__)
  std::shared_ptr<EpollSet> epoll_;  // null: Asio waits for each connection
#endif
  std::vector<std::shared_ptr<Connection>> connections_;
  SharedTexts texts_;
  std::vector<ConnectionSocket> refused_, refused_before_;  // until their clients have read why
  bool stopped_ = false, draining_ = false;
  bool poll_posted_ = false;

  std::vector<std::weak_ptr<Connection>> leaving_;  // whom to say goodbye, in random order
  SteadyTime drain_began_{}, drain_ends_{};
  std::minstd_rand random_;
};

}  // namespace fanfare::detail
