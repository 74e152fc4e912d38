/// A TCP proxy that treats what comes from the server badly: cuts, stalls, resets and dribbles, so many of
/// each, in an order and at places that a seed decides. With no faults left, and without any from the start,
/// it passes all on.
#pragma once

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace faults {

using asio::ip::tcp;

enum class Fault : std::uint8_t {
  cut,      ///< closes both sides in order, in the middle of whatever it was
  stall,    ///< passes nothing on for a while, then goes on, or cuts
  reset,    ///< the client sees a reset; what was under way is lost
  dribble,  ///< a few bytes at a time, for a while
};

struct Plan {
  std::uint64_t seed = 1;
  std::size_t faults = 0;         ///< in all, as many of each kind
  std::size_t max_bytes = 8'000;  ///< the next fault comes after at most so many bytes of the server's
  std::chrono::milliseconds max_quiet{400};  ///< or after at most this long
  std::chrono::milliseconds max_stall{700};
  std::uint16_t port = 0;  ///< to listen on; 0: a free one
};

/// Runs in a thread of its own. Thread: any.
class Proxy {
 public:
  explicit Proxy(std::uint16_t target, Plan plan = {})
      : plan_(plan),
        random_(plan.seed),
        target_(target),
        acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), plan.port)) {
    for (std::size_t i = 0; i < plan.faults; ++i) left_.push_back(static_cast<Fault>(i % 4));
    std::shuffle(left_.begin(), left_.end(), random_);
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Proxy() {
    io_.stop();
    thread_.join();
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port()) + path;
  }
  /// Where new connections go. 0: nowhere; they are closed.
  void set_target(std::uint16_t port) noexcept { target_ = port; }
  /// Faults that were carried out.
  std::size_t spent() const noexcept { return spent_; }
  std::size_t connections() const noexcept { return connections_; }

 private:
  class Link;
  friend class Link;

  void accept();
  /// Within [0, most].
  std::size_t draw(std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most)(random_); }
  std::chrono::milliseconds draw(std::chrono::milliseconds most) {
    return std::chrono::milliseconds(draw(static_cast<std::size_t>(most.count())));
  }
  std::optional<Fault> take_fault() {
    if (left_.empty()) return std::nullopt;
    const Fault fault = left_.back();
    left_.pop_back();
    return fault;
  }

  const Plan plan_;
  std::mt19937_64 random_;
  std::vector<Fault> left_;
  std::atomic<std::uint16_t> target_;
  std::atomic<std::size_t> spent_{0}, connections_{0};
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// One client and its connection to the server.
class Proxy::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Proxy& proxy, tcp::socket client)
      : proxy_(proxy), client_(std::move(client)), server_(proxy.io_), due_(proxy.io_), pause_(proxy.io_) {}
  ~Link() {
    if (fault_) proxy_.left_.push_back(*fault_);  // the connection ended before it
  }

  void start(std::uint16_t port) {
    server_.async_connect({asio::ip::address_v4::loopback(), port},
                          [self = shared_from_this()](std::error_code error) {
                            if (error) return;
                            std::error_code ignored;
                            self->client_.set_option(tcp::no_delay(true), ignored);
                            self->server_.set_option(tcp::no_delay(true), ignored);
                            self->draw_fault();
                            self->carry_up();
                            self->read();
                          });
  }

 private:
  void carry_up() {
    client_.async_read_some(asio::buffer(up_),
                            [self = shared_from_this()](std::error_code error, std::size_t count) {
                              if (error) return self->close();
                              asio::async_write(self->server_, asio::buffer(self->up_.data(), count),
                                                [self](std::error_code failure, std::size_t) {
                                                  if (failure) return self->close();
                                                  self->carry_up();
                                                });
                            });
  }

  void read() {
    server_.async_read_some(asio::buffer(down_),
                            [self = shared_from_this()](std::error_code error, std::size_t count) {
                              // What the server said is passed on before its end is.
                              if (error) return self->close();
                              self->waiting_ = {self->down_.data(), count};
                              self->deliver();
                            });
  }

  void deliver() {
    if (over_ || stalled_) return;
    if (fault_ && until_fault_ == 0) return commit_fault();
    if (waiting_.empty()) return read();
    std::size_t count = waiting_.size();
    if (fault_) count = std::min(count, until_fault_);
    if (dribble_left_ != 0) count = std::min({count, dribble_left_, 1 + proxy_.draw(std::size_t{6})});
    busy_ = true;
    asio::async_write(client_, asio::buffer(waiting_.data(), count),
                      [self = shared_from_this(), count](std::error_code error, std::size_t) {
                        self->busy_ = false;
                        if (error) return self->close();
                        self->delivered(count);
                      });
  }

  void delivered(std::size_t count) {
    waiting_.remove_prefix(count);
    if (fault_) until_fault_ -= std::min(until_fault_, count);
    if (dribble_left_ == 0) return deliver();
    dribble_left_ -= count;
    if (dribble_left_ == 0) draw_fault();
    pause_.expires_after(std::chrono::microseconds(proxy_.draw(std::size_t{1000})));
    pause_.async_wait([self = shared_from_this()](std::error_code error) {
      if (!error) self->deliver();
    });
  }

  void draw_fault() {
    fault_ = proxy_.take_fault();
    if (!fault_) return;
    until_fault_ = proxy_.draw(proxy_.plan_.max_bytes);
    due_.expires_after(proxy_.draw(proxy_.plan_.max_quiet));
    due_.async_wait([weak = weak_from_this()](std::error_code error) {
      const auto self = weak.lock();
      if (error || !self || self->over_ || !self->fault_) return;
      self->until_fault_ = 0;
      if (!self->busy_) self->commit_fault();
    });
  }

  void commit_fault() {
    const Fault fault = *std::exchange(fault_, std::nullopt);
    due_.cancel();
    ++proxy_.spent_;
    switch (fault) {
      case Fault::cut: return close();
      case Fault::reset: {
        std::error_code ignored;
        client_.set_option(asio::socket_base::linger(true, 0), ignored);
        return close();
      }
      case Fault::dribble:
        dribble_left_ = 20 + proxy_.draw(std::size_t{200});
        if (!waiting_.empty()) deliver();
        return;
      case Fault::stall:
        stalled_ = true;
        pause_.expires_after(proxy_.draw(proxy_.plan_.max_stall));
        pause_.async_wait(
            [self = shared_from_this(), cut = proxy_.draw(std::size_t{1}) == 0](std::error_code error) {
              if (error || self->over_) return;
              if (cut) return self->close();
              self->stalled_ = false;
              self->draw_fault();
              if (!self->waiting_.empty()) self->deliver();
            });
        return;
    }
  }

  void close() {
    over_ = true;
    due_.cancel();
    pause_.cancel();
    std::error_code ignored;
    client_.close(ignored);
    server_.close(ignored);
  }

  Proxy& proxy_;
  tcp::socket client_, server_;
  asio::steady_timer due_, pause_;
  std::array<char, 4096> up_, down_;
  std::string_view waiting_;  // of down_, not yet passed on
  std::optional<Fault> fault_;
  std::size_t until_fault_ = 0, dribble_left_ = 0;
  bool over_ = false, stalled_ = false, busy_ = false;
};

inline void Proxy::accept() {
  acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
    if (error) return;
    ++connections_;
    if (const std::uint16_t port = target_; port != 0)
      std::make_shared<Link>(*this, std::move(socket))->start(port);
    accept();
  });
}

}  // namespace faults
