#pragma once

#include <fanfare/server/server_core.hpp>
#include <fanfare/server/impl/server_shard.hpp>

#include <random>
#include <stdexcept>

namespace fanfare::detail {

FANFARE_DECL ServerCore::ServerCore(std::shared_ptr<BrokerCore> broker, ServerOptions options)
    : broker_(std::move(broker)),
      options_(std::move(options)),
      origins_(options_.origins, options_.hosts),
      proxies_(options_.trusted_proxies),
      addresses_(options_.max_connections_per_address),
      default_transports_{websocket(), sse(), long_poll()} {
  check_options(options_);
}

FANFARE_DECL ServerCore::~ServerCore() = default;

FANFARE_DECL void ServerCore::bind() {
  std::error_code error;
  const auto address = asio::ip::make_address(options_.address, error);
  if (error) {
    throw std::invalid_argument("ServerOptions::address is '" + options_.address +
                                "'; it must be an IP address such as 127.0.0.1, 0.0.0.0 or ::");
  }
  auto* io = static_cast<asio::io_context*>(options_.loop.io_context());
  const unsigned count = io ? 1 : options_.shards;
  port_ = options_.port;
  try {
    if (count > 1 && port_ != 0) {
      // Shards share the port, and so might another server of this user's: without sharing it would not bind.
      std::make_shared<ServerShard>(shared_from_this(), nullptr)->listen(tcp::endpoint(address, port_), false);
    }
    for (unsigned i = 0; i < count; ++i) {
      shards_.push_back(std::make_shared<ServerShard>(shared_from_this(), io));
      port_ = shards_.back()->listen(tcp::endpoint(address, port_), count > 1);
    }
  } catch (const std::system_error& failure) {
    shards_.clear();
    throw std::system_error(failure.code(), "cannot listen on " + options_.address + " port " +
                                                std::to_string(options_.port) + " (ServerOptions::port; 0 picks a free one)");
  }
}

FANFARE_DECL void ServerCore::mount(Route route) {
  const std::lock_guard lock(mutex_);
  if (started_) throw std::logic_error("route '" + route.pattern + "': mount routes before start()");
  router_.add(std::move(route));
}

FANFARE_DECL void ServerCore::start() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(started_, true) || stopped_) return;
  }
  for (const auto& shard : shards_) {
    shard->start();
    if (options_.loop.io_context()) continue;
    {
      const std::lock_guard lock(mutex_);
      ++running_;
    }
    try {
      threads_.emplace_back([self = shared_from_this(), shard] {
        shard->run();
        self->on_thread_ended();
      });
    } catch (...) {
      shard->stop();
      shard->run();  // nobody else does, and what was posted holds the shard
      on_thread_ended();
      stop();
      throw;
    }
  }
}

FANFARE_DECL void ServerCore::on_thread_ended() {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) stopped_ = true;
  stopped_changed_.notify_all();
}

FANFARE_DECL void ServerCore::drain(std::chrono::milliseconds window) {
  draining_.store(true, std::memory_order_relaxed);
  for (const auto& shard : shards_) {
    shard->post([weak = std::weak_ptr(shard), window] {
      if (const auto held = weak.lock()) held->drain(window);
    });
  }
  const std::lock_guard lock(mutex_);
  if (!started_) stopped_ = true;
}

FANFARE_DECL void ServerCore::stop() {
  draining_.store(true, std::memory_order_relaxed);
  for (const auto& shard : shards_) {
    shard->post([weak = std::weak_ptr(shard)] {
      if (const auto held = weak.lock()) held->stop();
    });
  }
  on_stopped();
}

FANFARE_DECL void ServerCore::on_stopped() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  stopped_changed_.notify_all();
}

FANFARE_DECL void ServerCore::wait() {
  std::unique_lock lock(mutex_);
  stopped_changed_.wait(lock, [this] { return stopped_ && running_ == 0; });
}

FANFARE_DECL void ServerCore::join() {
  if (options_.loop.io_context()) {
    for (const auto& shard : shards_) shard->stop();
    on_stopped();
  } else if (!threads_.empty()) {
    drain(std::chrono::seconds(1));
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  shards_.clear();  // breaks the circle: shards hold their server
}

FANFARE_DECL bool ServerCore::admit_connection() noexcept {
  if (connections_.fetch_add(1, std::memory_order_relaxed) < options_.max_connections) return true;
  release_connection();
  return false;
}

FANFARE_DECL std::uint64_t ServerCore::next_request_number() noexcept {
  return requests_.fetch_add(1, std::memory_order_relaxed) + 1;
}

FANFARE_DECL void ServerCore::decide(const Route& route, Request request, Reply<Admission> reply) const {
  if (route.stream.admit) return route.stream.admit(std::move(request), std::move(reply));
  reply(admit_as_asked(request));
}

FANFARE_DECL const std::vector<TransportFactory>& ServerCore::transports(const Route& route) const noexcept {
  return route.stream.transports.empty() ? default_transports_ : route.stream.transports;
}

/// Those who were sent away together do not come back together.
FANFARE_DECL Response refusal_for_now(int status, std::string reason) {
  thread_local std::minstd_rand random{std::random_device{}()};
  Response response = Response::error(status, std::move(reason));
  response.fields.push_back({"Retry-After", std::to_string(std::uniform_int_distribution<int>(1, 10)(random))});
  return response;
}

FANFARE_DECL Response ServerCore::busy_answer() { return refusal_for_now(503, "the server takes no newcomers now"); }

FANFARE_DECL Response ServerCore::crowded_answer(const IpAddress& client) {
  constexpr auto silence = SteadyTime::duration(std::chrono::minutes(1)).count();
  const auto now = broker_->context().clock->now().time_since_epoch().count();
  auto until = silent_until_.load(std::memory_order_relaxed);
  if (now >= until && silent_until_.compare_exchange_strong(until, now + silence, std::memory_order_relaxed)) {
    broker_->log(Level::info, "refused " + client.str() + ", maybe others: " +
                                  "ServerOptions::max_connections_per_address is " +
                                  std::to_string(options_.max_connections_per_address) +
                                  "; if this is a proxy, list it in trusted_proxies");
  }
  return refusal_for_now(429, "too many connections from this address");  // RFC 6585 sec. 4
}

}  // namespace fanfare::detail
