#include "../../examples/support/turns.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

using examples::Turns;

TEST_CASE("turns: they come in the order of the places, whoever waits first", "[examples][turns]") {
  constexpr std::size_t count = 20;
  Turns turns(1);
  std::deque<Turns::Place> running;
  running.emplace_back(turns);
  std::vector<std::unique_ptr<Turns::Place>> places;
  for (std::size_t i = 0; i < count; ++i) places.push_back(std::make_unique<Turns::Place>(turns));
  std::vector<std::size_t> order;  // only who has the turn writes
  std::vector<std::jthread> threads;
  for (std::size_t i = count; i-- > 0;) {
    threads.emplace_back([&, i] {
      if (places[i]->wait({})) order.push_back(i);
      places[i].reset();
    });
  }
  running.clear();
  threads.clear();
  REQUIRE(order.size() == count);
  for (std::size_t i = 0; i < count; ++i) CHECK(order[i] == i);
}

TEST_CASE("turns: so many at a time", "[examples][turns]") {
  Turns turns(2);
  std::atomic<int> running{0}, most{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int round = 0; round < 200; ++round) {
          Turns::Place place(turns);
          (void)place.wait({});
          const int now = ++running;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          std::this_thread::yield();
          --running;
        }
      });
    }
  }
  CHECK(most == 2);
}

TEST_CASE("turns: who was stopped lets the next one pass", "[examples][turns]") {
  Turns turns(1);
  auto first = std::make_unique<Turns::Place>(turns), second = std::make_unique<Turns::Place>(turns);
  Turns::Place third(turns);
  std::stop_source stop;
  stop.request_stop();
  CHECK_FALSE(second->wait(stop.get_token()));
  std::atomic<bool> had{false};
  std::jthread waits([&] { had = third.wait({}); });
  second.reset();
  first.reset();
  waits.join();
  CHECK(had);
}
