#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>
#include <fanfare/progress/task_core.hpp>

#include "support/catch.hpp"

using fanfare::detail::Pace;
using fanfare::detail::Parts;
using fanfare::detail::TaskCore;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<TaskCore> make(fanfare::TaskOptions options, Pace pace = Pace(0, 100ms)) {
  auto task = std::make_shared<TaskCore>(nullptr, nullptr, options, pace);
  task->told(fanfare::SteadyTime(1h));
  task->open = true;
  task->armed = false;
  return task;
}

}  // namespace

TEST_CASE("task core: a value that slips in while the timer goes to rest keeps it", "[progress][task]") {
  const auto task = make({.total = 10});
  task->armed = true;
  CHECK_FALSE(task->stirred());
  task->current.fetch_add(1);  // by somebody who still saw it armed, and so told nobody
  CHECK_FALSE(task->rest());
  CHECK(task->armed.load());
  CHECK(task->stirred());
  CHECK_FALSE(task->stirred());
  CHECK(task->rest());
  CHECK_FALSE(task->armed.load());
}

TEST_CASE("task core: what is worth telling", "[progress][task]") {
  const auto task = make({.total = 100}, Pace(2, 100ms));
  CHECK_FALSE(task->worth_telling());
  task->current = 1;
  CHECK_FALSE(task->worth_telling());
  task->current = 2;
  CHECK(task->worth_telling());
  task->told(fanfare::SteadyTime(1h));
  CHECK_FALSE(task->worth_telling());
  CHECK(task->due == fanfare::SteadyTime(1h + 100ms));
  task->current = 1;
  CHECK_FALSE(task->worth_telling());
  task->current = 0;
  CHECK(task->worth_telling());
  task->current = 2;
  task->total = 3;
  CHECK(task->worth_telling());
  task->told(fanfare::SteadyTime(1h));
  task->current = 3;
  CHECK(task->worth_telling());
  task->current = 4;  // beyond the total: still news
  task->told(fanfare::SteadyTime(1h));
  CHECK_FALSE(task->worth_telling());
  task->message_is_new = true;
  CHECK(task->worth_telling());
}

TEST_CASE("task core: one that nobody looks at is armed for good", "[progress][task]") {
  const TaskCore task(nullptr, nullptr, {}, Pace(0, 0ms));
  CHECK(task.armed.load());
}

TEST_CASE("task core: parts are a weighted mean", "[progress][percent]") {
  Parts parts;
  CHECK(parts.fraction() == 0);
  parts.add(3);
  parts.add(1);
  parts.move(3, 0, 0.5);
  CHECK(parts.fraction() == 0.375);
  parts.move(3, 0.5, 0);
  parts.move(1, 0, 1);
  CHECK(parts.fraction() == 0.25);
  parts.move(1, 1, 9);  // whatever was added up: 0 to 1
  CHECK(parts.fraction() == 1);
}
