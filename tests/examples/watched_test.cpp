#include "../../examples/fanfare_watch/saved.hpp"
#include "../../examples/fanfare_watch/teller.hpp"
#include "../../examples/fanfare_watch/watched.hpp"
#include "support/catch.hpp"

#include <fanfare/core/describe.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using fanfare::JobStatus;
using Kind = News::Kind;

static const fanfare::SteadyTime start{std::chrono::hours(1)};

static constexpr const char* snapshot =
    R"({"job":"job_1","status":"running","percent":10,"message":"","stage":"","error":"","eta":null,)"
    R"("tasks":[{"task":"t1","parent":"","label":"a.iso","unit":"bytes","weight":1,"current":1,"total":10,)"
    R"("rate":null,"eta":null,"status":"running","message":""}],"prompts":[],)"
    R"("log":[{"level":"info","message":"begun","time":1000}]})";

static std::vector<Kind> kinds(const std::vector<News>& news) {
  std::vector<Kind> result;
  for (const News& item : news) result.push_back(item.kind);
  return result;
}

TEST_CASE("watched: a job, from its snapshot to its end", "[examples][watch]") {
  Watched watched("jobs");
  const auto apply = [&](const char* type, const char* json) { return watched.apply("", type, json, start); };
  CHECK(kinds(apply("snapshot", snapshot)) == std::vector{Kind::log, Kind::status});
  REQUIRE(watched.topics().size() == 1);
  const WatchedTopic& job = watched.topics().front();
  CHECK(job.name == "jobs");
  CHECK(job.vocabulary == Vocabulary::job);
  CHECK(kinds(apply("progress", R"({"task":"t1","current":5,"total":10,"rate":1,"eta":5,"message":"","percent":50})")) ==
        std::vector{Kind::progress});
  CHECK(job.state.percent == 50);
  CHECK(job.state.tasks.at(0).current == 5);
  CHECK(apply("log", R"({"level":"error","message":"\u001b[2Jhm","time":2000})").at(0).text == "hm");
  CHECK(apply("duplicate", R"({"prompt":"p1","question":{"path":"a"},"choices":["x","y"],"otherwise":"y"})").at(0).kind ==
        Kind::question);
  CHECK(apply("duplicate-resolved", R"({"prompt":"p1","answer":"x","by":"watcher"})").at(0).text == "question p1: x (answered)");
  CHECK(apply("finish", R"({"task":"t1","current":10,"total":10,"status":"complete","message":"ok","percent":100})").at(0).text ==
        "a.iso: complete, ok");
  CHECK_FALSE(watched.all_ended());
  CHECK(apply("done", R"({"status":"error","message":"no","percent":100})").at(0).text == "failed: no");
  CHECK(watched.all_ended());
  CHECK(watched.any_failed());

  // Again after a reset: of the log only what is new.
  CHECK(apply("reset", R"({"reason":"unknown_position"})").empty());
  const auto again = apply("snapshot", snapshot);
  CHECK(again.at(0).kind != Kind::log);
  CHECK_FALSE(watched.all_ended());
}

TEST_CASE("watched: another vocabulary with the usual names", "[examples][watch]") {
  Watched watched("v1");
  const auto apply = [&](const char* type, const char* json) { return watched.apply("v1", type, json, start); };
  apply("status", R"({"job_id":"v1","status":"pending","stage":"queued","progress":5,"message":"waits"})");
  const WatchedTopic& video = watched.topics().front();
  CHECK(video.vocabulary == Vocabulary::other);
  CHECK(video.state.status == JobStatus::queued);
  CHECK(video.state.percent == 5);
  apply("progress", R"({"job_id":"v1","stage":"transcode","progress":40.5,"message":"480p",)"
                    R"("details":{"tasks":[{"task":"t1","label":"480p","unit":"seconds","current":4,"total":10}]}})");
  CHECK(video.state.status == JobStatus::running);
  CHECK(video.state.percent == Approx(40.5));
  CHECK(video.state.stage == "transcode");
  REQUIRE(video.state.tasks.size() == 1);
  CHECK(video.state.tasks[0].label == "480p");

  SECTION("that ends well") {
    CHECK(kinds(apply("complete", R"({"job_id":"v1","progress":100})")) == std::vector{Kind::end});
    CHECK(video.state.tasks[0].status == fanfare::TaskStatus::complete);
    CHECK_FALSE(watched.any_failed());
  }
  SECTION("that fails") {
    CHECK(apply("error", R"({"job_id":"v1","stage":"transcode","message":"no codec"})").at(0).text ==
          "failed, transcode: no codec");
    CHECK(watched.any_failed());
  }
  CHECK(watched.all_ended());
}

TEST_CASE("watched: anything else is shown as it is", "[examples][watch]") {
  Watched watched("hub");
  CHECK(watched.apply("", "system", R"({"level":3,"text":"hello"})", start).at(0).text == R"(system {"level":3,"text":"hello"})");
  CHECK_FALSE(watched.topics().front().has_progress);
  CHECK(watched.apply("", "summary", R"({"progress":3,"total":12})", start).at(0).kind == Kind::status);
  CHECK(watched.topics().front().state.percent == Approx(25));
  CHECK(watched.apply("", "x", "{broken", start).empty());
  CHECK(watched.apply("", "list", "[1,2]", start).at(0).kind == Kind::event);
  for (const char* json : {R"({"progress":1e308,"total":-1})", R"({"percent":-5})", R"({"tasks":[1]})", "null", "5"}) {
    watched.apply("", "odd", json, start);
    CHECK(watched.topics().front().state.percent <= 100);
    CHECK(watched.topics().front().state.percent >= 0);
  }
  for (int i = 0; i < 2000; ++i) watched.apply("topic" + std::to_string(i), "a", "1", start);
  CHECK(watched.topics().size() == Watched::max_topics);
}

TEST_CASE("teller: lines for those without a terminal", "[examples][watch]") {
  Watched watched("job_1");
  Teller plain(false), beside_bars(true);
  const auto apply = [&](Teller& teller, const char* type, const std::string& json, int seconds) {
    const auto news = watched.apply("", type, json, start);
    return teller.lines(watched.topics().front(), news, false, start + std::chrono::seconds(seconds));
  };
  const auto progress = [](int percent) {
    return R"({"task":"t1","current":1,"total":10,"rate":null,"eta":null,"message":"","percent":)" + std::to_string(percent) + "}";
  };
  CHECK(apply(plain, "snapshot", snapshot, 0) == std::vector<std::string>{"begun", "job_1: running 10 %"});
  CHECK(apply(plain, "progress", progress(15), 1).empty());
  CHECK(apply(plain, "progress", progress(21), 1).size() == 1);
  CHECK(apply(plain, "progress", progress(22), 2).empty());
  CHECK(apply(plain, "progress", progress(22), 12).size() == 1);  // late enough, and it has moved
  CHECK(apply(plain, "progress", progress(22), 60).empty());
  CHECK(apply(beside_bars, "progress", progress(90), 60).empty());
  CHECK(apply(beside_bars, "log", R"({"level":"warning","message":"hm","time":5000})", 60) ==
        std::vector<std::string>{"warning: hm"});
}

TEST_CASE("saved: a position with the state that belongs to it", "[examples][watch]") {
  const std::string path = "fanfare_saved_test." + std::to_string(::getpid());
  CHECK_FALSE(load(path));
  Watched watched("job_1");
  watched.apply("", "snapshot", snapshot, start);
  save(path, {"http://a/b", "epoch.12", watched.topics()});
  save(path, {"http://a/b", "epoch.13", watched.topics()});  // replaces it
  const auto saved = load(path);
  REQUIRE(saved);
  CHECK(saved->url == "http://a/b");
  CHECK(saved->position == "epoch.13");
  REQUIRE(saved->topics.size() == 1);
  CHECK(saved->topics[0].vocabulary == Vocabulary::job);
  CHECK(fanfare::to_json(saved->topics[0].state) == fanfare::to_json(watched.topics()[0].state));
  for (const char* text : {"{}", "[", "hello", R"({"fanfare_watch":"9"})"}) {
    std::ofstream(path) << text;
    CHECK_THROWS(load(path));
  }
  std::ofstream(path).flush();
  CHECK_FALSE(load(path));  // empty, as mktemp makes it
  std::remove(path.c_str());
  CHECK_THROWS(save("/nonexistent/folder/file", {}));
}
