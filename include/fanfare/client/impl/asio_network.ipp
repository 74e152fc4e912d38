#pragma once

#include <fanfare/client/impl/asio_connection.ipp>
#include <fanfare/client/impl/asio_network.hpp>
#include <fanfare/client/impl/tls_context.ipp>

#include <asio/post.hpp>

#include <utility>

namespace fanfare::detail {

class AsioExchange final : public Exchange {
 public:
  explicit AsioExchange(std::shared_ptr<AsioConnection> connection) noexcept
      : connection_(std::move(connection)) {}
  ~AsioExchange() override { connection_->abandon(); }
  AsioExchange(const AsioExchange&) = delete;
  AsioExchange& operator=(const AsioExchange&) = delete;

  void send(std::string_view bytes) override { connection_->send(bytes); }
  void pause(bool paused) override { connection_->pause(paused); }

 private:
  const std::shared_ptr<AsioConnection> connection_;
};

FANFARE_DECL AsioNetwork::AsioNetwork(Loop loop, const TlsOptions& tls)
    : own_io_(loop.io_context() ? nullptr : std::make_unique<asio::io_context>(1)),
      io_(own_io_ ? own_io_.get() : static_cast<asio::io_context*>(loop.io_context())),
      timer_(io_->get_executor()),
      tls_options_(tls) {
  if (own_io_) work_.emplace(own_io_->get_executor());
#if FANFARE_WITH_TLS
  // A file that cannot be read is told at once; to read the system's waits until it is needed.
  if (!tls.ca_file.empty()) tls_ = std::make_shared<TlsContext>(tls);
#endif
}

FANFARE_DECL AsioNetwork::~AsioNetwork() = default;

FANFARE_DECL std::unique_ptr<Exchange> AsioNetwork::open(NetworkRequest request, NetworkEvents& events) {
#if FANFARE_WITH_TLS
  if (request.url.is_secure() && !tls_) tls_ = std::make_shared<TlsContext>(tls_options_);
#endif
  auto connection = std::make_shared<AsioConnection>(*io_, tls_, std::move(request), events);
  auto exchange = std::make_unique<AsioExchange>(connection);
  connection->start();
  return exchange;
}

FANFARE_DECL void AsioNetwork::post(std::function<void()> what) {
  asio::post(io_->get_executor(), [alive = std::weak_ptr(alive_), what = std::move(what)] {
    if (!alive.expired()) what();
  });
}

FANFARE_DECL void AsioNetwork::wake_at(SteadyTime when) {
  if (when == SteadyTime::max()) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(when);
  timer_.async_wait([this, when, alive = std::weak_ptr(alive_)](std::error_code error) {
    // One that was replaced while it was on its way is not the one that was asked for.
    if (error || alive.expired() || timer_.expiry() != when || !callback_) return;
    callback_();
  });
}

FANFARE_DECL void AsioNetwork::on_timer(std::function<void()> callback) {
  callback_ = std::move(callback);
}

FANFARE_DECL void AsioNetwork::run() {
  if (own_io_) own_io_->run();
}

FANFARE_DECL void AsioNetwork::stop() {
  if (own_io_) own_io_->stop();
}

FANFARE_DECL std::unique_ptr<Network> make_asio_network(Loop loop, const TlsOptions& tls) {
  return std::make_unique<AsioNetwork>(loop, tls);
}

}  // namespace fanfare::detail
