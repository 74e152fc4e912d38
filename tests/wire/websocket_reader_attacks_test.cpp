#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_reader.hpp>

#include "support/catch.hpp"
#include "support/costs.hpp"
#include "support/websocket.hpp"

#include <cstdint>
#include <random>
#include <string>

using namespace fanfare::wire;
using fanfare::Error;

namespace {

std::string from_client(unsigned first_byte, std::string_view payload = {}) {
  return rfc6455::frame(first_byte, payload, true);
}

// What the reader keeps allocated; the events are dropped.
struct Run {
  std::uint64_t events = 0, allocations = 0;
  std::int64_t most_held = 0;
  WebSocketStatus last = WebSocketStatus::need_more;
};

Run feed(WebSocketReader& reader, std::string_view text, std::size_t piece_size) {
  Run run;
  const costs::Counts before = costs::so_far();
  while (!text.empty() && run.last != WebSocketStatus::failed) {
    std::string_view piece = text.substr(0, piece_size);
    text.remove_prefix(piece.size());
    while ((run.last = reader.parse(piece)) != WebSocketStatus::need_more &&
           run.last != WebSocketStatus::failed) {
      ++run.events;
    }
    run.most_held = std::max(run.most_held, (costs::so_far() - before).held);
  }
  run.allocations = (costs::so_far() - before).allocations;
  return run;
}

// A stream as a client may send it: messages in random fragments, control frames between them.
std::string random_stream(std::mt19937& random, bool masked) {
  std::string out;
  const auto key = [&random] {
    rfc6455::Key bytes;
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random());
    return bytes;
  };
  const auto maybe_control = [&] {
    if (random() % 3 == 0) {
      out += rfc6455::frame(random() % 2 == 0 ? 0x89 : 0x8A, std::string(random() % 20, 'c'), masked, key());
    }
  };
  for (auto messages = random() % 5; messages != 0; --messages) {
    const bool text = random() % 2 == 0;
    std::string payload;
    for (auto n = random() % 60; n != 0; --n) {
      payload +=
          text ? (random() % 2 == 0 ? "a" : "\xF0\x9F\x98\x80") : std::string(1, static_cast<char>(random()));
    }
    if (random() % 8 == 0) payload.append(200, 'x');
    unsigned opcode = text ? 1 : 2;
    maybe_control();
    while (random() % 4 != 0) {
      const std::size_t size = random() % (payload.size() + 1);
      out += rfc6455::frame(opcode, payload.substr(0, size), masked, key());
      payload.erase(0, size);
      opcode = 0;
      maybe_control();
    }
    out += rfc6455::frame(0x80 | opcode, payload, masked, key());
  }
  if (random() % 4 == 0) out += rfc6455::frame(0x88, random() % 2 == 0 ? "" : "\x03\xE8 bye", masked, key());
  return out;
}

}  // namespace

TEST_CASE("websocket reader: a declared length of up to 2^63 allocates nothing", "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.max_message_bytes = SIZE_MAX;
  for (unsigned bits = 7; bits < 63; ++bits) {
    for (const unsigned first : {0x82u, 0x02u}) {
      WebSocketReader reader(options);
      const std::string frame = rfc6455::header(first, std::uint64_t{1} << bits, true);
      const Run run = feed(reader, frame, 3);
      CHECK(run.last == WebSocketStatus::need_more);
      CHECK(run.allocations == 0);
    }
  }
  WebSocketReader reader(options);
  const Run run = feed(reader, rfc6455::header(0x82, std::uint64_t{1} << 63, true), 100);
  CHECK(run.last == WebSocketStatus::failed);
  CHECK(reader.failure().error == Error::invalid_length);
  CHECK(run.allocations == 0);
  // Some bytes of a huge message take what they are, not what was announced.
  WebSocketReader other(options);
  CHECK(feed(other, rfc6455::header(0x82, std::uint64_t{1} << 62, true) + std::string(100, 'x'), 10)
            .allocations < 5);
}

TEST_CASE("websocket reader: 100000 pings in a row grow no memory", "[wire][websocket]") {
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += from_client(0x89, std::string(static_cast<std::size_t>(i % 126), 'p'));
  WebSocketReader reader;
  const Run run = feed(reader, text, 4096);
  CHECK(run.events == 100000);
  CHECK(run.most_held <= 1);
  CHECK(feed(reader, rfc6455::header(0x89, 10, true).substr(0, 1), 1).last == WebSocketStatus::need_more);
}

TEST_CASE("websocket reader: one-byte fragments take the memory of their bytes", "[wire][websocket]") {
  // ws, CVE-2026-48779
  std::string text = from_client(0x01, "x");
  for (int i = 0; i < 100000; ++i) text += from_client(0x00, "x");
  WebSocketReader reader;
  const Run run = feed(reader, text, 65536);
  CHECK(run.last == WebSocketStatus::need_more);
  CHECK(run.most_held == 1);
  CHECK(run.allocations < 40);
  CHECK(feed(reader, from_client(0x80), 100).events == 1);
}

TEST_CASE("websocket reader: fragments are counted, empty ones too", "[wire][websocket]") {
  WebSocketReaderOptions options;
  options.max_fragments = 3;
  const std::string two = from_client(0x01) + from_client(0x89) + from_client(0x00, "a");
  // Each message has its own count.
  const auto read = [&options](const std::string& text) {
    return support::read_websocket(text, options, 1, 1);
  };
  CHECK(read(two + from_client(0x80) + two + from_client(0x80)).events.size() == 4);
  const support::WebSocketReading out = read(two + from_client(0x00) + from_client(0x00));
  CHECK(out.failure.error == Error::too_long);
  CHECK(out.failure.code == CloseCode::policy_violation);
  WebSocketReader reader;  // by default there is a limit as well
  std::string text = from_client(0x01);
  for (int i = 0; i < 150000; ++i) text += from_client(0x00);
  CHECK(feed(reader, text, 1 << 20).last == WebSocketStatus::failed);
}

TEST_CASE("websocket reader: a connection that waits owns no memory", "[wire][websocket]") {
  const costs::Counts before = costs::so_far();
  WebSocketReader reader;
  const std::string text = from_client(0x82, std::string(500000, 'x')) +
                           from_client(0x89, std::string(120, 'p')) + from_client(0x8A);
  const std::int64_t input = (costs::so_far() - before).held;
  CHECK(feed(reader, text, 10000).events == 3);
  CHECK((costs::so_far() - before).held == input);
}

TEST_CASE("websocket reader: random messages in random fragments read as the standard says",
          "[wire][websocket]") {
  for (std::uint32_t seed = 1; seed <= 1500; ++seed) {
    std::mt19937 random(seed);
    WebSocketReaderOptions options;
    options.role = seed % 2 == 0 ? WebSocketRole::server : WebSocketRole::client;
    const bool masked = options.role == WebSocketRole::server;
    const std::string text = random_stream(random, masked);
    const rfc6455::Reading expected = rfc6455::read(text, {.server = masked});
    for (const std::size_t piece : {text.size() + 1, std::size_t{1}, std::size_t{1 + random() % 20}}) {
      const support::WebSocketReading out = support::read_websocket(text, options, piece, piece);
      if (!out.kept_promises || out.events != expected.events || out.code() != expected.failure) {
        FAIL("seed " << seed << ", pieces of " << piece);
      }
    }
  }
}

TEST_CASE("websocket reader: streams with a changed, a missing or another byte fail as the standard says",
          "[wire][websocket]") {
  for (std::uint32_t seed = 1; seed <= 6000; ++seed) {
    std::mt19937 random(seed);
    WebSocketReaderOptions options;
    options.role = seed % 2 == 0 ? WebSocketRole::server : WebSocketRole::client;
    options.max_message_bytes = seed % 5 == 0 ? 50 : 1 << 20;
    options.max_fragments = seed % 7 == 0 ? 2 : 1 << 17;
    options.accept_binary = seed % 3 != 0;
    const bool masked = options.role == WebSocketRole::server;
    std::string text = random_stream(random, masked);
    for (auto changes = random() % 4; changes != 0 && !text.empty(); --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text[at] = static_cast<char>(text[at] ^ 1 << random() % 8); break;
        case 2: text.erase(at, 1 + random() % 3); break;
        default: text.insert(at, 1 + random() % 3, static_cast<char>(random()));
      }
    }
    const rfc6455::Reading expected = rfc6455::read(
        text, {masked, options.max_message_bytes, options.max_fragments, options.accept_binary});
    for (const std::size_t piece : {text.size() + 1, std::size_t{1}, std::size_t{1 + random() % 20}}) {
      const support::WebSocketReading out = support::read_websocket(text, options, piece, piece);
      if (!out.kept_promises || out.events != expected.events || out.code() != expected.failure) {
        FAIL("seed " << seed << ", pieces of " << piece << ": " << out.failure.reason);
      }
    }
  }
}
