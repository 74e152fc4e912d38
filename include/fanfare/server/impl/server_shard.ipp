#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/server/impl/connection.hpp>
#include <fanfare/server/impl/ip_address.ipp>
#include <fanfare/server/impl/server_shard.hpp>
#include <fanfare/transport/http1.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#if defined(__linux__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#endif

namespace fanfare::detail {

FANFARE_DECL ServerShard::ServerShard(std::shared_ptr<ServerCore> server, asio::io_context* io)
    : server_(std::move(server)),
      own_io_(io ? nullptr : std::make_unique<asio::io_context>(1)),
      io_(io ? io : own_io_.get()),
      acceptor_(io_->get_executor()),
      timer_(io_->get_executor()),
      window_timer_(io_->get_executor()),
      drain_timer_(io_->get_executor()),
      accept_timer_(io_->get_executor()),
      refused_timer_(io_->get_executor()),
      random_(std::random_device{}()) {}

FANFARE_DECL ServerShard::~ServerShard() {
  server_->census().leave(*this);
  if (core_) core_->close();
}

FANFARE_DECL std::uint16_t ServerShard::listen(const tcp::endpoint& endpoint, bool share_port) {
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
#if defined(SO_REUSEPORT)
  if (share_port) {
    acceptor_.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true));
  }
#else
  (void)share_port;
#endif
  acceptor_.bind(endpoint);
  acceptor_.listen(4096);
  acceptor_.non_blocking(true);
  return acceptor_.local_endpoint().port();
}

FANFARE_DECL void ServerShard::start() {
  core_ = server_->broker()->make_shard([weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      asio::post(self->io_->get_executor(), [weak] {
        if (const auto shard = weak.lock()) shard->on_news();
      });
    }
  });
#if defined(__linux__)
  if (server_->options().bare_descriptors) epoll_ = std::make_shared<EpollSet>(*io_);
#endif
  if (own_io_) work_.emplace(own_io_->get_executor());
  asio::post(io_->get_executor(), [self = shared_from_this()] {
    if (self->stopped_) return;
    self->server_->census().enter(*self);
#if defined(__linux__)
    if (self->epoll_) self->epoll_->start();
#endif
    self->wait_acceptable();
  });
}

FANFARE_DECL void ServerShard::run() {
  for (;;) {
    try {
      io_->run();
      return;
    } catch (...) {  // out of memory, or what a host's log throws: not the end of the process
      report_thrown(server_->broker()->context(), "a loop of the server");
    }
  }
}

FANFARE_DECL void ServerShard::post(std::function<void()> function) {
  asio::post(io_->get_executor(), std::move(function));
}

// ---- accepting -------------------------------------------------------------------------------------

FANFARE_DECL void ServerShard::wait_acceptable() {
  if (stopped_) return;
  acceptor_.async_wait(tcp::acceptor::wait_read, [self = shared_from_this()](std::error_code error) {
    if (!error) self->accept_some();
  });
}

FANFARE_DECL void ServerShard::accept_some() {
  constexpr int accepts_a_turn = 64;  // delivery gets its turn in between
  for (int i = 0; i < accepts_a_turn && !stopped_; ++i) {
    std::error_code error;
    tcp::endpoint peer;
    ConnectionSocket socket = accept(peer, error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::connection_aborted) continue;
    if (error) {
      // Out of descriptors or memory: the client waits in the backlog until there is room again.
      server_->broker()->log(Level::error, "accept: " + error.message());
      accept_timer_.expires_after(std::chrono::milliseconds(100));
      accept_timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
        if (!cancelled) self->wait_acceptable();
      });
      return;
    }
    receive(std::move(socket), from_asio(peer.address()));
  }
  wait_acceptable();
}

/// What a slow client gets shall be fresh, so the kernel must not hoard (not below 64 KiB, for throughput); a
/// peer that vanished without a word is noticed by unacknowledged data.
FANFARE_DECL void tune_socket(int descriptor, std::chrono::milliseconds stall_limit) noexcept {
#if defined(__linux__)
  const int unsent = 64 << 10;
  const unsigned user_timeout = static_cast<unsigned>(stall_limit.count());
  setsockopt(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
  setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout);
#else
  (void)descriptor, (void)stall_limit;
#endif
}

FANFARE_DECL ConnectionSocket ServerShard::accept(tcp::endpoint& peer, std::error_code& error) {
#if defined(__linux__)
  if (epoll_) {
    auto length = static_cast<socklen_t>(peer.capacity());
    const int descriptor = accept4(acceptor_.native_handle(), peer.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) {
      error.assign(errno, asio::error::get_system_category());
      return {};
    }
    peer.resize(length);
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    tune_socket(descriptor, server_->options().stall_limit);
    return {*epoll_, descriptor};
  }
#endif
  ConnectionSocket::OfAsio socket(io_->get_executor());
  acceptor_.accept(socket, peer, error);
  if (error) return {};
  std::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(tcp::no_delay(true), ignored);
  tune_socket(static_cast<int>(socket.native_handle()), server_->options().stall_limit);
  return ConnectionSocket(std::move(socket));
}

FANFARE_DECL void ServerShard::receive(ConnectionSocket socket, const IpAddress& peer) {
  // A proxy's clients are counted one by one, when they open streams.
  AddressLimits::Place place;
  if (!server_->proxies().trusts(peer)) {
    place = server_->addresses().take(peer);
    if (!place) return turn_away(std::move(socket), server_->crowded_answer(peer));
  }
  if (!server_->admit_connection()) return turn_away(std::move(socket), ServerCore::busy_answer());
  auto connection = std::make_shared<Connection>(shared_from_this(), std::move(socket), peer, std::move(place));
  add(connection);
  connection->start();
}

FANFARE_DECL void ServerShard::turn_away(ConnectionSocket socket, const Response& refusal) {
  std::string bytes;
  append_http1_response(bytes, refusal, true);
  (void)socket.send(bytes);
  socket.shutdown_send();
  // Closing with unread input would send a reset, and that can destroy the answer (RFC 9112 sec. 9.6). So a few
  // are kept for a moment; of a flood the rest is closed at once.
  constexpr std::size_t kept = 64;
  if (refused_.size() >= kept) return;
  refused_.push_back(std::move(socket));
  if (refused_.size() == 1 && refused_before_.empty()) let_go_refused();
}

FANFARE_DECL void ServerShard::let_go_refused() {
  refused_before_.clear();
  refused_before_.swap(refused_);
  if (refused_before_.empty()) return;
  refused_timer_.expires_after(std::chrono::milliseconds(500));
  refused_timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (!cancelled) self->let_go_refused();
  });
}

// ---- the census ------------------------------------------------------------------------------------

FANFARE_DECL bool ServerShard::is_here() const noexcept { return io_->get_executor().running_in_this_thread(); }

FANFARE_DECL void ServerShard::call_to_serve() {
  post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->server_->census().serve(*self);
  });
}

FANFARE_DECL void ServerShard::list(Census::Rows& rows) {
  for (const auto& connection : connections_) connection->list(rows);
}

FANFARE_DECL void ServerShard::add(const std::shared_ptr<Connection>& connection) {
  connection->set_slot(connections_.size());
  connections_.push_back(connection);
}

FANFARE_DECL void ServerShard::remove(const Connection& connection) {
  const std::size_t slot = connection.slot();
  if (slot >= connections_.size() || connections_[slot].get() != &connection) return;
  const auto removed = std::exchange(connections_[slot], std::move(connections_.back()));  // goes when this returns
  connections_.pop_back();
  if (slot < connections_.size()) connections_[slot]->set_slot(slot);
  server_->release_connection();
}

// ---- time ------------------------------------------------------------------------------------------

FANFARE_DECL void ServerShard::on_news() {
  const auto window = server_->options().coalescing_window;
  if (window.count() == 0) return poll();
  // Until it polls, nothing else that is published says so again.
  window_timer_.expires_after(window);
  window_timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (!cancelled) self->poll();
  });
}

FANFARE_DECL void ServerShard::poll() {
  // One is under way already and sees all there is: a chain of them for each wake would leave no turn for sockets.
  if (stopped_ || poll_posted_) return;
  const auto again = core_->poll();
  if (again.count() == 0) {
    poll_posted_ = true;
    post([self = shared_from_this()] {
      self->poll_posted_ = false;
      self->poll();
    });
  } else {
    arm(again);
  }
}

FANFARE_DECL void ServerShard::arm(std::chrono::milliseconds from_now) {
  const auto due = std::chrono::steady_clock::now() + from_now;
  if (due >= timer_due_) return;  // it fires early enough, and then looks again
  timer_due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (cancelled) return;
    self->timer_due_ = SteadyTime::max();
    self->poll();
  });
}

FANFARE_DECL void ServerShard::set_deadline(WheelEntry& entry, std::chrono::milliseconds from_now) {
  core_->wheel().set(entry, core_->context().clock->now() + from_now);
  arm(from_now + TimingWheel::tick);
}

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void ServerShard::drain(std::chrono::milliseconds window) {
  const auto now = std::chrono::steady_clock::now();
  if (stopped_ || (draining_ && now + window >= drain_ends_)) return;
  drain_began_ = now;
  drain_ends_ = now + window;
  if (std::exchange(draining_, true)) {
    std::erase_if(leaving_, [](const auto& told_or_gone) { return told_or_gone.expired(); });
  } else {
    leaving_.assign(connections_.begin(), connections_.end());
    std::shuffle(leaving_.begin(), leaving_.end(), random_);
  }
  say_some_goodbyes();
}

FANFARE_DECL void ServerShard::say_some_goodbyes() {
  if (stopped_) return;
  const auto now = std::chrono::steady_clock::now();
  const auto window = drain_ends_ - drain_began_;
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(std::max(drain_ends_ - now, window * 0));
  const double passed = window.count() > 0 ? std::chrono::duration<double>(now - drain_began_) / window : 1;
  const std::size_t total = leaving_.size();
  std::size_t told = 0;
  for (auto& weak : leaving_) {
    if (static_cast<double>(told) >= static_cast<double>(total) * passed) break;
    ++told;
    const auto connection = weak.lock();
    weak.reset();
    if (!connection) continue;
    // Not before this server is gone: its 503 would end a browser's EventSource for good.
    const auto spread = std::max<std::int64_t>(1000, window / std::chrono::milliseconds(1));
    const std::chrono::milliseconds later(std::uniform_int_distribution<std::int64_t>(1000, 1000 + spread)(random_));
    connection->say_goodbye({make_error_code(Error::drained), rest + later});
  }
  if (now >= drain_ends_ || connections_.empty()) {
    // The last goodbyes get a moment to leave the house.
    drain_timer_.expires_after(connections_.empty() ? std::chrono::milliseconds(0) : std::chrono::milliseconds(200));
    drain_timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
      if (!cancelled) self->stop();
    });
    return;
  }
  drain_timer_.expires_after(std::chrono::milliseconds(20));
  drain_timer_.async_wait([self = shared_from_this()](std::error_code cancelled) {
    if (!cancelled) self->say_some_goodbyes();
  });
}

FANFARE_DECL void ServerShard::stop() {
  if (std::exchange(stopped_, true)) return;
  std::error_code ignored;
  acceptor_.close(ignored);
  timer_.cancel();
  window_timer_.cancel();
  drain_timer_.cancel();
  accept_timer_.cancel();
#if defined(__linux__)
  if (epoll_) epoll_->stop();
#endif
  refused_timer_.cancel();
  refused_.clear();
  refused_before_.clear();
  server_->census().leave(*this);
  if (core_) core_->close();
  for (const auto& connection : std::exchange(connections_, {})) {
    server_->release_connection();
    connection->say_goodbye({make_error_code(Error::drained), {}});
    connection->close();
  }
  work_.reset();
  if (!own_io_) server_->on_stopped();
}

}  // namespace fanfare::detail
