#include <fanfare/core/broker.hpp>
#include <fanfare/core/log/history.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <memory>

using fanfare::Json;
using fanfare::Payload;
using fanfare::detail::EventRecord;
using fanfare::detail::EventRef;
using fanfare::detail::History;

namespace {

EventRef event(std::uint64_t n) {
  static const auto account =
      std::make_shared<fanfare::detail::TopicAccount>("a", std::make_shared<fanfare::detail::BrokerAccount>());
  return EventRef(new EventRecord(account, "e", "1", {1, n}, n));
}

void push(History& history, std::uint64_t n) {
  history.reserve_one();
  history.push_back(event(n));
}

}  // namespace

TEST_CASE("history: keeps order while it grows and turns over", "[core][log][history]") {
  History history;
  std::uint64_t first = 1, next = 1;
  for (int step = 0; step < 2000; ++step) {
    push(history, next++);
    if (step % 3 == 0 || history.size() > 40) CHECK(history.pop_front()->position.n == first++);
    REQUIRE(history.size() == next - first);
    if (history.empty()) continue;
    CHECK(history.front()->position.n == first);
    CHECK(history.back()->position.n == next - 1);
    CHECK(history[history.size() / 2]->position.n == first + history.size() / 2);
  }
}

TEST_CASE("history: finds the first event after a number, over holes too", "[core][log][history]") {
  History history;
  CHECK(history.first_after(0) == 0);
  for (const std::uint64_t n : {3, 4, 9, 10, 11, 20}) push(history, n);
  const std::size_t expected[] = {0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 4, 5, 5};
  for (std::uint64_t n = 0; n < 13; ++n) CHECK(history.first_after(n) == expected[n]);
  CHECK(history.first_after(19) == 5);
  CHECK(history.first_after(20) == 6);
  CHECK(history.first_after(1000) == 6);
}

TEST_CASE("history: what was popped is held by nobody", "[core][log][history]") {
  History history;
  push(history, 1);
  {
    const EventRef popped = history.pop_front();
    CHECK(popped->position.n == 1);
  }
  CHECK(history.empty());
  CHECK(history.first_after(0) == 0);
}
