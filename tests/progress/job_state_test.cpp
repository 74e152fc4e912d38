#include "progress/watching.hpp"
#include "support/catch.hpp"

using namespace fanfare;

namespace {

const SteadyTime start{1h};

JobState with_task() {
  JobState state;
  CHECK(state.apply("register", R"({"task":"t1","label":"a","total":10})", start));
  return state;
}

}  // namespace

TEST_CASE("job state: events as they come over the wire", "[progress][state]") {
  JobState state;
  CHECK(state.apply("status", R"({"status":"running","stage":"fetch","message":"m","percent":1})", start));
  CHECK(state.apply(
      "register", R"({"task":"t1","parent":"","label":"a","unit":"bytes","weight":2,"current":1,"total":9})",
      start));
  CHECK(state.apply("progress",
                    R"({"task":"t1","current":3,"total":10,"rate":0.5,"eta":14,"message":"go","percent":30})",
                    start));
  CHECK(state.apply("log", R"({"level":"warning","message":"slow","time":1700000000000})", start));
  CHECK(state.apply("duplicate", R"({"prompt":"p1","choices":["a"],"otherwise":"b","question":{"x":1}})",
                    start));
  CHECK(
      to_json(state) ==
      R"({"job":"","status":"running","percent":30,"message":"m","stage":"fetch","error":"","eta":null,"tasks":[)"
      R"({"task":"t1","parent":"","label":"a","unit":"bytes","weight":2,"current":3,"total":10,"rate":0.5,"eta":14,)"
      R"("status":"running","message":"go"}],"prompts":[{"prompt":"p1","type":"duplicate","choices":["a"],)"
      R"("otherwise":"b","question":{"x":1}}],"log":[{"level":"warning","message":"slow","time":1700000000000}]})");
  CHECK(state.apply("duplicate-resolved", R"({"prompt":"p1","answer":"a","by":"watcher"})", start));
  CHECK(state.prompts.empty());
  CHECK(state.apply("finish",
                    R"({"task":"t1","current":10,"total":10,"status":"error","message":"e","percent":99})",
                    start));
  CHECK(state.task("t1")->status == TaskStatus::error);
  CHECK_FALSE(state.task("t1")->rate);
  CHECK_FALSE(state.ended());
  CHECK(state.apply("done", R"({"status":"error","message":"no","percent":99})", start));
  CHECK(state.ended());
  CHECK(state.error == "no");
}

TEST_CASE("job state: a snapshot replaces all", "[progress][state]") {
  JobState state = with_task();
  CHECK(state.apply("snapshot", R"({"job":"j","status":"complete","percent":100,"tasks":[]})", start));
  CHECK(state.job == "j");
  CHECK(state.tasks.empty());
  CHECK(state.ended());
}

TEST_CASE("job state: what is none of a job's, or malformed, changes nothing", "[progress][state]") {
  JobState state = with_task();
  const std::string before = to_json(state);
  CHECK_FALSE(state.apply("confetti", R"({"colour":"red"})", start));
  CHECK_FALSE(state.apply("confetti", "7", start));
  CHECK_FALSE(state.apply("synced", R"({"topics":2})", start));
  CHECK_FALSE(state.apply("progress", R"({"task":7})", start));
  CHECK_FALSE(state.apply("progress", R"({"task":"t1","current":-1})", start));
  CHECK_FALSE(state.apply("status", R"({"status":"odd"})", start));
  CHECK_FALSE(state.apply("log", "{", start));
  CHECK_FALSE(state.apply("snapshot", R"({"tasks":7})", start));
  CHECK_FALSE(state.apply("mine", R"({"prompt":"p1"})", start));              // no choices
  CHECK_FALSE(state.apply("mine", R"({"prompt":"","choices":[]})", start));
  CHECK_FALSE(state.apply("mine", R"({"prompt":"p1","choices":"a"})", start));
  CHECK_FALSE(state.apply("mine-resolved", R"({"answer":"a"})", start));
  CHECK_FALSE(state.apply(Event()));
  CHECK(to_json(state) == before);
}

TEST_CASE("job state: a progress whose registration was missed makes a task", "[progress][state]") {
  JobState state;
  CHECK(state.apply("progress", R"({"task":"x","current":5})", start));
  REQUIRE(state.task("x"));
  CHECK(state.task("x")->label == "x");
  CHECK(state.apply("progress", R"({"current":5})", start));  // nobody's
  CHECK(state.tasks.size() == 1);
}

TEST_CASE("job state: an ended task is not revived by a late progress", "[progress][state]") {
  JobState state = with_task();
  CHECK(state.apply("finish", R"({"task":"t1","current":10,"total":10,"status":"complete","percent":50})",
                    start));
  CHECK(state.apply("progress", R"({"task":"t1","current":4,"total":10,"rate":1,"percent":60})", start));
  CHECK(state.task("t1")->current == 10);
  CHECK(state.task("t1")->status == TaskStatus::complete);
  CHECK(state.percent == 60);
}

TEST_CASE("job state: tasks are found whatever their ids", "[progress][state]") {
  JobState state;
  for (const char* id : {"t3", "b", "t1", "1", "t99999999999999999999", "t2"}) {
    CHECK(state.apply("register", std::string(R"({"task":")") + id + R"("})", start));
  }
  CHECK(state.tasks.size() == 6);
  for (const char* id : {"t3", "b", "t1", "1", "t99999999999999999999", "t2"}) {
    REQUIRE(state.task(id));
    CHECK(state.task(id)->task == id);
  }
  CHECK_FALSE(state.task("t4"));
  CHECK_FALSE(state.task(""));
}

TEST_CASE("job state: its ETA comes from how fast the percent grew", "[progress][state]") {
  JobState state;
  const auto at = [&](std::chrono::seconds time, const char* percent) {
    state.apply("status", std::string(R"({"status":"running","percent":)") + percent + "}", start + time);
    return state.eta;
  };
  CHECK_FALSE(at(0s, "0"));
  CHECK(at(10s, "20") == 40);
  CHECK(at(20s, "40") == 30);
  CHECK_FALSE(at(30s, "30"));  // back: who knows
  CHECK(at(40s, "50") == 25);
  CHECK(at(41s, "1e300") == 0);
  CHECK(state.percent == 100);
}

TEST_CASE("job state: a question asked again is there once", "[progress][state]") {
  JobState state;
  CHECK(state.apply("ask", R"({"prompt":"p1","choices":[]})", start));
  CHECK(state.apply("ask", R"({"prompt":"p1","choices":["a"]})", start));
  REQUIRE(state.prompts.size() == 1);
  CHECK(state.prompts[0].choices.size() == 1);
}

TEST_CASE("job state: what a publisher makes it hold is bounded", "[progress][state]") {
  JobState state;
  for (int i = 0; i < 1100; ++i) {
    state.apply("ask", R"({"prompt":")" + std::to_string(i) + R"(","choices":[]})", start);
    state.apply(LogLine{Level::info, "x", {}});
  }
  CHECK(state.prompts.size() == JobState::max_prompts);
  CHECK(state.log.size() == JobState::max_log_lines);
  for (std::size_t i = 0; i < JobState::max_tasks + 10; ++i) {
    TaskRegistered event;
    event.task = "t" + std::to_string(i + 1);
    state.apply(event);
  }
  CHECK(state.tasks.size() == JobState::max_tasks);
}

TEST_CASE("job state: a client's copy of a job is the job's own", "[progress][state]") {
  World world;
  Job job(world.broker, "job");
  JobState copy;
  auto watcher = world.watch("job");
  const auto follow = [&] {
    for (const Event& event : watcher.take()) CHECK(copy.apply(event));
    CHECK(to_json(copy) == to_json(job.state()));
  };
  follow();
  Task task = job.task("a", 10);
  follow();
  world.clock.advance(1s);
  task.advance(3);
  follow();
  job.ask(Duplicate{"a"}, {.otherwise = "b"});
  job.log(Level::error, "x");
  follow();
  job.finish();
  follow();
}
