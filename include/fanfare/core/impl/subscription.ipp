#pragma once

#include <fanfare/core/subscription.hpp>
#include <fanfare/core/subscription_core.hpp>

namespace fanfare {

FANFARE_DECL Subscription::Subscription() noexcept = default;
FANFARE_DECL Subscription::Subscription(std::shared_ptr<detail::SubscriptionCore> core) noexcept
    : core_(std::move(core)) {}
FANFARE_DECL Subscription::Subscription(Subscription&& other) noexcept = default;
FANFARE_DECL Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (core_ && core_ != other.core_) core_->close();
  core_ = std::move(other.core_);
  return *this;
}
FANFARE_DECL Subscription::~Subscription() {
  if (core_) core_->close();
}

FANFARE_DECL std::vector<Event> Subscription::take() { return core_ ? core_->take() : std::vector<Event>(); }
FANFARE_DECL std::vector<Event> Subscription::wait(std::chrono::milliseconds timeout) {
  return core_ ? core_->wait(timeout) : std::vector<Event>();
}
FANFARE_DECL void Subscription::add(std::string topic, std::string since) {
  if (core_) core_->add(std::move(topic), std::move(since));
}
FANFARE_DECL void Subscription::remove(std::string_view topic) {
  if (core_) core_->remove(topic);
}
FANFARE_DECL Position Subscription::position() const noexcept { return core_ ? core_->position() : Position(); }
FANFARE_DECL bool Subscription::ended() const noexcept { return !core_ || core_->ended(); }
FANFARE_DECL std::error_code Subscription::error() const noexcept {
  return core_ ? core_->error() : std::error_code();
}

}  // namespace fanfare
