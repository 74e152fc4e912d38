#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

using namespace fanfare;

namespace {

/// A job with one task, and who sees all of its events.
struct OneTask : World {
  explicit OneTask(TaskOptions options = {.total = 1000}, JobOptions job_options = {})
      : job(broker, "job", std::move(job_options)),
        task(job.task("task", std::move(options))),
        watcher(watch("job")) {
    watcher.take();
  }
  std::vector<TaskProgressed> progress() { return all<TaskProgressed>(watcher.take()); }

  Job job;
  Task task;
  Subscription watcher;
};

double percent_of(const Job& job) { return job.state().percent; }

}  // namespace

// ---- when progress goes out ------------------------------------------------------------------------

TEST_CASE("task: a tight loop publishes ten events a second, and the last value", "[progress][task]") {
  OneTask world({.total = 100'000});
  std::vector<std::uint64_t> told;
  for (int i = 0; i < 10'000; ++i) {  // ten seconds
    for (int n = 0; n < 5; ++n) world.task.advance();
    world.clock.advance(1ms);
    for (const auto& event : world.progress()) told.push_back(event.current);
  }
  REQUIRE(told.size() == 100);
  for (std::size_t i = 0; i < told.size(); ++i) CHECK(told[i] == 500 * (i + 1));
  CHECK(world.broker.metrics().events_published == 1 + 1 + 100);  // status, register
}

TEST_CASE("task: without time nothing goes out but at its end", "[progress][task]") {
  OneTask world;
  for (int i = 0; i < 1000; ++i) world.task.advance();
  CHECK(world.watcher.take().empty());
  world.task.finish();
  const auto events = world.watcher.take();
  REQUIRE(events.size() == 1);
  CHECK(last<TaskFinished>(events).current == 1000);
}

TEST_CASE("task: when the worker stalls the last value goes out in time", "[progress][task]") {
  OneTask world;
  world.task.advance(3);
  world.task.advance(4);
  world.clock.advance(99ms);
  CHECK(world.progress().empty());
  world.clock.advance(1ms);
  auto told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK(told[0].current == 7);
  world.clock.advance(1h);
  CHECK(world.progress().empty());
}

TEST_CASE("task: a slow one is published at once, without a timer", "[progress][task]") {
  OneTask world;
  for (int i = 1; i <= 5; ++i) {
    world.clock.advance(1s);
    world.task.advance();
    const auto told = world.progress();
    REQUIRE(told.size() == 1);
    CHECK(told[0].current == static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("task: after a rest it starts again", "[progress][task]") {
  OneTask world;
  for (int round = 0; round < 3; ++round) {
    world.task.advance();
    world.task.advance();
    world.clock.advance(10s);
    const auto told = world.progress();
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().current == static_cast<std::uint64_t>(2 * round + 2));
  }
}

TEST_CASE("task: it moves by the step, and the final value needs none", "[progress][task]") {
  OneTask world({.total = 1000, .min_step = 2.0});
  std::vector<std::uint64_t> told;
  for (int i = 0; i < 1000; ++i) {
    world.task.advance();
    world.clock.advance(100ms);
    for (const auto& event : world.progress()) told.push_back(event.current);
  }
  REQUIRE(told.size() == 50);  // 20, 40 ... 1000
  for (std::size_t i = 0; i < told.size(); ++i) CHECK(told[i] == 20 * (i + 1));
}

TEST_CASE("task: below the step it stays held back, also when time passes", "[progress][task]") {
  OneTask world({.total = 1000}, {.min_step = 2});
  world.clock.advance(1s);
  world.task.advance(19);
  world.clock.advance(1h);
  CHECK(world.progress().empty());
  world.task.advance(1);
  CHECK(world.progress().size() == 1);
  world.clock.advance(1s);
  world.task.set_current(0);  // a step back counts as well
  CHECK(world.progress().size() == 1);
  world.clock.advance(1s);
  world.task.set_current(995);
  world.clock.advance(1s);
  world.task.advance(5);
  CHECK(world.progress().back().current == 1000);
}

TEST_CASE("task: with an unknown total any move counts", "[progress][task]") {
  OneTask world(TaskOptions{}, {.min_step = 50});
  world.clock.advance(1s);
  world.task.advance();
  const auto told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK(told[0].total == 0);
  CHECK_FALSE(told[0].eta);
}

TEST_CASE("task: without a minimum everything is published", "[progress][task]") {
  OneTask world({.total = 50, .min_interval = 0ms});
  for (int i = 1; i <= 50; ++i) {
    world.task.advance();
    const auto told = world.progress();
    REQUIRE(told.size() == 1);
    CHECK(told[0].current == static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("task: a step without an interval", "[progress][task]") {
  OneTask world({.total = 1000, .min_step = 10.0, .min_interval = 0ms});
  std::size_t told = 0;
  for (int i = 0; i < 1000; ++i) {
    world.task.advance();
    told += world.progress().size();
  }
  CHECK(told == 10);
}

TEST_CASE("task: odd minimums are as good as none", "[progress][task]") {
  OneTask world({.total = 10, .min_step = std::numeric_limits<double>::quiet_NaN(), .min_interval = -5ms});
  world.task.advance();
  CHECK(world.progress().size() == 1);
  OneTask slow({.total = 10, .min_step = -1.0, .min_interval = std::chrono::milliseconds::max()});
  slow.task.advance();
  slow.clock.advance(24h);
  CHECK(slow.progress().size() == 1);
}

TEST_CASE("task: what does not change costs nothing", "[progress][task]") {
  OneTask world;
  world.clock.advance(1s);
  for (int i = 0; i < 100; ++i) {
    world.task.set_total(1000);
    world.task.set_current(0);
    world.task.message("");
    world.clock.advance(1s);
  }
  CHECK(world.watcher.take().empty());
}

TEST_CASE("task: the value may go back, and the total may change", "[progress][task]") {
  OneTask world({.unit = "bytes"});
  world.clock.advance(1s);
  world.task.set_total(200);
  CHECK(world.progress().at(0).total == 200);
  world.task.set_current(50);
  world.task.set_total(100);  // with it: one event for both
  world.clock.advance(100ms);
  auto told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK((told[0].current == 50 && told[0].total == 100 && told[0].percent == 50));
  world.clock.advance(1s);
  world.task.set_current(20);
  told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK((told[0].current == 20 && !told[0].rate && told[0].percent == 20));
  world.clock.advance(1s);
  world.task.set_total(0);
  CHECK(world.progress().at(0).percent == 0);
}

TEST_CASE("task: of many messages the last goes out with the progress", "[progress][task]") {
  OneTask world;
  world.clock.advance(1s);
  world.task.message("one");
  for (int i = 0; i < 50; ++i) world.task.message(std::to_string(i));
  CHECK(world.progress().size() == 1);
  world.clock.advance(100ms);
  auto told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK(told[0].message == "49");
  world.task.advance();
  world.clock.advance(1s);
  CHECK(world.progress().at(0).message == "49");  // it stays
}

TEST_CASE("task: after its end nothing of it is published", "[progress][task]") {
  OneTask world;
  world.task.advance(5);  // arms a timer
  world.task.finish();
  CHECK(types(world.watcher.take()) == std::vector<std::string>{"finish"});
  world.task.advance(5);
  world.task.set_current(900);
  world.task.set_total(5000);
  world.task.message("x");
  world.task.fail("y");
  world.task.finish();
  { const Task dropped = std::move(world.task); }
  world.clock.advance(10s);
  CHECK(world.watcher.take().empty());
  CHECK(world.job.state().tasks.at(0).current == 5);
}

// ---- rate and ETA ----------------------------------------------------------------------------------

TEST_CASE("task: rate and ETA follow what was published", "[progress][task]") {
  OneTask world;
  world.clock.advance(2s);
  world.task.set_current(100);
  auto told = world.progress();
  REQUIRE(told.size() == 1);
  CHECK(told[0].rate == 50);
  CHECK(told[0].eta == 18);
  world.clock.advance(2s);
  world.task.set_current(200);
  told = world.progress();
  CHECK(told.at(0).rate == 50);
  CHECK(told.at(0).eta == 16);
  const TaskState state = world.job.state().tasks.at(0);
  CHECK(state.rate == 50);
  CHECK(state.eta == 16);
  CHECK(world.job.state().eta == 16);  // of the whole job: 5 % a second
  world.task.finish();
  CHECK_FALSE(world.job.state().tasks.at(0).rate);
  CHECK_FALSE(world.job.state().tasks.at(0).eta);
}

TEST_CASE("task: figures are rounded for people", "[progress][task]") {
  const auto rate_of = [](std::uint64_t units, std::chrono::seconds time) {
    OneTask world(TaskOptions{});
    world.clock.advance(time);
    world.task.advance(units);
    return world.progress().at(0).rate.value();
  };
  CHECK(rate_of(1'000'000, 3s) == 333'333);
  CHECK(rate_of(1000, 3s) == 333.3);
  CHECK(rate_of(1, 3s) == 0.3333);
  CHECK(rate_of(2, 3000s) == 0.0006667);
}

TEST_CASE("task: at a standstill there is no ETA", "[progress][task]") {
  OneTask world;
  world.clock.advance(1s);
  world.task.message("waiting");
  const auto told = world.progress();
  CHECK(told.at(0).rate == 0);
  CHECK_FALSE(told.at(0).eta);
}

// ---- dropped ---------------------------------------------------------------------------------------

TEST_CASE("task: dropped below its total it is failed, at its total complete", "[progress][task]") {
  World world;
  Job job(world.broker, "job");
  const auto dropped = [&](TaskOptions options, std::uint64_t advance) {
    {
      Task task = job.task("a", std::move(options));
      task.advance(advance);
    }
    return job.state().tasks.back();
  };
  CHECK(dropped({.total = 10}, 9).status == TaskStatus::error);
  CHECK(dropped({.total = 10}, 9).message == "abandoned");
  CHECK(dropped({.total = 10}, 10).status == TaskStatus::complete);
  CHECK(dropped({.total = 10}, 11).status == TaskStatus::complete);
  CHECK(dropped({}, 11).status == TaskStatus::error);  // nobody knows whether that was all
  CHECK(dropped({.total = 10, .current = 10}, 0).status == TaskStatus::complete);
}

TEST_CASE("task: by an exception it is failed, even when it was moved", "[progress][task]") {
  World world;
  Job job(world.broker, "job");
  try {
    std::vector<Task> tasks;
    for (int i = 0; i < 5; ++i) tasks.push_back(job.task("a", 10));
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
  }
  REQUIRE(job.state().tasks.size() == 5);
  for (const auto& task : job.state().tasks) CHECK(task.message == "ended by an exception");
}

TEST_CASE("task: one that is replaced is dropped", "[progress][task]") {
  World world;
  Job job(world.broker, "job");
  Task task = job.task("a", 1);
  task.advance();
  task = job.task("b", 1);
  CHECK(job.state().tasks.at(0).status == TaskStatus::complete);
  CHECK(job.state().tasks.at(1).status == TaskStatus::running);
  task.advance();
  task.finish();
  CHECK(job.state().tasks.at(1).current == 1);
}

TEST_CASE("task: it may outlive its job and its parent", "[progress][task]") {
  World world;
  std::optional<Job> job(std::in_place, world.broker, "job");
  std::optional<Task> parent(job->task("a"));
  Task child = parent->task("b", 5);
  parent.reset();
  child.advance();
  world.clock.advance(1s);
  CHECK(job->state().tasks.at(1).current == 1);
  job.reset();
  child.advance();
  child.finish();
  world.clock.advance(1s);
}

TEST_CASE("task: a group is complete when all of its parts are", "[progress][task]") {
  World world;
  Job job(world.broker, "job");
  {
    Task group = job.task("group");
    Task part = group.task("part", 1);
    part.advance();
  }
  CHECK(job.state().tasks.at(0).status == TaskStatus::complete);
  {
    Task group = job.task("group");
    Task good = group.task("good", 1), bad = group.task("bad", 1);
    good.advance();
  }
  CHECK(job.state().tasks.at(2).status == TaskStatus::error);
}

// ---- bounds ----------------------------------------------------------------------------------------

TEST_CASE("task: more than the bound work, but are not shown", "[progress][task]") {
  World world;
  Job job(world.broker, "job", {.max_tasks = 2});
  Task first = job.task("a", 1);
  Task second = job.task("b", 1);
  auto watcher = world.watch("job");
  watcher.take();
  for (int i = 0; i < 10; ++i) {
    Task hidden = job.task("c", 10);
    Task part = hidden.task("d", 10);
    hidden.advance();
    part.message("x");
    world.clock.advance(1s);
    if (i % 2) hidden.finish();
  }
  CHECK(watcher.take().empty());
  CHECK(job.state().tasks.size() == 2);
  CHECK(world.notes->count("max_tasks") == 1);
  first.finish();
  second.finish();
  CHECK(percent_of(job) == 100);
  job.finish();
  CHECK(world.notes->count("10 tasks were not shown") == 1);
}

TEST_CASE("task: thousands of them stay quick", "[progress][task]") {
  World world;
  Job job(world.broker, "job");
  std::vector<Task> tasks;
  for (int i = 0; i < 5000; ++i) tasks.push_back(job.task("a", 100));
  for (int round = 0; round < 3; ++round) {
    for (auto& task : tasks) task.advance(10);
    world.clock.advance(100ms);
  }
  CHECK(percent_of(job) == 30);
  job.finish();
  const JobState state = job.state();
  REQUIRE(state.tasks.size() == 5000);
  CHECK(state.task("t4321") == &state.tasks[4320]);
  CHECK(state.task("t5001") == nullptr);
}
