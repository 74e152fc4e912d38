// Bytes: parsing event streams and WebSocket messages, masks, UTF-8.
#include <fanfare/wire/sse_encoder.hpp>
#include <fanfare/wire/sse_parser.hpp>
#include <fanfare/wire/utf8.hpp>
#include <fanfare/wire/websocket_frame.hpp>
#include <fanfare/wire/websocket_mask.hpp>
#include <fanfare/wire/websocket_reader.hpp>

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

namespace {

namespace wire = fanfare::wire;

const std::string payload =
    "{\"seq\":1000000,\"job\":\"build-42\",\"pad\":\"" + std::string(160, 'x') + "\"}";

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void sse_parse(benchmark::State& state) {
  std::string stream;
  for (int i = 0; i < 100; ++i) {
    (void)wire::append_sse_event(stream, {.id = "abcdefghijklm.1000000", .event = "tick", .data = payload});
  }
  wire::SseParser parser;
  int events = 0;
  for (auto _ : state) {
    std::string_view bytes = stream;
    while (parser.parse(bytes) == wire::SseStatus::event) ++events;
  }
  count_bytes(state, stream.size());
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
}
BENCHMARK(sse_parse);

/// As a server reads: masked.
void websocket_parse(benchmark::State& state) {
  std::string stream;
  for (int i = 0; i < 100; ++i) {
    wire::append_frame(stream, {.mask_key = wire::MaskKey{0x12, 0x34, 0x56, 0x78}}, payload);
  }
  wire::WebSocketReader reader(wire::WebSocketReaderOptions{});
  int messages = 0;
  for (auto _ : state) {
    std::string_view bytes = stream;
    while (reader.parse(bytes) == wire::WebSocketStatus::text) ++messages;
  }
  count_bytes(state, stream.size());
  state.counters["messages/s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
}
BENCHMARK(websocket_parse);

void mask(benchmark::State& state) {
  std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) {
    wire::apply_mask(bytes.data(), bytes.size(), {0x12, 0x34, 0x56, 0x78});
    benchmark::DoNotOptimize(bytes.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(mask)->Arg(16)->Arg(200)->Arg(65536)->ArgName("bytes");

void utf8(benchmark::State& state, std::string_view piece) {
  std::string text;
  while (text.size() < 4096) text += piece;
  for (auto _ : state) benchmark::DoNotOptimize(wire::is_valid_utf8(text));
  count_bytes(state, text.size());
}
BENCHMARK_CAPTURE(utf8, ascii, "progress: 42 percent of build-42. ");
BENCHMARK_CAPTURE(utf8, two_and_three_bytes, "\xC3\xBC\x62\x65r \xE2\x82\xAC und \xE4\xB8\xAD\xE6\x96\x87 ");

}  // namespace
