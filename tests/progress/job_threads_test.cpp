// Jobs and tasks under several threads at once, on the system's clock: what the thread sanitizer is to look
// at.

#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <thread>

using namespace fanfare;

namespace {

/// Waits for news until `enough` says so. The deadline only ends a test that would fail.
template <class Enough>
std::vector<Event> wait_until(Subscription& watcher, Enough&& enough) {
  std::vector<Event> all_events;
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!enough(all_events) && std::chrono::steady_clock::now() < deadline) {
    for (auto& event : watcher.wait(1s)) all_events.push_back(std::move(event));
  }
  return all_events;
}

}  // namespace

TEST_CASE("threads: four of them advance one task, and nothing is lost", "[progress][threads]") {
  Broker broker;
  Job job(broker, "job", {.min_interval = 1ms});
  auto watcher = broker.subscribe({.topics = {"job"}});
  constexpr std::uint64_t each = 50'000;
  Task task = job.task("a", 4 * each);
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&task] {
      for (std::uint64_t n = 0; n < each; ++n) task.advance();
    });
  }
  // The last value comes by itself, without the task being finished.
  const auto events = wait_until(watcher, [](const std::vector<Event>& seen) {
    const auto told = all<TaskProgressed>(seen);
    return !told.empty() && told.back().current == 4 * each;
  });
  for (auto& worker : workers) worker.join();
  const auto told = all<TaskProgressed>(events);
  REQUIRE_FALSE(told.empty());
  CHECK(told.back().current == 4 * each);
  CHECK(told.back().percent == 100);
  for (std::size_t i = 1; i < told.size(); ++i) CHECK(told[i - 1].current < told[i].current);
  task.finish();
  CHECK(job.state().tasks.at(0).current == 4 * each);
}

TEST_CASE("threads: a value that comes as the timer goes to rest is not lost", "[progress][threads]") {
  Broker broker;
  Job job(broker, "job", {.min_interval = 1ms});
  auto watcher = broker.subscribe({.topics = {"job"}});
  Task task = job.task("a");
  for (std::uint64_t round = 1; round <= 300; ++round) {
    task.advance();
    const auto events = wait_until(watcher, [round](const std::vector<Event>& seen) {
      const auto told = all<TaskProgressed>(seen);
      return !told.empty() && told.back().current == round;
    });
    REQUIRE_FALSE(all<TaskProgressed>(events).empty());
    REQUIRE(last<TaskProgressed>(events).current == round);
  }
}

TEST_CASE("threads: each has its own task, and the percent never goes back", "[progress][threads]") {
  Broker broker;
  Job job(broker, "job", {.min_interval = 0ms});
  std::vector<Task> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(job.task("a", 500));
  auto watcher = broker.subscribe({.topics = {"job"}});
  std::vector<std::thread> workers;
  for (Task& task : tasks) {
    workers.emplace_back([&task] {
      for (int n = 0; n < 500; ++n) task.advance();
      task.finish();
    });
  }
  for (auto& worker : workers) worker.join();
  double percent = 0;
  for (const Event& event : watcher.take()) {
    if (event.type() != "progress") continue;
    const double now = event.as<TaskProgressed>().value().percent;
    CHECK(now >= percent);
    percent = now;
  }
  CHECK(job.state().percent == 100);
}

TEST_CASE("threads: everything at once, until the job ends under all hands", "[progress][threads]") {
  for (int round = 0; round < 6; ++round) {
    Broker broker;
    Job job(broker, "job", {.stages = {{"work", 0, 100}}, .min_interval = 1ms});
    Task shared = job.task("shared", 1'000'000);
    std::atomic<bool> over{false};
    std::vector<std::thread> workers;
    const auto work = [&](auto act) {
      workers.emplace_back([&over, act] {
        // Bounded, so that on a slow machine there is not more to read than a test has time for.
        for (int n = 0; n < 2000 && !over; ++n) act();
      });
    };
    work([&] { shared.advance(); });
    work([&] {
      shared.set_total(900);
      shared.message("x");
      shared.set_total(1000);
    });
    work([&] {
      Task task = job.task("own", 2);
      Task part = task.task("part");
      part.advance();
      task.advance(2);
    });
    work([&] {
      job.stage("work", 0.5);
      job.message("m");
      job.log(Level::info, "l");
    });
    work([&] { job.ask(Duplicate{"a"}, {.otherwise = "no", .timeout = 1ms}).get(); });
    work([&] { (void)broker.answer("job", "p" + std::to_string(round + 1), "yes"); });
    auto watcher = broker.subscribe({.topics = {"job"}});
    JobState copy;
    for (int reads = 0; reads < 5; ++reads) {
      for (const Event& event : watcher.wait(5ms)) copy.apply(event);
    }
    if (round % 3 == 0) job.finish();
    else if (round % 3 == 1) (void)broker.cancel("job"), job.fail("cancelled");
    else broker.close();
    over = true;
    for (auto& worker : workers) worker.join();
    for (const Event& event : watcher.take()) copy.apply(event);
    if (round % 3 != 2) CHECK(copy.ended());
  }
}
