#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

using namespace fanfare;

TEST_CASE("download: a question left unanswered is skipped after a minute") {
  fanfare::ManualClock clock; fanfare::Broker broker({.clock = &clock});
  fanfare::Job job(broker, "job_1");
  auto watcher = broker.subscribe({.topics = {"job_1"}});
  auto prompt =
      job.ask(Duplicate{"a"},
              {.choices = {"skip", "rename"}, .otherwise = "skip", .timeout = std::chrono::minutes(1)});
  clock.advance(std::chrono::seconds(61));
  CHECK(prompt.get() == "skip");
  CHECK(types(watcher.take()) == std::vector<std::string>{"snapshot", "duplicate", "duplicate-resolved"});
}

namespace {

struct Asking : World {
  Job job{broker, "job"};
  Subscription watcher{watch("job")};

  Prompt ask(AskOptions options = {.choices = {"overwrite", "skip"}, .otherwise = "skip"}) {
    return job.ask(Duplicate{"a.iso"}, std::move(options));
  }
  std::error_code answer(std::string_view prompt, std::string_view text) {
    return broker.answer("job", prompt, text);
  }
};

/// Calls in another thread what blocks, and gives what it returned; the test's own deadline is CTest's.
std::future<std::string> waiting(const Prompt& prompt) {
  return std::async(std::launch::async, [prompt] { return prompt.get(); });
}

}  // namespace

TEST_CASE("prompt: a question and its answer, as they are on the wire", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  CHECK(prompt.id() == "p1");
  CHECK_FALSE(world.answer("p1", "overwrite"));
  CHECK(prompt.get() == "overwrite");
  auto events = texts(world.watcher.take());
  events.erase(events.begin());
  CHECK(
      events ==
      std::vector<std::string>{
          R"(duplicate {"prompt":"p1","choices":["overwrite","skip"],"otherwise":"skip","question":{"path":"a.iso"}})",
          R"(duplicate-resolved {"prompt":"p1","answer":"overwrite","by":"watcher"})"});
}

TEST_CASE("prompt: the snapshot lists the open ones", "[progress][prompt]") {
  Asking world;
  world.ask();
  world.job.ask({"rename", Json{R"([1, 2])"}}, {.otherwise = "x"});
  CHECK_FALSE(world.answer("p1", "skip"));
  world.clock.advance(1s);  // a snapshot is not made anew more often than ten times a second
  const Event snapshot = world.watch("job").take().at(0);
  CHECK(
      std::string(snapshot.json())
          .find(
              R"("prompts":[{"prompt":"p2","type":"rename","choices":[],"otherwise":"x","question":[1,2]}])") !=
      std::string::npos);
}

TEST_CASE("prompt: the first answer counts", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  CHECK_FALSE(world.answer("p1", "overwrite"));
  CHECK(world.answer("p1", "skip") == Error::already_answered);
  CHECK(prompt.get() == "overwrite");
}

TEST_CASE("prompt: what cannot be an answer is refused", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  CHECK(world.answer("p1", "rename") == Error::invalid_choice);
  CHECK(world.answer("p1", "") == Error::invalid_choice);
  for (const char* id : {"p2", "p0", "p01", "p", "", "1", "p1x", "p-1", "p99999999999999999999999", "t1"}) {
    CHECK(world.answer(id, "skip") == Error::unknown_prompt);
  }
  CHECK(world.broker.answer("nothing", "p1", "skip") == Error::unknown_topic);
  CHECK_FALSE(world.answer("p1", "skip"));
}

TEST_CASE("prompt: without choices any text is an answer, up to a bound", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask({.otherwise = "none"});
  CHECK(world.answer("p1", std::string(5000, 'x')) == Error::too_long);
  CHECK_FALSE(world.answer("p1", "a new \xFF name"));
  CHECK(prompt.get() == "a new \xEF\xBF\xBD name");
}

TEST_CASE("prompt: an answer comes as a command as well", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  CHECK(world.broker.command({"job", "answer", Json{R"({"prompt":"p1"})"}}) == Error::invalid_choice);
  CHECK(world.broker.command({"job", "answer", Json{R"({"prompt":5})"}}) == Error::wrong_type);
  CHECK(world.broker.command({"job", "answer", Json{"{"}}) == Error::invalid_json);
  CHECK_FALSE(world.broker.command({"job", "answer", Json{R"({"prompt":"p1","answer":"skip"})"}}));
  CHECK(prompt.get() == "skip");
}

// ---- waiting ---------------------------------------------------------------------------------------

TEST_CASE("prompt: who waits is woken by the answer", "[progress][prompt]") {
  Asking world;
  auto first = waiting(world.ask()), second = waiting(world.ask());
  CHECK_FALSE(world.answer("p2", "overwrite"));
  CHECK(second.get() == "overwrite");
  CHECK_FALSE(world.answer("p1", "skip"));
  CHECK(first.get() == "skip");
}

TEST_CASE("prompt: callbacks are called once, when the answer comes or at once", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  std::vector<std::string> got;
  prompt.then([&](const std::string& answer) { got.push_back("first " + answer); });
  prompt.then([&](const std::string& answer) {
    got.push_back("second " + answer);
    world.job.message("no lock is held");
    CHECK(world.answer("p1", "skip") == Error::already_answered);
  });
  prompt.then({});
  CHECK(got.empty());
  CHECK_FALSE(world.answer("p1", "overwrite"));
  CHECK(got == std::vector<std::string>{"first overwrite", "second overwrite"});
  prompt.then([&](const std::string& answer) { got.push_back("late " + answer); });
  CHECK(got.size() == 3);
  world.job.finish();
  CHECK(got.size() == 3);
}

TEST_CASE("prompt: what a callback throws is told to the host", "[progress][prompt]") {
  Asking world;
  bool called = false;
  const Prompt prompt = world.ask();
  prompt.then([](const std::string&) { throw std::runtime_error("oh no"); });
  prompt.then([](const std::string&) { throw 5; });
  prompt.then([&](const std::string&) { called = true; });
  CHECK_FALSE(world.answer("p1", "skip"));
  CHECK(called);
  CHECK(world.notes->count("threw: oh no") == 1);
  CHECK(world.notes->count("threw") == 2);
}

// ---- nobody answers --------------------------------------------------------------------------------

TEST_CASE("prompt: each has its own timeout", "[progress][prompt]") {
  Asking world;
  const Prompt slow = world.ask({.otherwise = "slow", .timeout = 60s});
  const Prompt quick = world.ask({.otherwise = "quick", .timeout = 10s});
  const Prompt never = world.ask({.otherwise = "never"});
  const Prompt middle = world.ask({.otherwise = "middle", .timeout = 30s});
  const Prompt late = world.ask({.otherwise = "late", .timeout = 40s});
  const auto open = [&] {
    std::string ids;
    for (const auto& prompt : world.job.state().prompts) ids += prompt.prompt;
    return ids;
  };
  world.clock.advance(9s);
  CHECK(open() == "p1p2p3p4p5");
  world.clock.advance(1s);
  CHECK(open() == "p1p3p4p5");
  CHECK(quick.get() == "quick");
  CHECK(world.answer("p2", "x") == Error::already_answered);
  CHECK_FALSE(world.answer("p4", "in time"));
  world.clock.advance(29s);
  CHECK(open() == "p1p3p5");
  world.clock.advance(1s);
  CHECK(open() == "p1p3");
  world.clock.advance(20s);
  CHECK(open() == "p3");
  CHECK(slow.get() == "slow");
  CHECK(middle.get() == "in time");
  world.clock.advance(24h);
  CHECK(open() == "p3");
  CHECK(last<JobDone>([&] {
          world.job.finish();
          return world.watcher.take();
        }())
            .status == JobStatus::complete);
  CHECK(never.get() == "never");
}

TEST_CASE("prompt: the end of the job answers", "[progress][prompt]") {
  Asking world;
  auto blocked = waiting(world.ask());
  std::string called;
  world.ask().then([&](const std::string& answer) { called = answer; });
  world.job.fail("no");
  CHECK(blocked.get() == "skip");
  CHECK(called == "skip");
  const auto events = world.watcher.take();
  std::vector<std::string> resolved;
  for (const auto& text : texts(events)) {
    if (text.find("-resolved") != std::string::npos) resolved.push_back(text);
  }
  CHECK(resolved ==
        std::vector<std::string>{R"(duplicate-resolved {"prompt":"p1","answer":"skip","by":"end"})",
                                 R"(duplicate-resolved {"prompt":"p2","answer":"skip","by":"end"})"});
  CHECK(events.back().type() == "done");
  CHECK(world.answer("p1", "skip") == Error::already_answered);
}

TEST_CASE("prompt: to cancel answers, and later questions too", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  bool stopped_first = false;
  prompt.then([&](const std::string&) { stopped_first = world.job.stop_token().stop_requested(); });
  CHECK_FALSE(world.broker.cancel("job"));
  CHECK(prompt.get() == "skip");
  CHECK(stopped_first);
  CHECK(texts(world.watcher.take()).back() ==
        R"(duplicate-resolved {"prompt":"p1","answer":"skip","by":"cancel"})");
  const Prompt late = world.ask();
  CHECK(late.get() == "skip");
  CHECK(late.id().empty());
  CHECK(world.watcher.take().empty());
}

TEST_CASE("prompt: the end of the broker wakes who waits", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask(), other = world.ask();
  std::string called;
  prompt.then([&](const std::string& answer) { called = answer; });
  auto blocked = waiting(prompt);
  world.broker.close();
  CHECK(blocked.get() == "skip");
  CHECK(world.answer("p1", "overwrite") == Error::shut_down);
  CHECK(prompt.get() == "skip");
  std::string late;
  other.then([&](const std::string& answer) { late = answer; });
  CHECK(late == "skip");
  world.job.finish();
  CHECK(called == "skip");
}

TEST_CASE("prompt: a revoked audience is not the end", "[progress][prompt]") {
  Asking world;
  const Prompt prompt = world.ask();
  world.broker.revoke("user:7");
  CHECK_FALSE(world.answer("p1", "overwrite"));
  CHECK(prompt.get() == "overwrite");
}

TEST_CASE("prompt: too many open ones are not asked", "[progress][prompt]") {
  World world;
  Job job(world.broker, "job", {.max_open_prompts = 2});
  const Prompt a = job.ask(Duplicate{"a"}, {.otherwise = "no"});
  const Prompt b = job.ask(Duplicate{"b"}, {.otherwise = "no"});
  const Prompt c = job.ask(Duplicate{"c"}, {.otherwise = "no"});
  CHECK(c.get() == "no");
  CHECK(c.id().empty());
  CHECK(world.notes->count("max_open_prompts") == 1);
  CHECK_FALSE(world.broker.answer("job", "p1", "yes"));
  CHECK(job.ask(Duplicate{"d"}, {.otherwise = "no"}).id() == "p3");
}

TEST_CASE("prompt: what cannot be published is answered at once", "[progress][prompt]") {
  Asking world;
  const auto unheard = [&](std::string type, std::string json) {
    const Prompt prompt = world.job.ask({std::move(type), Json{std::move(json)}}, {.otherwise = "no"});
    CHECK(prompt.get() == "no");
    return prompt.id().empty();
  };
  CHECK(unheard("progress", "{}"));
  CHECK(unheard("", "{}"));
  CHECK(unheard("bad\nname", "{}"));
  CHECK(unheard(std::string(120, 'x'), "{}"));
  CHECK(unheard("ask", "{"));
  CHECK(unheard("ask", '"' + std::string(2'000'000, 'x') + '"'));
  CHECK(world.job.state().prompts.empty());
  CHECK(world.job.ask({"ask", Json{"7"}}).id() == "p1");  // none of those used up a number
}

TEST_CASE("prompt: a handle may outlive the job", "[progress][prompt]") {
  World world;
  const Prompt prompt = Job(world.broker, "job").ask(Duplicate{"a"}, {.otherwise = "no"});
  CHECK(prompt.get() == "no");
  CHECK(prompt.id() == "p1");
}

TEST_CASE("prompt: with the system's clock a timeout comes by itself", "[progress][prompt]") {
  Broker broker;
  Job job(broker, "job");
  CHECK(job.ask(Duplicate{"a"}, {.otherwise = "no", .timeout = 1ms}).get() == "no");
}
