// Publishing, and delivering to many subscribers or on many topics, in memory.
#include "crowd.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using micro::Crowd;
using micro::Tick;

/// The publisher's part alone: subscribers are there, but nobody polls.
void publish(benchmark::State& state) {
  Crowd crowd;
  const auto count = static_cast<std::size_t>(state.range(0));
  const fanfare::Topic topic = crowd.broker.topic("a");
  crowd.reserve(count);
  const auto selection = crowd.select("a");
  for (std::size_t i = 0; i < count; ++i) crowd.subscribe(selection);
  crowd.settle();
  Tick tick;
  for (auto _ : state) {
    ++tick.seq;
    benchmark::DoNotOptimize(topic.publish(tick));
  }
}
BENCHMARK(publish)->Arg(0)->Arg(1000)->Arg(100'000)->ArgName("subscribers");

void one_topic(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Crowd crowd;
  const fanfare::Topic topic = crowd.broker.topic("a");
  crowd.reserve(count);
  const auto selection = crowd.select("a");
  const std::size_t before = micro::heap_bytes();
  for (std::size_t i = 0; i < count; ++i) crowd.subscribe(selection);
  crowd.settle();
  const double grown = double(micro::heap_bytes() - before) / double(count);
  Tick tick;
  topic.publish(tick);
  crowd.settle();
  for (auto _ : state) {
    ++tick.seq;
    topic.publish(tick);
    crowd.settle();
  }
  std::uint64_t delivered = 0;
  for (const auto& consumer : crowd.consumers) delivered += consumer.events;
  if (delivered != (tick.seq + 1) * count) state.SkipWithError("not every subscriber got every event");
  state.counters["deliveries/s"] =
      benchmark::Counter(double(state.iterations()) * double(count), benchmark::Counter::kIsRate);
  state.counters["bytes/subscriber"] = grown + double(sizeof(micro::Consumer));
}
BENCHMARK(one_topic)
    ->Arg(1000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->ArgName("subscribers")
    ->Unit(benchmark::kMillisecond);

/// One subscriber of each topic; each iteration publishes once to every topic.
void many_topics(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  Crowd crowd({.max_history_events = 4});
  std::vector<fanfare::Topic> topics;
  topics.reserve(count);
  crowd.reserve(count);
  const std::size_t before = micro::heap_bytes();
  for (std::size_t i = 0; i < count; ++i) topics.push_back(crowd.broker.topic("t" + std::to_string(i)));
  const std::size_t opened = micro::heap_bytes();
  for (const fanfare::Topic& topic : topics) crowd.subscribe(crowd.select(topic.name()));
  crowd.settle();
  const std::size_t subscribed = micro::heap_bytes();
  Tick tick;
  for (auto _ : state) {
    ++tick.seq;
    for (const fanfare::Topic& topic : topics) topic.publish(tick);
    crowd.settle();
  }
  std::uint64_t delivered = 0;
  for (const auto& consumer : crowd.consumers) delivered += consumer.events;
  if (delivered != tick.seq * count) state.SkipWithError("not every subscriber got every event");
  state.counters["deliveries/s"] =
      benchmark::Counter(double(state.iterations()) * double(count), benchmark::Counter::kIsRate);
  state.counters["bytes/topic"] = double(opened - before) / double(count);
  state.counters["bytes/subscription"] =
      double(subscribed - opened) / double(count) + double(sizeof(micro::Consumer));
}
BENCHMARK(many_topics)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(many_topics)->Arg(1'000'000)->Iterations(2)->Unit(benchmark::kMillisecond);

}  // namespace
