#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <limits>
#include <utility>

using namespace fanfare;

namespace {

double percent_of(const Job& job) { return job.state().percent; }

}  // namespace

TEST_CASE("percent: the weighted mean of the tasks", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  Task light = job.task("light", {.total = 10, .weight = 1});
  Task heavy = job.task("heavy", {.total = 1000, .weight = 3});
  light.set_current(5);
  CHECK(percent_of(job) == 12.5);
  heavy.set_current(500);
  CHECK(percent_of(job) == 50);
  light.finish();
  CHECK(percent_of(job) == 62.5);
  heavy.finish();
  CHECK(percent_of(job) == 100);
  Task more = job.task("more", {.total = 4, .weight = 4});
  more.advance();
  CHECK(percent_of(job) == 62.5);
}

TEST_CASE("percent: two decimals, and 100 only when all is done", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  Task task = job.task("a", 3'000'000);
  task.set_current(1'000'000);
  CHECK(percent_of(job) == 33.33);
  task.set_current(2'000'000);
  CHECK(percent_of(job) == 66.66);
  task.set_current(2'999'999);
  CHECK(percent_of(job) == 99.99);
  task.set_current(3'000'000);
  CHECK(percent_of(job) == 100);
}

TEST_CASE("percent: many small shares sum up to exactly all", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  std::vector<Task> tasks;
  for (int i = 0; i < 997; ++i) tasks.push_back(job.task("a", {.total = 7, .weight = 0.1 + i * 0.001}));
  for (auto& task : tasks) {
    for (int i = 0; i < 7; ++i) task.advance();
  }
  CHECK(percent_of(job) == 100);
}

TEST_CASE("percent: it stays within 0 and 100 whatever the numbers", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  const double odd[] = {0, -5, 1e300, std::numeric_limits<double>::infinity(),
                        std::numeric_limits<double>::quiet_NaN()};
  std::vector<Task> tasks;
  for (const double weight : odd) {
    Task& task = tasks.emplace_back(job.task("a", {.total = 10, .weight = weight}));
    task.set_current(std::numeric_limits<std::uint64_t>::max());
    CHECK((percent_of(job) >= 0 && percent_of(job) <= 100));
    task.set_total(std::numeric_limits<std::uint64_t>::max());
    task.set_current(1);
    task.advance(std::numeric_limits<std::uint64_t>::max() - 5);
    CHECK((percent_of(job) >= 0 && percent_of(job) <= 100));
  }
  CHECK(job.state().tasks.at(1).weight == 1);     // negative: not meant
  CHECK(job.state().tasks.at(2).weight == 1e12);  // more than sums can hold exactly
}

TEST_CASE("percent: parts make up a task that has no total", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  Task group = job.task("group");
  Task other = job.task("other", 10);
  Task a = group.task("a", {.total = 4, .weight = 3});
  Task b = group.task("b", 10);
  a.set_current(2);
  CHECK(percent_of(job) == 18.75);  // (3 * 1/2 + 0) / 4 of one half
  b.set_current(10);
  CHECK(percent_of(job) == 31.25);
  Task deep = b.task("deep", 2);  // b has a total of its own, so this does not count
  deep.advance();
  CHECK(percent_of(job) == 31.25);
  a.finish();
  b.finish();
  CHECK(percent_of(job) == 50);
  CHECK(job.state().tasks.at(2).parent == "t1");
  CHECK(job.state().tasks.at(4).parent == "t4");
}

TEST_CASE("percent: a total of its own counts more than parts", "[progress][percent]") {
  World world;
  Job job(world.broker, "job", {.min_interval = 0ms});
  Task task = job.task("a");
  Task part = task.task("part", 2);
  part.advance();
  CHECK(percent_of(job) == 50);
  task.set_total(10);
  task.advance();
  CHECK(percent_of(job) == 10);
}

TEST_CASE("percent: a failed task counts as settled, a dropped one as it stood", "[progress][percent]") {
  World world;
  Job job(world.broker, "job");
  Task a = job.task("a", 10), b = job.task("b", 10);
  a.advance(3);
  a.fail("not found");
  CHECK(percent_of(job) == 50);
  b.advance(2);
  { const Task dropped = std::move(b); }
  CHECK(percent_of(job) == 60);
}
