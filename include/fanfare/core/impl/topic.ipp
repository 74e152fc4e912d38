#pragma once

#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/topic.hpp>

namespace fanfare {

FANFARE_DECL Topic::Topic(std::shared_ptr<detail::BrokerCore> broker, std::shared_ptr<detail::TopicLog> log) noexcept
    : broker_(std::move(broker)), log_(std::move(log)) {}

FANFARE_DECL const std::string& Topic::name() const noexcept { return log_->name(); }

FANFARE_DECL Receipt Topic::publish(Payload event, PublishOptions options) const {
  return broker_->publish(log_, std::move(event), std::move(options), detail::Ending::none);
}

FANFARE_DECL Receipt Topic::finish(Payload last) const {
  return broker_->publish(log_, std::move(last), {}, detail::Ending::completed);
}

FANFARE_DECL Receipt Topic::fail(Payload last) const {
  return broker_->publish(log_, std::move(last), {}, detail::Ending::failed);
}

FANFARE_DECL bool Topic::finished() const noexcept { return log_->bounds().done_n != 0; }

FANFARE_DECL void Topic::with_state(void (*visit)(const void*, void*), void* out) const {
  log_->with_state(visit, out);
}

}  // namespace fanfare
