#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>

using namespace fanfare;

static_assert(!std::is_copy_constructible_v<Job> && std::is_nothrow_move_constructible_v<Job>);
static_assert(!std::is_copy_constructible_v<Task> && std::is_nothrow_move_constructible_v<Task>);
static_assert(std::is_copy_constructible_v<Prompt>);
static_assert(noexcept(std::declval<Task&>().advance()) && noexcept(std::declval<Task&>().set_current(1)) &&
              noexcept(std::declval<Task&>().set_total(1)));

TEST_CASE("job: from its beginning to its end", "[progress][job]") {
  World world;
  Job job(world.broker, "job_1");
  auto watcher = world.watch("job_1");
  {
    Task task = job.task("a.iso", {.unit = "bytes", .total = 200});
    world.clock.advance(1s);
    task.advance(50);
    world.clock.advance(1s);
    task.message("at the half");
    task.set_current(100);
    world.clock.advance(1s);
    task.set_current(200);
    task.finish("all here");
  }
  job.log(Level::info, "bye");
  job.finish("done it");
  CHECK(
      texts(watcher.take()) ==
      std::vector<std::string>{
          R"(snapshot {"job":"job_1","status":"queued","percent":0,"message":"","stage":"","error":"","eta":null,)"
          R"("tasks":[],"prompts":[],"log":[]})",
          R"(status {"status":"running","stage":"","message":"","percent":0})",
          R"(register {"task":"t1","parent":"","label":"a.iso","unit":"bytes","weight":1,"current":0,"total":200})",
          R"(progress {"task":"t1","current":100,"total":200,"rate":33.55,"eta":3,"message":"at the half","percent":50})",
          R"(finish {"task":"t1","current":200,"total":200,"status":"complete","message":"all here","percent":100})",
          R"(log {"level":"info","message":"bye","time":1704067203000})",
          R"(status {"status":"complete","stage":"","message":"done it","percent":100})",
          R"(done {"status":"complete","message":"done it","percent":100})"});
  CHECK(watcher.ended());
  CHECK_FALSE(watcher.error());
  CHECK(world.notes->empty());
}

TEST_CASE("job: a question is no beginning, a task, a stage and a message are", "[progress][job]") {
  World world;
  const auto after = [&](auto act) {
    Job job(world.broker, "job");
    act(job);
    const JobStatus status = job.state().status;
    job.finish();
    return status;
  };
  CHECK(after([](Job&) {}) == JobStatus::queued);
  CHECK(after([](Job& job) { job.ask(Duplicate{"a"}); }) == JobStatus::queued);
  CHECK(after([](Job& job) { job.log(Level::info, "x"); }) == JobStatus::queued);
  CHECK(after([](Job& job) { job.task("a"); }) == JobStatus::running);
  CHECK(after([](Job& job) { job.stage("a"); }) == JobStatus::running);
  CHECK(after([](Job& job) { job.message("a"); }) == JobStatus::running);
  CHECK(after([](Job& job) { job.message(""); }) == JobStatus::running);
}

TEST_CASE("job: the events have the delivery that their meaning asks for", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  auto watcher = world.watch("job");
  Task task = job.task("a", 2);
  world.clock.advance(1s);
  task.advance();
  task.finish();
  job.log(Level::debug, "x");
  job.ask(Duplicate{"a"}, {.otherwise = "b"});
  job.fail("no");
  std::vector<std::string> told;
  for (const Event& event : watcher.take()) {
    if (event.control()) continue;
    const char* delivery = event.delivery() == Delivery::critical   ? "critical"
                           : event.delivery() == Delivery::conflated ? "conflated"
                                                                     : "lossy";
    told.push_back(std::string(event.type()) + ": " + delivery + " " + std::string(event.key()));
  }
  CHECK(told == std::vector<std::string>{"status: critical ", "register: conflated t1",
                                         "progress: conflated t1", "finish: conflated t1", "log: lossy ",
                                         "duplicate: critical ", "duplicate-resolved: critical ",
                                         "status: critical ", "done: critical "});
}

// ---- the end ---------------------------------------------------------------------------------------

TEST_CASE("job: a failed one says why, and keeps its percent", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Task task = job.task("a", 100);
  auto watcher = world.watch("job");
  world.clock.advance(1s);
  task.advance(40);
  job.fail("disk full");
  CHECK(
      texts(watcher.take()) ==
      std::vector<std::string>{
          R"(snapshot {"job":"job","status":"running","percent":0,"message":"","stage":"","error":"","eta":null,"tasks":)"
          R"([{"task":"t1","parent":"","label":"a","unit":"","weight":1,"current":0,"total":100,"rate":null,"eta":null,)"
          R"("status":"running","message":""}],"prompts":[],"log":[]})",
          R"(progress {"task":"t1","current":40,"total":100,"rate":40,"eta":1.5,"message":"","percent":40})",
          R"(finish {"task":"t1","current":40,"total":100,"status":"error","message":"disk full","percent":40})",
          R"(status {"status":"error","stage":"","message":"disk full","percent":40})",
          R"(done {"status":"error","message":"disk full","percent":40})"});
  CHECK(watcher.ended());
  const JobState state = job.state();
  CHECK(state.status == JobStatus::error);
  CHECK(state.error == "disk full");
  CHECK(state.ended());
}

TEST_CASE("job: to finish ends the open tasks, parts first", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Task below = job.task("below", 10);
  Task at = job.task("at", 5);
  Task unknown = job.task("unknown");
  Task part = unknown.task("part", 3);
  at.advance(5);
  below.advance(9);
  auto watcher = world.watch("job");
  job.finish();
  std::vector<std::string> ended;
  for (const auto& event : all<TaskFinished>(watcher.take())) {
    ended.push_back(event.task + (event.status == TaskStatus::complete ? " complete" : " error") +
                    event.message);
  }
  CHECK(ended == std::vector<std::string>{"t4 errorthe job ended before it", "t3 complete", "t2 complete",
                                          "t1 errorthe job ended before it"});
  CHECK(job.state().percent == 100);
}

TEST_CASE("job: dropped unfinished it is failed", "[progress][job]") {
  World world;
  auto watcher = [&] {
    Job job(world.broker, "job");
    job.message("working");
    return world.watch("job");
  }();
  const auto events = watcher.take();
  CHECK(last<JobDone>(events).status == JobStatus::error);
  CHECK(last<JobDone>(events).message == "abandoned");
  CHECK(watcher.ended());
}

TEST_CASE("job: an exception leaves no bar standing", "[progress][job]") {
  World world;
  Subscription watcher;
  try {
    Job job(world.broker, "job");
    watcher = world.watch("job");
    Task task = job.task("a", 10);
    task.advance(3);
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
  }
  const auto events = watcher.take();
  CHECK(last<TaskFinished>(events).status == TaskStatus::error);
  CHECK(last<TaskFinished>(events).message == "ended by an exception");
  CHECK(last<TaskFinished>(events).percent == 30);
  CHECK(last<JobDone>(events).message == "ended by an exception");
  CHECK(last<JobDone>(events).percent == 30);
}

TEST_CASE("job: one that lives within the handling of an exception is abandoned by itself only",
          "[progress][job]") {
  World world;
  struct Handler {
    Broker& broker;
    ~Handler() { Job job(broker, "job"); }
  };
  try {
    const Handler handler{world.broker};
    throw std::runtime_error("no");
  } catch (const std::runtime_error&) {
  }
  CHECK(last<JobDone>(world.watch("job").take()).message == "abandoned");
}

TEST_CASE("job: calls after the end are ignored", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Task task = job.task("a", 10);
  job.finish("first");
  auto watcher = world.watch("job");
  task.advance(5);
  task.message("x");
  task.set_total(20);
  task.finish();
  task.fail("y");
  Task late = job.task("late", 3);
  late.advance();
  late.task("later").finish();
  job.stage("s", 1);
  job.message("m");
  job.log(Level::error, "l");
  job.fail("second");
  job.finish("third");
  world.clock.advance(10s);
  CHECK(job.ask(Duplicate{"a"}, {.otherwise = "skip"}).get() == "skip");
  CHECK(job.publish(Duplicate{"a"}).error == Error::topic_finished);
  CHECK(types(watcher.take()) == std::vector<std::string>{"snapshot", "done"});
  CHECK(job.state().message == "first");
  CHECK(world.notes->empty());
}

TEST_CASE("job: a name that is open is refused, a finished one begins anew", "[progress][job]") {
  World world;
  {
    Job job(world.broker, "job");
    try {
      Job(world.broker, "job");
      FAIL("a second job of the name was made");
    } catch (const std::system_error& error) {
      CHECK(error.code() == Error::topic_exists);
    }
    job.log(Level::info, "first");
    job.finish();
  }
  Job again(world.broker, "job");
  CHECK(again.state().log.empty());
  CHECK(again.state().status == JobStatus::queued);
  CHECK_THROWS_AS(Job(world.broker, ""), std::system_error);
}

// ---- handles ---------------------------------------------------------------------------------------

TEST_CASE("job: it moves into the thread that works", "[progress][job]") {
  World world;
  std::thread worker([](Job job, int steps) {
    Task task = job.task("a", static_cast<std::uint64_t>(steps));
    for (int i = 0; i < steps; ++i) task.advance();
    task.finish();
    job.finish();
  }, Job(world.broker, "job"), 1000);
  worker.join();
  const auto events = world.watch("job").take();
  CHECK(types(events) == std::vector<std::string>{"snapshot", "done"});
  CHECK(last<JobDone>(events).status == JobStatus::complete);
}

TEST_CASE("job: a moved-from one ignores everything", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Job other = std::move(job);
  Task task = job.task("a", 3);  // NOLINT(bugprone-use-after-move): that it is harmless is the point
  task.advance();
  task.set_current(3);
  task.set_total(4);
  task.message("x");
  task.task("b").finish();
  task.finish();
  job.stage("s");
  job.message("m");
  job.log(Level::info, "l");
  CHECK(job.ask(Duplicate{"a"}, {.otherwise = "no"}).get() == "no");
  CHECK(job.publish(Duplicate{"a"}).error == Error::topic_finished);
  CHECK_FALSE(job.stop_token().stop_possible());
  CHECK(job.state().job.empty());
  job.finish();
  CHECK(other.state().status == JobStatus::queued);
}

TEST_CASE("job: one that is replaced is dropped", "[progress][job]") {
  World world;
  Job job(world.broker, "one");
  job = Job(world.broker, "two");
  CHECK(last<JobDone>(world.watch("one").take()).message == "abandoned");
  CHECK(job.state().job == "two");
  CHECK_FALSE(job.state().ended());
}
