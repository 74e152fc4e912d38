#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <utility>

using namespace fanfare;

// ---- stages, messages, log -------------------------------------------------------------------------

TEST_CASE("job: with stages its percent is theirs", "[progress][job]") {
  World world;
  Job job(world.broker, "job", {.stages = {{"start", 5}, {"download", 15, 89}, {"upload", 90}}});
  auto watcher = world.watch("job");
  job.stage("start");
  job.stage("download");
  Task task = job.task("a", 10);  // does not count beside stages
  world.clock.advance(1s);
  task.advance(10);
  world.clock.advance(1s);
  job.stage("download", 0.5);
  job.stage("nowhere", 0.5);  // shown, but it moves nothing
  job.stage("upload");
  const auto events = watcher.take();
  std::vector<std::string> told;
  for (const auto& status : all<StatusChanged>(events)) {
    told.push_back(status.stage + ' ' + std::to_string(static_cast<int>(status.percent)));
  }
  CHECK(told == std::vector<std::string>{"start 5", "download 15", "download 52", "nowhere 52", "upload 90"});
  CHECK(last<TaskProgressed>(events).percent == 15);
  CHECK(job.state().stage == "upload");
}

TEST_CASE("job: without stages a fraction says nothing", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  job.stage("work", 0.25);
  auto watcher = world.watch("job");
  world.clock.advance(1s);
  job.stage("work", 0.5);
  world.clock.advance(1s);
  CHECK(types(watcher.take()) == std::vector<std::string>{"snapshot"});
  CHECK(job.state().stage == "work");
  CHECK(job.state().percent == 0);
}

TEST_CASE("job: as a stage moves it is throttled, and its last value goes out", "[progress][job]") {
  World world;
  Job job(world.broker, "job", {.stages = {{"work", 0, 100}}});
  job.stage("work");
  auto watcher = world.watch("job");
  for (int i = 1; i <= 1000; ++i) {
    job.stage("work", i / 2000.0);
    world.clock.advance(1ms);
  }
  CHECK(all<StatusChanged>(watcher.take()).size() == 10);
  world.clock.advance(100ms);
  CHECK(watcher.take().empty());
  CHECK(job.state().percent == 50);
  job.stage("work", 0.55);
  CHECK(all<StatusChanged>(watcher.take()).size() == 1);  // at once: nothing was published for long enough
  job.stage("work", 0.6);
  CHECK(watcher.take().empty());
  world.clock.advance(100ms);
  CHECK(last<StatusChanged>(watcher.take()).percent == 60);
}

TEST_CASE("job: a stage moves by the step, and to its end without one", "[progress][job]") {
  World world;
  Job job(world.broker, "job", {.stages = {{"work", 0, 50}}, .min_step = 10});
  job.stage("work");
  auto watcher = world.watch("job");
  for (const double fraction : {0.1, 0.2, 0.3, 0.5, 0.9, 0.95, 1.0}) {
    world.clock.advance(1s);
    job.stage("work", fraction);
  }
  std::vector<double> percents;
  for (const auto& status : all<StatusChanged>(watcher.take())) percents.push_back(status.percent);
  CHECK(percents == std::vector<double>{10, 25, 45, 50});
}

TEST_CASE("job: of many messages the last goes out", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  job.message("0");
  auto watcher = world.watch("job");
  for (int i = 1; i <= 20; ++i) job.message(std::to_string(i));
  CHECK(all<StatusChanged>(watcher.take()).empty());
  world.clock.advance(100ms);
  const auto told = all<StatusChanged>(watcher.take());
  REQUIRE(told.size() == 1);
  CHECK(told[0].message == "20");
  world.clock.advance(1s);
  job.message("20");
  CHECK(watcher.take().empty());
}

TEST_CASE("job: texts are cut at a character", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  std::string text(4095, 'a');
  text += "\xC3\xA4";
  job.message(text);
  job.log(Level::warning, text);
  Task task = job.task(text, {.unit = std::string(40, 'u')});
  task.fail(text);
  const JobState state = job.state();
  CHECK(state.message == std::string(4095, 'a'));
  CHECK(state.log.at(0).message.size() == 4095);
  CHECK(state.tasks.at(0).label.size() == 1024);
  CHECK(state.tasks.at(0).unit.size() == 32);
  CHECK(state.tasks.at(0).message.size() == 4095);
}

TEST_CASE("job: the snapshot has the last hundred lines", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  for (int i = 0; i < 250; ++i) job.log(Level::info, std::to_string(i));
  const auto state = world.watch("job").take().at(0).as<JobState>().value();
  REQUIRE(state.log.size() == 100);
  CHECK(state.log.front().message == "150");
  CHECK(state.log.back().message == "249");
}

// ---- commands --------------------------------------------------------------------------------------

TEST_CASE("job: a cancelled one is told so", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  job.message("working");
  auto watcher = world.watch("job");
  const std::stop_token stop = job.stop_token();
  CHECK_FALSE(stop.stop_requested());
  CHECK_FALSE(world.broker.cancel("job"));
  CHECK(stop.stop_requested());
  CHECK_FALSE(world.broker.cancel("job"));  // once more is no error, and nothing new
  const auto events = watcher.take();
  REQUIRE(all<StatusChanged>(events).size() == 1);
  CHECK(last<StatusChanged>(events).message == "cancelling");
  CHECK(last<StatusChanged>(events).status == JobStatus::running);
  job.fail("cancelled");
  CHECK(world.broker.cancel("job") == Error::topic_finished);
  CHECK(world.broker.cancel("nothing") == Error::unknown_topic);
}

TEST_CASE("job: who is told to stop may call the job", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  const std::stop_callback callback(job.stop_token(), [&] { job.fail("cancelled"); });
  CHECK_FALSE(world.broker.cancel("job"));
  CHECK(job.state().error == "cancelled");
}

TEST_CASE("job: other commands go to the hook", "[progress][job]") {
  World world;
  Job none(world.broker, "none");
  CHECK(world.broker.command({"none", "pause", {}}) == Error::no_handler);

  std::vector<std::string> got;
  Job job(world.broker, "job", {.on_command = [&](const Command& command) {
    got.push_back(command.topic + ' ' + command.name + ' ' + command.data.text);
  }});
  CHECK_FALSE(world.broker.command({"job", "pause", Json{"[1]"}}));
  CHECK(got == std::vector<std::string>{"job pause [1]"});

  TopicOptions options;
  options.on_command = [&](const Command& command) { got.push_back("topic's " + command.name); };
  Job by_topic(world.broker, "by topic", {.topic = options});
  CHECK_FALSE(world.broker.command({"by topic", "pause", {}}));
  CHECK(got.back() == "topic's pause");
}

// ---- the host's own events, and what goes wrong ----------------------------------------------------

TEST_CASE("job: events of the host's own pass, those of the vocabulary do not", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  auto watcher = world.watch("job");
  std::uint64_t committed = 0;
  CHECK(job.publish(Duplicate{"x"}, {.on_commit = [&](const Receipt& receipt) { committed = receipt.seq; }}));
  CHECK(committed == 1);
  CHECK(job.publish({"mine", Json{"{}"}}, {.audience = {"user:7"}}));
  for (const char* type :
       {"snapshot", "status", "register", "progress", "finish", "log", "done", "reset", "gone"}) {
    CHECK(job.publish({type, Json{"{}"}}).error == Error::invalid_payload);
  }
  CHECK(job.publish({"mine", Json{"{"}}).error == Error::invalid_payload);
  CHECK(texts(watcher.take()).back() == R"(duplicate {"path":"x"})");
}

TEST_CASE("job: somebody else's events of the vocabulary are applied, or refused", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  const Topic topic = world.broker.topic("job");
  CHECK(topic.publish({"log", Json{R"({"level":"error","message":"outside","time":5})"}}));
  CHECK(job.state().log.at(0).message == "outside");
  CHECK(topic.publish({"progress", Json{R"({"task":7})"}}).error == Error::invalid_payload);
  CHECK(topic.publish({"snapshot", Json{"{}"}}).error == Error::invalid_payload);
  CHECK(topic.publish({"other", Json{"7"}}));
}

TEST_CASE("job: a topic that somebody else ended is its end", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Task task = job.task("a", 10);
  const Prompt prompt = job.ask(Duplicate{"a"}, {.otherwise = "skip"});
  CHECK(world.broker.topic("job").finish());
  task.message("x");
  world.clock.advance(1s);
  CHECK(prompt.get() == "skip");
  task.advance();
  job.finish();
  CHECK(job.state().status == JobStatus::complete);
  CHECK(world.notes->empty());
}

TEST_CASE("job: after the broker's end nothing happens any more", "[progress][job]") {
  World world;
  Job job(world.broker, "job");
  Task task = job.task("a", 10);
  Task armed = job.task("b", 10);
  armed.advance();
  job.message("x");
  job.message("y");
  world.broker.close();
  task.advance();
  task.set_total(20);
  task.message("z");
  armed.finish();
  job.log(Level::info, "l");
  job.stage("s");
  Task late = job.task("late");
  late.advance();
  CHECK(job.ask(Duplicate{"a"}, {.otherwise = "skip"}).get() == "skip");
  CHECK(job.publish(Duplicate{"a"}).error == Error::shut_down);
  world.clock.advance(1s);
  job.finish();
  CHECK(world.notes->empty());
}

TEST_CASE("job: it may outlive its broker and the broker's clock", "[progress][job]") {
  auto world = std::make_unique<World>();
  Job job(world->broker, "job");
  Task task = job.task("a", 10);
  Prompt prompt = job.ask(Duplicate{"a"}, {.otherwise = "skip"});
  world.reset();
  task.advance();
  task.finish();
  CHECK(prompt.get() == "skip");
  job.log(Level::info, "l");
  job.finish();
}

TEST_CASE("job: what cannot be published is told to the host, once", "[progress][job]") {
  auto notes = std::make_shared<Notes>();
  ManualClock clock;
  BrokerOptions options = noting(&clock, notes);
  options.limits.max_payload_bytes = 120;
  Broker broker(std::move(options));
  Job job(broker, "job");
  job.log(Level::info, std::string(200, 'x'));
  job.log(Level::info, std::string(200, 'x'));
  job.log(Level::info, "short");
  CHECK(notes->count("job 'job': cannot publish") == 1);
  CHECK(job.state().log.size() == 1);
  job.finish();
  CHECK(job.state().status == JobStatus::complete);
}

TEST_CASE("job: what the log hook throws stays there", "[progress][job]") {
  BrokerOptions options;
  options.limits.max_payload_bytes = 10;
  options.log = [](Level, std::string_view) { throw std::runtime_error("hook"); };
  Broker broker(std::move(options));
  Job job(broker, "job");
  CHECK_NOTHROW(job.message("x"));
}
