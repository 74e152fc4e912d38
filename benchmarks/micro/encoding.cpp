// One event turned into each format's bytes. This happens once per event and format, whoever watches.
#include "crowd.hpp"

#include <fanfare/transport/compression.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/transport/websocket_format.hpp>

#include <benchmark/benchmark.h>

#include <string>

namespace {

using fanfare::detail::SseFormat;
using fanfare::detail::WebSocketFormat;

fanfare::Event some_event() {
  fanfare::Broker broker;
  const fanfare::Topic topic = broker.topic("jobs/build-42");
  fanfare::Subscription subscription = broker.subscribe({.topics = {"jobs/build-42"}});
  subscription.take();
  topic.publish(micro::Tick{.seq = 1'000'000, .ts = 1'000'000'000'000});
  return subscription.take().back();
}

void encode(benchmark::State& state, const fanfare::Format& format) {
  const fanfare::Event event = some_event();
  std::string out;
  for (auto _ : state) {
    out.clear();
    format.encode(event, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = double(out.size());
}
BENCHMARK_CAPTURE(encode, sse, SseFormat::of({}));
BENCHMARK_CAPTURE(encode, sse_unnamed, SseFormat::of({.named = false}));
BENCHMARK_CAPTURE(encode, sse_envelope, SseFormat::of({.envelope = true}));
BENCHMARK_CAPTURE(encode, websocket_plain, WebSocketFormat::of({}));
BENCHMARK_CAPTURE(encode, websocket_envelope, WebSocketFormat::of({.envelope = true}));
#if FANFARE_WITH_ZLIB
BENCHMARK_CAPTURE(encode, sse_gzip,
                  fanfare::detail::CompressedFormat::around(SseFormat::of({}),
                                                            fanfare::detail::Coding::gzip));
BENCHMARK_CAPTURE(encode, websocket_deflate,
                  WebSocketFormat::of({.compressed = true, .min_compressed_bytes = 0}));
#endif

}  // namespace
