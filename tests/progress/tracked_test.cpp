#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <array>
#include <forward_list>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <type_traits>

using namespace fanfare;

namespace {

/// What a generator is: gone through once, of no known size, ended by a sentinel.
struct Countdown {
  struct End {};
  struct Iterator {
    using difference_type = std::ptrdiff_t;
    using value_type = int;
    int* left;
    int operator*() const { return *left; }
    Iterator& operator++() {
      --*left;
      return *this;
    }
    void operator++(int) { --*left; }
    friend bool operator==(const Iterator& at, End) { return *at.left == 0; }
  };
  int left;
  Iterator begin() { return {&left}; }
  End end() const { return {}; }
};

struct OneJob : World {
  Job job{broker, "job"};
  TaskState task() const { return job.state().tasks.back(); }
};

}  // namespace

static_assert(!std::is_move_constructible_v<Tracked<std::vector<int>>>);
static_assert(std::input_iterator<Tracked<std::vector<int>&>::Iterator>);
static_assert(std::is_same_v<decltype(*std::declval<Tracked<std::vector<int>>&>().begin()), int&>);
static_assert(
    std::is_same_v<decltype(*std::declval<Tracked<const std::vector<int>&>&>().begin()), const int&>);

TEST_CASE("tracked: a loop to its end finishes the task", "[progress][tracked]") {
  OneJob world;
  int sum = 0;
  for (auto& number : world.job.track("render", std::vector<int>{1, 2, 3})) {
    number *= 2;  // the elements of a temporary range can be changed
    sum += number;
    CHECK(world.task().total == 3);
  }
  CHECK(sum == 12);
  CHECK(world.task().label == "render");
  CHECK(world.task().current == 3);
  CHECK(world.task().status == TaskStatus::complete);
}

TEST_CASE("tracked: an element counts when its turn is over", "[progress][tracked]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  std::uint64_t expected = 0;
  const std::array<int, 4> numbers{1, 2, 3, 4};
  for (const int number : job.track("a", numbers)) {
    CHECK(job.state().tasks.at(0).current == expected);
    expected = static_cast<std::uint64_t>(number);
  }
  CHECK(job.state().tasks.at(0).current == 4);
}

TEST_CASE("tracked: ranges of all kinds", "[progress][tracked]") {
  OneJob world;
  const auto counted = [&](auto&& range) {
    int elements = 0;
    for (auto&& element : world.job.track("a", std::forward<decltype(range)>(range))) {
      (void)element;
      ++elements;
    }
    CHECK(world.task().current == static_cast<std::uint64_t>(elements));
    CHECK(world.task().status == TaskStatus::complete);
    return world.task().total;
  };
  std::vector<int> lvalue{1, 2};
  int array[] = {1, 2, 3};
  CHECK(counted(lvalue) == 2);
  CHECK(counted(array) == 3);
  CHECK(counted(std::string("abcd")) == 4);
  CHECK(counted(std::map<int, int>{{1, 2}, {3, 4}}) == 2);
  CHECK(counted(std::vector<int>()) == 0);
  CHECK(counted(std::forward_list<int>{1, 2}) == 0);  // of no known size
  CHECK(counted(Countdown{5}) == 0);
  std::vector<std::unique_ptr<int>> move_only;
  move_only.push_back(std::make_unique<int>(7));
  CHECK(counted(move_only) == 1);
  CHECK(counted(std::move(move_only)) == 1);
}

TEST_CASE("tracked: an lvalue is gone through in place", "[progress][tracked]") {
  OneJob world;
  std::vector<int> numbers{1, 2, 3};
  for (int& number : world.job.track("a", numbers)) number *= 10;
  CHECK(numbers == std::vector<int>{10, 20, 30});
}

TEST_CASE("tracked: leaving early fails the task", "[progress][tracked]") {
  OneJob world;
  for (const int number : world.job.track("a", std::vector<int>{1, 2, 3})) {
    if (number == 3) break;
  }
  CHECK(world.task().status == TaskStatus::error);
  CHECK(world.task().message == "abandoned");
  CHECK(world.task().current == 2);
  for (const int number : world.job.track("b", Countdown{5})) {
    if (number == 3) break;
  }
  CHECK(world.task().status == TaskStatus::error);
}

TEST_CASE("tracked: an exception fails the task", "[progress][tracked]") {
  OneJob world;
  const auto loop = [&] {
    for (const int number : world.job.track("a", std::vector<int>{1, 2, 3})) {
      if (number == 2) throw std::runtime_error("no");
    }
  };
  CHECK_THROWS_AS(loop(), std::runtime_error);
  CHECK(world.task().status == TaskStatus::error);
  CHECK(world.task().message == "ended by an exception");
  CHECK(world.task().current == 1);
}

TEST_CASE("tracked: the task can be told more", "[progress][tracked]") {
  OneJob world;
  auto tracked = world.job.track("a", Countdown{2});
  tracked.task().set_total(2);
  for (const int number : tracked) tracked.task().message(std::to_string(number));
  CHECK(world.task().total == 2);
  CHECK(world.task().status == TaskStatus::complete);
}
