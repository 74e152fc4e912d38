/// Demo: summaries for show, so that the page has something to tell. They stand for the host's own work.
#pragma once

#include "hub.hpp"

#include <chrono>
#include <thread>

/// Thread: one of its own. Its end stops that.
class Demo {
 public:
  /// @param step  between two events of it
  Demo(Hub hub, std::chrono::milliseconds step);

 private:
  std::jthread thread_;
};
