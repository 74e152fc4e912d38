#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/no_threads.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using fanfare::Clock;
using fanfare::ManualClock;
using fanfare::detail::Pump;

namespace {
void nobody() {}
}  // namespace

TEST_CASE("pump: with a manual clock timers fire when it is moved, in order", "[core][fanout][pump]") {
  ManualClock clock;
  Pump pump(clock, nobody);
  std::vector<int> fired;
  pump.at(clock.now() + 3s, [&] { fired.push_back(3); });
  pump.at(clock.now() + 1s, [&] {
    fired.push_back(1);
    pump.at(clock.now(), [&] { fired.push_back(0); });
  });
  pump.at(clock.now() + 2s, [&] { fired.push_back(2); });
  clock.advance(1s - 1ns);
  CHECK(fired.empty());
  clock.advance(2s + 1ns);
  CHECK(fired == std::vector<int>{1, 2, 3, 0});
}

TEST_CASE("pump: once stopped nothing is called", "[core][fanout][pump]") {
  ManualClock clock;
  Pump pump(clock, nobody);
  int fired = 0;
  pump.at(clock.now() + 1s, [&] { ++fired; });
  pump.stop();
  pump.stop();
  pump.at(clock.now() + 1s, [&] { ++fired; });
  clock.advance(2s);
  CHECK(fired == 0);
}

TEST_CASE("pump: may be stopped and destroyed by what it calls", "[core][fanout][pump]") {
  auto pump = std::make_unique<Pump>(Clock::system(), nobody);
  std::atomic<bool> gone{false};
  pump->at(Clock::system().now(), [&] {
    pump.reset();
    gone = true;
  });
  CHECK(eventually([&] { return gone.load(); }));
}

TEST_CASE("pump: serves wakes on its thread, each burst at least once", "[core][fanout][pump]") {
  Pump pump(Clock::system(), nobody);
  std::atomic<int> written{0}, seen{0};
  pump.serve([&] { seen = written.load(); });
  bool all = true;
  for (int i = 1; i <= 2000 && all; ++i) {
    written = i;
    pump.wake();
    if (i % 10 == 0) all = eventually([&] { return seen == i; });
  }
  CHECK(all);
}

TEST_CASE("pump: timers fire however busy the wakes keep it", "[core][fanout][pump]") {
  Pump pump(Clock::system(), nobody);
  std::atomic<bool> fired{false}, stop{false};
  pump.serve([&] {
    if (!stop) pump.wake();  // as a poll does that has more to do
  });
  pump.wake();
  pump.at(Clock::system().now() + 1ms, [&] { fired = true; });
  CHECK(eventually([&] { return fired.load(); }, 10s));
  stop = true;
}

TEST_CASE("pump: real timers fire in order and not early", "[core][fanout][pump]") {
  Pump pump(Clock::system(), nobody);
  const auto start = Clock::system().now();
  std::atomic<int> fired{0};
  std::atomic<bool> early{false}, disorder{false};
  for (int i = 20; i >= 1; --i) {
    pump.at(start + std::chrono::milliseconds(i), [&, i] {
      early = early || Clock::system().now() < start + std::chrono::milliseconds(i);
      disorder = disorder || ++fired != i;
    });
  }
  CHECK(eventually([&] { return fired == 20; }));
  CHECK_FALSE(early);
  CHECK_FALSE(disorder);
}

TEST_CASE("pump: what a timer throws is told, and the next one fires", "[core][fanout][pump]") {
  ManualClock clock;
  int told = 0, fired = 0;
  Pump pump(clock, [&] { ++told; });
  pump.at(clock.now() + 1s, [] { throw std::runtime_error("no"); });
  pump.at(clock.now() + 1s, [&] { ++fired; });
  clock.advance(1s);
  CHECK(told == 1);
  CHECK(fired == 1);
}

TEST_CASE("pump: what its thread calls may throw", "[core][fanout][pump]") {
  std::atomic<int> told{0};
  Pump pump(Clock::system(), [&] { ++told; });
  pump.serve([] { throw std::runtime_error("no"); });
  pump.wake();
  CHECK(eventually([&] { return told == 1; }));
  pump.at(Clock::system().now(), [] { throw 1; });
  CHECK(eventually([&] { return told == 2; }));
}

#if FANFARE_HAS_NO_THREADS
TEST_CASE("pump: a thread that was not to be had is made the next time", "[core][fanout][pump]") {
  Pump pump(Clock::system(), nobody);
  std::atomic<bool> served{false};
  pump.serve([&] { served = true; });
  {
    const NoThreads none;
    CHECK_THROWS_AS(pump.wake(), std::system_error);
  }
  pump.wake();
  CHECK(eventually([&] { return served.load(); }));
}
#endif
