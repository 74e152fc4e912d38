#pragma once

#include <fanfare/core/fanout/pump.hpp>

#include <utility>
#include <vector>

namespace fanfare::detail {

struct Pump::State {
  State(const Clock& source, std::function<void()> on_thrown) : clock(source), thrown(std::move(on_thrown)) {}

  const Clock& clock;
  const std::function<void()> thrown;
  std::mutex mutex;
  std::condition_variable changed;
  std::multimap<SteadyTime, std::function<void()>> timers;
  std::function<void()> turn;
  bool woken = false, stopped = false;
  std::thread thread;

  void start_locked(const std::shared_ptr<State>& self) {
    if (thread.joinable() || stopped) return;
    thread = std::thread([self] { run(self); });
  }
};

FANFARE_DECL Pump::Pump(const Clock& clock, std::function<void()> thrown)
    : state_(std::make_shared<State>(clock, std::move(thrown))) {
  std::weak_ptr<State> weak = state_;
  clock.on_advance(weak, [weak] {
    if (const auto state = weak.lock()) fire_due(*state);
  });
}

FANFARE_DECL Pump::~Pump() { stop(); }

FANFARE_DECL void Pump::at(SteadyTime due, std::function<void()> action) {
  const std::lock_guard lock(state_->mutex);
  if (state_->stopped) return;
  const bool first = state_->timers.empty() || due < state_->timers.begin()->first;
  state_->timers.emplace(due, std::move(action));
  if (state_->clock.manual()) return;
  state_->start_locked(state_);
  if (first) state_->changed.notify_one();
}

FANFARE_DECL void Pump::serve(std::function<void()> turn) {
  const std::lock_guard lock(state_->mutex);
  state_->turn = std::move(turn);
}

FANFARE_DECL void Pump::wake() {
  const std::lock_guard lock(state_->mutex);
  state_->woken = true;
  state_->start_locked(state_);
  state_->changed.notify_one();
}

FANFARE_DECL void Pump::stop() {
  std::thread thread;
  std::multimap<SteadyTime, std::function<void()>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    dropped.swap(state_->timers);
    thread.swap(state_->thread);
    state_->changed.notify_one();
  }
  if (!thread.joinable()) return;
  if (thread.get_id() == std::this_thread::get_id()) thread.detach();
  else thread.join();
}

FANFARE_DECL void Pump::fire_due(State& state) {
  for (;;) {
    std::function<void()> action;
    {
      const std::lock_guard lock(state.mutex);
      if (state.stopped || state.timers.empty() || state.timers.begin()->first > state.clock.now()) return;
      action = std::move(state.timers.begin()->second);
      state.timers.erase(state.timers.begin());
    }
    call(state, action);
  }
}

FANFARE_DECL void Pump::call(State& state, const std::function<void()>& action) noexcept {
  try {
    action();
  } catch (...) {
    const bool stopped = [&] {
      const std::lock_guard lock(state.mutex);
      return state.stopped;
    }();
    if (!stopped) state.thrown();  // else it may have destroyed who would be told
  }
}

FANFARE_DECL void Pump::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  while (!state->stopped) {
    const bool woken = std::exchange(state->woken, false);
    const bool due = !state->clock.manual() && !state->timers.empty() &&
                     state->timers.begin()->first <= state->clock.now();
    if (woken || due) {  // both in one go: however often it is woken, timers get their turn
      const auto turn = woken ? state->turn : nullptr;
      lock.unlock();
      if (turn) call(*state, turn);
      if (due) fire_due(*state);
      lock.lock();
    } else if (state->clock.manual() || state->timers.empty()) {
      state->changed.wait(lock);
    } else {
      const SteadyTime next = state->timers.begin()->first;
      state->changed.wait_until(lock, next);
    }
  }
}

}  // namespace fanfare::detail
