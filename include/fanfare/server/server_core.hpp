/// ServerCore: what all loops of a server share: options, routes, the count of connections, its end.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker_core.hpp>
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

  /// Counts a connection in, or says that there are enough.
  bool admit_connection() noexcept;
  void release_connection() noexcept { connections_.fetch_sub(1, std::memory_order_relaxed); }
  bool draining() const noexcept { return draining_.load(std::memory_order_relaxed); }
  std::string next_request_id();

  /// What a stream's route decides about a request; answers with a Reply, maybe later.
  void decide(const Route& route, Request request, Reply<Admission> reply) const;
  const std::vector<TransportFactory>& transports(const Route& route) const noexcept;
  /// The answer to a newcomer while the server drains.
  static Response busy_answer();

  /// A loop of the host's has stopped serving.
  void on_stopped();

 private:
  void on_thread_ended();

  const std::shared_ptr<BrokerCore> broker_;
  const ServerOptions options_;
  const OriginPolicy origins_;
  const std::vector<TransportFactory> default_transports_;
  Router router_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<ServerShard>> shards_;
  std::vector<std::thread> threads_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<bool> draining_{false};

  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool started_ = false, stopped_ = false;
  std::size_t running_ = 0;  // threads that have not ended
};

}  // namespace fanfare::detail
