// What real hosts do with Job, Task, Prompt, Throttle and Stages: the publishing halves of the five
// contracts.

#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <fanfare/progress/stages.hpp>
#include <fanfare/progress/throttle.hpp>

#include <functional>
#include <map>
#include <stop_token>
#include <thread>

namespace {

// ---- 1. a download manager -------------------------------------------------------------------------

struct StartDownload { std::vector<std::string> urls; };

/// Stands in for the host's network: what becomes of each URL, chunk by chunk.
struct Net {
  std::map<std::string, std::uint64_t> sizes;  // an unknown one cannot be fetched
  std::function<void(const std::string& url, std::uint64_t now)> on_chunk = [](const auto&, auto) {};
} net;

bool exists(const std::string& url) { return url == "there"; }
bool fetch(const std::string& url, const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  const auto found = net.sizes.find(url);
  if (found == net.sizes.end()) return false;
  for (std::uint64_t now = 0; now <= found->second; now += 10) {
    if (!progress(now, found->second)) return false;
    net.on_chunk(url, now);
  }
  return true;
}

void download(fanfare::Job job, StartDownload what) {  // a worker thread
  std::stop_token stop = job.stop_token();             // a watcher may cancel
  for (const std::string& url : what.urls) {
    if (exists(url) &&
        job.ask(Duplicate{url}, {.choices = {"overwrite", "skip"}, .otherwise = "skip"}).get() == "skip")
      continue;
    fanfare::Task file = job.task(url, {.unit = "bytes"});
    bool ok = fetch(url, [&](std::uint64_t now, std::uint64_t total) {
      file.set_total(total); file.set_current(now);
      return !stop.stop_requested();
    });
    ok ? file.finish() : file.fail("could not be fetched");
  }
  stop.stop_requested() ? job.fail("cancelled") : job.finish();
}

struct Downloads : World {
  fanfare::Subscription watcher;

  /// Starts the worker as a request handler would, and lets `meanwhile` watch until it has ended.
  void run(std::vector<std::string> urls, const std::function<void()>& meanwhile = [] {}) {
    fanfare::Job job(broker, "job_1");
    watcher = watch("job_1");
    std::thread worker(download, std::move(job), StartDownload{std::move(urls)});
    meanwhile();
    worker.join();
  }
  /// Waits for the question to be there; answering may only then begin.
  void answer(const char* prompt, const char* choice) {
    while (broker.answer("job_1", prompt, choice) == fanfare::Error::unknown_prompt)
      std::this_thread::yield();
  }
};

std::vector<std::string> ends(const std::vector<fanfare::Event>& events) {
  std::vector<std::string> out;
  for (const auto& event : all<fanfare::TaskFinished>(events)) {
    out.push_back(event.task + (event.status == fanfare::TaskStatus::complete ? " complete" : " error"));
  }
  return out;
}

}  // namespace

TEST_CASE("contracts: a download that is asked about, fails in part and completes", "[progress][contracts]") {
  Downloads world;
  net.sizes = {{"a", 100}, {"there", 50}};
  net.on_chunk = [](const auto&, auto) {};
  world.run({"a", "missing", "there"}, [&] { world.answer("p1", "overwrite"); });
  const auto events = world.watcher.take();
  CHECK(ends(events) == std::vector<std::string>{"t1 complete", "t2 error", "t3 complete"});
  CHECK(last<fanfare::JobDone>(events).status == fanfare::JobStatus::complete);
  CHECK(last<fanfare::TaskFinished>(events).current == 50);
  CHECK(last<fanfare::TaskFinished>(events).total == 50);
  CHECK(world.watcher.ended());
}

TEST_CASE("contracts: a file that is there already is skipped when the watcher says so",
          "[progress][contracts]") {
  Downloads world;
  net.sizes = {{"there", 50}};
  world.run({"there"}, [&] { world.answer("p1", "skip"); });
  CHECK(types(world.watcher.take()) ==
        std::vector<std::string>{"snapshot", "duplicate", "duplicate-resolved", "status", "done"});
}

TEST_CASE("contracts: a cancelled download ends soon, and asks nothing more", "[progress][contracts]") {
  Downloads world;
  net.sizes = {{"a", 100}, {"there", 50}, {"b", 50}};
  net.on_chunk = [&](const std::string& url, std::uint64_t now) {
    if (url == "a" && now == 50) CHECK_FALSE(world.broker.cancel("job_1"));
  };
  world.run({"a", "there", "b"});
  net.on_chunk = [](const auto&, auto) {};
  const auto events = world.watcher.take();
  CHECK(ends(events) == std::vector<std::string>{"t1 error", "t2 error"});
  CHECK(last<fanfare::JobDone>(events).message == "cancelled");
  CHECK(last<fanfare::JobDone>(events).status == fanfare::JobStatus::error);
}

TEST_CASE("contracts: a worker that forgets to end a cancelled job says so as well",
          "[progress][contracts]") {
  World world;
  {
    fanfare::Job job(world.broker, "job");
    fanfare::Task task = job.task("a", 10);
    CHECK_FALSE(world.broker.cancel("job"));
  }
  const auto state = world.watch("job").take().at(0).as<fanfare::JobState>().value();
  CHECK(state.error == "cancelled");
  CHECK(state.tasks.at(0).message == "cancelled");
}

// ---- 3. a request board ----------------------------------------------------------------------------

TEST_CASE("contracts: a card moves by two points, and its last value always", "[progress][contracts]") {
  std::map<int, std::vector<double>> told;
  fanfare::Throttle throttle({.min_step = 2});
  const auto poll_torrents = [](auto update) {
    for (double percent = 0; percent < 99.5; percent += 0.5) update(7, percent, 0);
    for (double percent = 0; percent <= 3; percent += 1) update(8, percent, 0);
    update(7, 100.0, 0);
  };
  poll_torrents([&](int id, double percent, int) {
    if (throttle.pass(id, percent, percent >= 100)) told[id].push_back(percent);
  });
  CHECK(told[7].size() == 51);
  CHECK(told[7].back() == 100);
  CHECK(told[8] == std::vector<double>{0, 2});
}

// ---- 5. a download service -------------------------------------------------------------------------

const fanfare::Stages stages{{"start", 5},   {"info", 10},  {"download", 15, 89},
                             {"upload", 90}, {"store", 92}, {"clean", 98}};

TEST_CASE("contracts: overall percent from stages", "[progress][contracts]") {
  CHECK(stages.percent("download", 0) == 15);
  CHECK(stages.percent("download", 1) == 89);
  World world;
  fanfare::Job job(world.broker, "job", {.stages = stages});
  job.stage("clean");
  CHECK(job.state().percent == 98);
  job.finish();
  CHECK(job.state().percent == 100);
}
