// What a newcomer and one that returns cost: a snapshot, and the events that it missed.
#include "crowd.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using fanfare::detail::Replay;
using micro::Tick;

/// Attaches without a position: the snapshot is shared for 100 ms, so nearly all iterations find it made.
void attach_with_snapshot(benchmark::State& state) {
  micro::Crowd crowd;
  const auto topic = crowd.broker.topic("a", micro::LastTick{});
  topic.publish(Tick{});
  const auto selection = crowd.select("a");
  for (auto _ : state) {
    std::vector<fanfare::Event> first;
    benchmark::DoNotOptimize(Replay::attach(crowd.shard.core()->context(), selection, {}, first));
  }
}
BENCHMARK(attach_with_snapshot);

/// The snapshot itself: `exact` asks for one of now.
void snapshot(benchmark::State& state) {
  micro::Crowd crowd;
  const auto topic = crowd.broker.topic("a", micro::LastTick{});
  const auto selection = crowd.select("a");
  Tick tick;
  for (auto _ : state) {
    state.PauseTiming();
    ++tick.seq;
    topic.publish(tick);
    state.ResumeTiming();
    std::vector<fanfare::Event> first;
    benchmark::DoNotOptimize(
        Replay::attach(crowd.shard.core()->context(), selection, {.exact = true}, first));
  }
}
BENCHMARK(snapshot);

/// Resumes so many events back and reads them.
void attach_and_replay(benchmark::State& state) {
  const auto missed = static_cast<std::uint64_t>(state.range(0));
  micro::Crowd crowd({.max_history_events = 16'384, .max_history_bytes = 64u << 20});
  const auto topic = crowd.broker.topic("a");
  const std::string since = topic.publish(Tick{}).position.str();
  for (std::uint64_t i = 0; i < missed; ++i) topic.publish(Tick{});
  const auto selection = crowd.select("a");
  const auto& context = crowd.shard.core()->context();
  const std::uint64_t end = context.sequencer->committed();
  for (auto _ : state) {
    std::vector<fanfare::Event> events;
    Replay replay = Replay::attach(context, selection, {.candidates = {since}}, events);
    while (replay.read(context, end, false, {}, events)) events.clear();
    benchmark::DoNotOptimize(replay.at());
  }
  state.counters["events/s"] =
      benchmark::Counter(double(state.iterations()) * double(missed), benchmark::Counter::kIsRate);
}
BENCHMARK(attach_and_replay)->Arg(1)->Arg(1000)->Arg(10'000)->ArgName("missed");

}  // namespace
