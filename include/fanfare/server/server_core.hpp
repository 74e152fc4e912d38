/// ServerCore: what all loops of a server share: options, routes, the count of connections, its end.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/server/address_limits.hpp>
#include <fanfare/server/census.hpp>
#include <fanfare/server/client_address.hpp>
#include <fanfare/server/origin.hpp>
#include <fanfare/server/router.hpp>
#include <fanfare/server/server.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace fanfare::detail {

class ServerShard;

/// Throws std::invalid_argument with option, value and range.
void check_options(const ServerOptions& options);

/// Thread: any. Connections hold it, so it outlives the Server object by what is still under way.
class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(std::shared_ptr<BrokerCore> broker, ServerOptions options);
  ~ServerCore();

  /// Binds; throws as Server's constructor.
  void bind();
  void mount(Route route);
  void start();
  void drain(std::chrono::milliseconds window);
  void stop();
  void wait();
  /// Stops and waits for the loops' threads.
  void join();

  std::uint16_t port() const noexcept { return port_; }
  const ServerOptions& options() const noexcept { return options_; }
  const Router& router() const noexcept { return router_; }
  const OriginPolicy& origins() const noexcept { return origins_; }
  const std::shared_ptr<BrokerCore>& broker() const noexcept { return broker_; }

  const TrustedProxies& proxies() const noexcept { return proxies_; }
  AddressLimits& addresses() noexcept { return addresses_; }
  Census& census() noexcept { return census_; }

  /// Counts a connection in, or says that there are enough.
  bool admit_connection() noexcept;
  void release_connection() noexcept { connections_.fetch_sub(1, std::memory_order_relaxed); }
  bool draining() const noexcept { return draining_.load(std::memory_order_relaxed); }
  std::uint64_t next_request_number() noexcept;

  /// What a stream's route decides about a request; answers with a Reply, maybe later.
  void decide(const Route& route, Request request, Reply<Admission> reply) const;
  const std::vector<TransportFactory>& transports(const Route& route) const noexcept;
  /// The answer to a newcomer while the server drains, or is full.
  static Response busy_answer();
  /// The answer to an address that has its share; says so to the log, at most once a minute.
  Response crowded_answer(const IpAddress& client);

  /// A loop of the host's has stopped serving.
  void on_stopped();

 private:
  void on_thread_ended();

  const std::shared_ptr<BrokerCore> broker_;
  const ServerOptions options_;
  const OriginPolicy origins_;
  const TrustedProxies proxies_;
  AddressLimits addresses_;
  Census census_;
  const std::vector<TransportFactory> default_transports_;
  Router router_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<ServerShard>> shards_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> draining_{false};
  std::atomic<SteadyTime::rep> silent_until_{0};  // the log, about crowded addresses

  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool started_ = false, stopped_ = false;
  std::size_t running_ = 0;  // threads that have not ended
};

}  // namespace fanfare::detail
