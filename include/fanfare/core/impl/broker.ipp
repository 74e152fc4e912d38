#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/subscription_core.hpp>

namespace fanfare {

FANFARE_DECL Broker::Broker(BrokerOptions options) : core_(std::make_shared<detail::BrokerCore>(std::move(options))) {
  core_->start();
}

FANFARE_DECL Broker::~Broker() { close(); }

FANFARE_DECL void Broker::close() { core_->close(); }

FANFARE_DECL const TopicOptions& Broker::topic_defaults() const noexcept { return core_->options().topic_defaults; }

FANFARE_DECL Topic Broker::open(std::string name, TopicOptions options, std::unique_ptr<detail::StateHolder> state) {
  return {core_, core_->open(std::move(name), std::move(options), std::move(state), detail::Reuse::find)};
}

FANFARE_DECL Topic Broker::topic(std::string name) { return topic(std::move(name), topic_defaults()); }

FANFARE_DECL Topic Broker::topic(std::string name, TopicOptions options) {
  return open(std::move(name), std::move(options), nullptr);
}

FANFARE_DECL Subscription Broker::subscribe(SubscribeOptions options) {
  return detail::SubscriptionCore::make(core_, nullptr, std::move(options), {});
}

FANFARE_DECL std::error_code Broker::command(Command command) { return core_->command(command); }

FANFARE_DECL std::error_code Broker::cancel(std::string_view topic) {
  return core_->command({std::string(topic), "cancel", {}});
}

FANFARE_DECL std::error_code Broker::answer(std::string_view topic, std::string_view prompt, std::string_view answer) {
  return core_->answer(std::string(topic), prompt, answer);
}

FANFARE_DECL void Broker::revoke(std::string_view audience) { core_->revoke(audience); }

FANFARE_DECL Metrics Broker::metrics() const { return core_->metrics(); }

}  // namespace fanfare
