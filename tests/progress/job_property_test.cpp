// Random lives of a job, seen by several watchers. Whatever happens, three pictures of it are one: the
// publisher's state, what a newcomer decodes from the snapshot, and what a watcher makes of the events.

#include "progress/watching.hpp"
#include "support/catch.hpp"

#include <optional>
#include <random>
#include <stdexcept>
#include <utility>

using namespace fanfare;

namespace {

class Life {
 public:
  explicit Life(std::uint32_t seed) : random_(seed) {
    JobOptions options;
    if (chance(3)) options.stages = {{"a", 0, 30}, {"b", 30, 90}, {"c", 95}};
    if (chance(2)) options.min_step = below(10);
    options.min_interval = std::chrono::milliseconds(below(3) * 100);
    options.max_tasks = 3 + below(20);
    options.max_open_prompts = 4;
    job_.emplace(world_.broker, "job", std::move(options));
    attentive_ = world_.watch("job");
    lazy_ = world_.watch("job");
  }

  void run() {
    for (int step = 0; step < 300; ++step) {
      act();
      follow();
      if (chance(10)) check_own();
      if (chance(20)) check_newcomer();
    }
    check_own();
    end();
    follow();
    check_newcomer();
    check_lazy();
    check_order();
  }

 private:
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(random_() % bound); }
  bool chance(std::uint32_t one_in) { return below(one_in) == 0; }
  std::string text() {
    static const char* const texts[] = {
        "", "plain", "\"quoted\"\\", "line\nbreak", "\xC3\xA4\xC3\xB6", "bad \xFF\xC3", "\x01"};
    return chance(300) ? std::string(5000, 'x') + "\xC3\xA4" : texts[below(7)];
  }
  Task* some_task() {
    return tasks_.empty() ? nullptr : &tasks_[below(static_cast<std::uint32_t>(tasks_.size()))];
  }

  void act() {
    switch (below(16)) {
      case 0: return world_.clock.advance(std::chrono::milliseconds(below(400)));
      case 1: return job_->message(text());
      case 2: return job_->log(static_cast<Level>(below(4)), text());
      case 3: return job_->stage(std::string(1, static_cast<char>('a' + below(4))), below(12) / 10.0);
      case 4: return ask();
      case 5: return (void)world_.broker.answer("job", "p" + std::to_string(below(12)), text());
      case 6: return (void)job_->publish({"mine", Json{R"({"prompt":"p1"})"}});
      case 7: return add_task();
      case 8:
        if (chance(40)) (void)world_.broker.cancel("job");
        return world_.clock.advance(1s);
      default:
        if (Task* task = some_task()) change(*task);
    }
  }

  void ask() {
    AskOptions options;
    options.otherwise = text();
    if (chance(2)) options.choices = {"a", text()};
    if (chance(2)) options.timeout = std::chrono::milliseconds(below(3000));
    job_->ask({"question", Json{chance(2) ? R"({"a": [1, "x"]})" : "{\n\"b\":2}"}}, std::move(options));
  }

  void add_task() {
    TaskOptions options;
    options.unit = text();
    options.total = below(2) * below(1000);
    options.current = below(5);
    options.weight = below(4);
    Task* parent = chance(3) ? some_task() : nullptr;
    tasks_.push_back(parent ? parent->task(text(), std::move(options))
                            : job_->task(text(), std::move(options)));
  }

  void change(Task& task) {
    switch (below(10)) {
      case 0: return task.message(text());
      case 1: return task.set_total(below(1000));
      case 2: return task.set_current(below(1000));
      case 3:
        if (chance(4)) task.finish(text());
        return;
      case 4:
        if (chance(4)) task.fail(text());
        return;
      case 5:
        if (chance(4)) tasks_.erase(tasks_.begin() + (&task - tasks_.data()));
        return;
      default: task.advance(below(50));
    }
  }

  void end() {
    switch (below(4)) {
      case 0: job_->finish(text()); return check_own();
      case 1: job_->fail(text()); return check_own();
      case 2: return job_.reset();
      default:
        try {
          const Job last = *std::exchange(job_, std::nullopt);
          throw std::runtime_error("no");
        } catch (const std::runtime_error&) {
        }
    }
  }

  void follow() {
    for (const Event& event : attentive_.take()) {
      INFO("event " << event.type() << ' ' << event.json());
      CHECK(copy_.apply(event) == (event.type() != "mine"));
      check_event(event);
    }
  }

  void check_own() {
    follow();
    same(copy_, job_->state());
  }
  void check_newcomer() {
    const auto events = world_.watch("job").take();
    JobState newcomer;
    for (const Event& event : events) newcomer.apply(event);
    newcomer.eta = copy_.eta;  // a snapshot may be up to 100 ms old, and what follows it counts from there
    same(newcomer, copy_);
  }

  /// Who reads only at the end was spared what was superseded, and knows the same but for the ETA's past.
  void check_lazy() {
    JobState lazy;
    for (const Event& event : lazy_.take()) lazy.apply(event);
    lazy.eta = copy_.eta;
    same(lazy, copy_);
  }

  /// Member by member, so that a failure can be read.
  static void same(const JobState& a, const JobState& b) {
    CHECK(to_json(a.tasks) == to_json(b.tasks));
    CHECK(to_json(a.prompts) == to_json(b.prompts));
    CHECK(to_json(a.eta) == to_json(b.eta));
    CHECK(a.percent == b.percent);
    if (to_json(a) != to_json(b)) FAIL_CHECK("they differ in the head or the log");
  }

  void check_event(const Event& event) {
    if (event.type() == "progress") {
      const auto progress = event.as<TaskProgressed>().value();
      CHECK((progress.percent >= 0 && progress.percent <= 100));
      CHECK((!progress.rate || *progress.rate >= 0));
      CHECK((!progress.eta || *progress.eta >= 0));
      CHECK(copy_.task(progress.task));
      CHECK(std::find(finished_.begin(), finished_.end(), progress.task) == finished_.end());
    } else if (event.type() == "finish") {
      finished_.push_back(event.as<TaskFinished>().value().task);
    } else if (event.type() == "done") {
      ++done_;
    }
    ended_last_ = event.type() == "done";
  }

  void check_order() {
    CHECK(done_ == 1);
    CHECK(ended_last_);
    CHECK(attentive_.ended());
    CHECK(copy_.ended());
    CHECK(copy_.prompts.empty());
    for (const auto& task : copy_.tasks) CHECK(task.status != TaskStatus::running);
    std::sort(finished_.begin(), finished_.end());
    CHECK(std::adjacent_find(finished_.begin(), finished_.end()) == finished_.end());
  }

  std::mt19937 random_;
  World world_;
  std::optional<Job> job_;
  std::vector<Task> tasks_;
  Subscription attentive_, lazy_;
  JobState copy_;
  std::vector<std::string> finished_;
  int done_ = 0;
  bool ended_last_ = false;
};

}  // namespace

TEST_CASE("job: whatever happens, its state, its snapshot and its events say the same",
          "[progress][property]") {
  const std::uint32_t first = std::random_device()();
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::uint32_t seed = first + i;
    INFO("seed " << seed);
    Life(seed).run();
  }
}
