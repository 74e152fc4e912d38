/// Waiting for what other threads do, without sleeping and not for ever.
#pragma once

#include <chrono>
#include <thread>

/// Returns whether the condition came true within the time.
template <class Condition>
bool eventually(Condition&& condition, std::chrono::seconds at_most = std::chrono::seconds(60)) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}
