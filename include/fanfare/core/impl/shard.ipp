#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/core/subscription_core.hpp>

namespace fanfare {

FANFARE_DECL Shard::Shard(Broker& broker, std::function<void()> wake)
    : broker_(broker.core()), core_(broker_->make_shard(std::move(wake))) {}

FANFARE_DECL Shard::~Shard() { core_->close(); }

FANFARE_DECL Subscription Shard::subscribe(SubscribeOptions options, std::function<void(Subscription&)> on_ready) {
  return detail::SubscriptionCore::make(broker_, core_, std::move(options), std::move(on_ready));
}

FANFARE_DECL std::chrono::milliseconds Shard::poll() { return core_->poll(); }

}  // namespace fanfare
