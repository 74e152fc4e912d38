// A task in a tight loop: almost all of its steps are throttled away.
#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>

#include <benchmark/benchmark.h>

namespace {

void task_advance(benchmark::State& state) {
  fanfare::Broker broker;
  fanfare::Job job(broker, "job");
  fanfare::Task task = job.task("copy", std::uint64_t(1) << 60);
  for (auto _ : state) task.advance();
  task.finish();
  job.finish();
}
BENCHMARK(task_advance);

}  // namespace
