#include "../../examples/fanfare_watch/drawing.hpp"
#include "../../examples/fanfare_watch/figures.hpp"
#include "../../examples/support/plain_text.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using fanfare::JobStatus, fanfare::TaskState, fanfare::TaskStatus;
using Lines = std::vector<std::string>;

static TaskState task(std::string id, std::string label, std::uint64_t current, std::uint64_t total,
                      TaskStatus status = TaskStatus::running) {
  TaskState state;
  state.task = std::move(id), state.label = std::move(label), state.unit = "bytes";
  state.current = current, state.total = total, state.status = status;
  return state;
}

static WatchedTopic topic(double percent = 34.5) {
  WatchedTopic made{.name = "job_1", .vocabulary = Vocabulary::job, .has_progress = true};
  made.state.status = JobStatus::running;
  made.state.percent = percent;
  return made;
}

// Longer than a row.
static void check_fits(const Lines& lines, const Sheet& sheet) {
  CHECK(lines.size() <= sheet.rows);
  for (const std::string& line : lines) {
    const std::string text = examples::plain_text(line);
    INFO(text);
    CHECK(examples::columns_of(text) <= sheet.columns);
    if (!sheet.colour) CHECK(text == line);
  }
}

TEST_CASE("drawing: a job with its tasks, a message and a question", "[examples][watch]") {
  WatchedTopic job = topic();
  job.state.stage = "download";
  job.state.message = "2 files";
  job.state.eta = 72.4;
  job.state.tasks = {task("t1", "a.iso", 12'300'000, 27'000'000), task("t2", "b.iso", 900'000, 900'000, TaskStatus::complete),
                     task("t3", "c.iso", 0, 0), task("t4", "d.iso", 5, 10, TaskStatus::error)};
  job.state.tasks[0].rate = 1'200'000, job.state.tasks[0].eta = 12.25;
  job.state.tasks[3].message = "404";
  job.state.prompts = {{"p1", "duplicate", {"overwrite", "skip"}, "skip", fanfare::Json{R"({"path":"c.iso"})"}}};
  CHECK(draw({job}, "", {.columns = 80, .rows = 20}) ==
        Lines{"job_1  running  download",
              "[" + std::string(20, '#') + std::string(38, '-') + "]  34 %  1:13 left",
              "  2 files",
              R"(? duplicate p1 (overwrite, skip; else skip): {"path":"c.iso"})",
              "  a.iso [########----------]  45 %  0:13 left  12.3 of 27.0 MB  1.2 MB/s",
              "  b.iso [##################] 100 %  complete  900.0 kB",
              "  c.iso [------------------]   ?  ",
              "  d.iso [#########---------]  50 %  404"});
}

TEST_CASE("drawing: a long name leaves room for the word that says how it is", "[examples][watch]") {
  WatchedTopic job = topic();
  job.name = "a_name_that_is_long";
  CHECK(draw({job}, "", {.columns = 19, .rows = 2}) == Lines{"a_name_th~  running", " 34 %"});
  CHECK(draw({job}, "", {.columns = 14, .rows = 2}) == Lines{"a_name_that_i~", " 34 %"});
}

TEST_CASE("drawing: it fits whatever the size", "[examples][watch]") {
  WatchedTopic job = topic();
  job.name = "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E";
  job.state.stage = "\x1b[31mrendering\r\n";
  job.state.message = std::string(200, 'm');
  job.state.eta = 1e6;
  for (int i = 1; i <= 30; ++i) {
    const std::string id = "t" + std::to_string(i);
    job.state.tasks.push_back(task(id, "\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E" + std::string(static_cast<std::size_t>(i), 'x'), 1, 3));
    if (i > 1) job.state.tasks.back().parent = "t" + std::to_string(i - 1);
    job.state.tasks.back().rate = 1e15;
    job.state.tasks.back().eta = 1e9;
  }
  for (int i = 0; i < 10; ++i) job.state.prompts.push_back({"p", "ask", {"yes"}, "no", fanfare::Json{"1"}});
  for (std::size_t columns = 1; columns < 130; columns += columns < 40 ? 1 : 7) {
    for (const std::size_t rows : {1u, 2u, 5u, 10u, 24u, 100u}) {
      for (const bool rich : {false, true}) {
        const Sheet sheet{columns, rows, rich, rich};
        check_fits(draw({job}, "", sheet), sheet);
        check_fits(draw({job, topic(), topic(100)}, "no connection", sheet), sheet);
      }
    }
  }
  CHECK(draw({job}, "", {.columns = 0, .rows = 10}).empty());
  CHECK(draw({job}, "", {.columns = 10, .rows = 0}).empty());
}

TEST_CASE("drawing: what runs comes before what has ended", "[examples][watch]") {
  WatchedTopic job = topic();
  for (int i = 1; i <= 100; ++i) {
    const TaskStatus status = i == 50 ? TaskStatus::running : i == 20 ? TaskStatus::error : TaskStatus::complete;
    job.state.tasks.push_back(task("t" + std::to_string(i), "task " + std::to_string(i), 1, 2, status));
  }
  const Lines lines = draw({job}, "", {.columns = 80, .rows = 7});
  REQUIRE(lines.size() == 7);
  CHECK(lines[2].starts_with("  task 20 "));
  CHECK(lines[3].starts_with("  task 50 "));
  CHECK(lines[4].starts_with("  task 99 "));
  CHECK(lines[5].starts_with("  task 100"));
  CHECK(lines[6] == "  and 96 more: 96 complete");
}

TEST_CASE("drawing: of many topics each has a line", "[examples][watch]") {
  std::vector<WatchedTopic> topics(30, topic(50));
  const Lines lines = draw(topics, "no connection", {.columns = 60, .rows = 10});
  REQUIRE(lines.size() == 10);
  CHECK(lines[0] == "no connection");
  CHECK(lines[1].starts_with("job_1 "));
  CHECK(lines[1].find("[#########---------]  50 %") != std::string::npos);
  CHECK(lines[9] == "and 22 more topics");
}

TEST_CASE("drawing: bars and colours", "[examples][watch]") {
  // An eighth of a block is the finest step; a bar that is not at its end is not full.
  const Lines lines = draw({topic(49.9)}, "", {.columns = 70, .rows = 5, .blocks = true});
  CHECK(lines.at(1).find("\xE2\x96\x88\xE2\x96\x89\xE2\x96\x91") != std::string::npos);
  CHECK(draw({topic(99.9)}, "", {.columns = 32, .rows = 5}).at(1) == "[#########-]  99 %");
  CHECK(draw({topic(100)}, "", {.columns = 32, .rows = 5}).at(1) == "[##########] 100 %");

  WatchedTopic job = topic();
  job.state.status = JobStatus::error;
  job.state.error = "it broke";
  const Lines coloured = draw({job}, "", {.columns = 40, .rows = 5, .colour = true});
  CHECK(coloured.at(2) == "  \x1b[31mit broke\x1b[0m");
}

TEST_CASE("drawing: figures", "[examples][watch]") {
  CHECK(amount(999, "bytes") == "999 B");
  CHECK(amount(999'999, "bytes") == "1.0 MB");
  CHECK(amount(12, "frames") == "12 frames");
  CHECK(amount_of(12'300'000, 27'000'000, "bytes") == "12.3 of 27.0 MB");
  CHECK(amount_of(1, 3, "") == "1 of 3");
  CHECK(rate(2.5, "frames") == "2.5 frames/s");
  CHECK(rate(1'200'000, "bytes") == "1.2 MB/s");
  CHECK(rate(std::numeric_limits<double>::infinity(), "bytes") == "");
  CHECK(duration(0) == "0:00");
  CHECK(duration(59.1) == "1:00");
  CHECK(duration(3725) == "1:02:05");
  CHECK(duration(183'600) == "2 d 3 h");
  CHECK(duration(-1) == "");
  CHECK(duration(std::numeric_limits<double>::quiet_NaN()) == "");
  CHECK(percent(99.99) == " 99 %");
  CHECK(percent(100) == "100 %");
  CHECK(percent(std::numeric_limits<double>::quiet_NaN()) == "  0 %");
}

TEST_CASE("drawing: one line for those without a terminal", "[examples][watch]") {
  WatchedTopic job = topic();
  job.state.stage = "render";
  job.state.eta = 12;
  CHECK(summary(job) == "job_1: running 34 %, render, 0:12 left");
}
