/// AsioNetwork: the Network over Asio, on an io_context of its own or of the host's.
#pragma once

#include <fanfare/client/impl/asio_connection.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/loop.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace fanfare::detail {

class AsioNetwork final : public Network {
 public:
  AsioNetwork(Loop loop, const TlsOptions& tls);
  FANFARE_DECL ~AsioNetwork() override;

  FANFARE_DECL std::unique_ptr<Exchange> open(NetworkRequest request, NetworkEvents& events) override;
  FANFARE_DECL void post(std::function<void()> what) override;
  FANFARE_DECL void wake_at(SteadyTime when) override;
  FANFARE_DECL void on_timer(std::function<void()> callback) override;
  FANFARE_DECL void run() override;
  FANFARE_DECL void stop() override;

 private:
  using Timer =
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                 asio::io_context::executor_type>;

  std::unique_ptr<asio::io_context> own_io_;
  asio::io_context* const io_;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  Timer timer_;
  std::function<void()> callback_;
  const TlsOptions tls_options_;
  std::shared_ptr<TlsContext> tls_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // gone with the network: later callbacks do nothing
};

}  // namespace fanfare::detail
