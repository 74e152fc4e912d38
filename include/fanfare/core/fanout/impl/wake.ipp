#pragma once

#include <fanfare/core/fanout/wake.hpp>

namespace fanfare::detail {

FANFARE_DECL void WakeTarget::push(WakeLink& link) noexcept {
  link.add_ref();  // the stack's; given back by who takes it
  WakeLink* head = pushed_.load(std::memory_order_relaxed);
  do {
    link.next = head;
  } while (!pushed_.compare_exchange_weak(head, &link, std::memory_order_release, std::memory_order_relaxed));
}

FANFARE_DECL void WakeTarget::call() {
  const std::lock_guard lock(hook_mutex_);
  if (!hook_) return;
  try {
    hook_();
  } catch (...) {
    State armed = State::armed;  // unless the shard has looked meanwhile
    state_.compare_exchange_strong(armed, State::missed, std::memory_order_acq_rel);
    throw;
  }
}

FANFARE_DECL void WakeTarget::silence() {
  const std::lock_guard lock(hook_mutex_);
  hook_ = nullptr;
}

FANFARE_DECL WakeLink* WakeTarget::disarm_and_take() noexcept {
  state_.exchange(State::idle, std::memory_order_acq_rel);
  return pushed_.exchange(nullptr, std::memory_order_acq_rel);
}

}  // namespace fanfare::detail
