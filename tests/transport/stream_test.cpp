#include <fanfare/core/broker.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/sse.hpp>
#include <fanfare/transport/stream.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::Admission;
using fanfare::Broker;
using fanfare::http1;
using fanfare::Request;
using fanfare::sse;
using fanfare::Stream;
using vocabulary::Note;
using vocabulary::plain;
using namespace std::chrono_literals;

namespace {

Admission to(std::string topic) {
  Admission admission;
  admission.topics = {std::move(topic)};
  return admission;
}
/// The types of the events in the bytes: "snapshot note done".
std::string types(std::string_view bytes) {
  std::string all;
  for (auto at = bytes.find("event: "); at != bytes.npos; at = bytes.find("event: ", at + 7)) {
    if (!all.empty()) all += ' ';
    all += bytes.substr(at + 7, bytes.find('\n', at) - at - 7);
  }
  return all;
}

}  // namespace

TEST_CASE("stream: the head is known at once, the state comes first", "[transport][stream]") {
  Broker broker;
  const auto topic = broker.topic("a", vocabulary::Tally{});
  Stream stream(broker, sse(), {}, to("a"));
  REQUIRE(stream.head());
  CHECK(stream.head()->status == 200);
  CHECK(stream.wait_head().content_type == "text/event-stream; charset=utf-8");
  CHECK(types(stream.take()) == "snapshot");
  CHECK(stream.take().empty());
  CHECK_FALSE(stream.ended());
  REQUIRE(topic.publish(Note{1}));
  REQUIRE(topic.publish(Note{2}));
  CHECK(types(stream.take()) == "note note");
}

TEST_CASE("stream: with http1 the bytes begin with the head and end with the last chunk", "[transport][stream]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Stream stream(broker, http1(sse({.retry = 9ms})), {}, to("a"));
  const std::string opening(stream.take());
  CHECK(opening.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(opening.ends_with("a\r\nretry: 9\n\n\r\n"));
  REQUIRE(topic.finish(plain("done")));
  const std::string rest(stream.take());
  CHECK(types(rest) == "done");
  CHECK(rest.ends_with("\r\n0\r\n\r\n"));
  CHECK(stream.ended());
  CHECK(stream.take().empty());
}

TEST_CASE("stream: a refusal is over at once", "[transport][stream]") {
  Broker broker;
  Stream bare(broker, sse(), {}, Admission::refuse(401, "sign in first"));
  CHECK(bare.wait_head().status == 401);
  CHECK(bare.wait_head().body == R"({"error":"sign in first"})");
  CHECK(bare.ended());
  CHECK(bare.wait().empty());

  Stream raw(broker, http1(sse()), {}, to("missing"));
  CHECK(raw.head()->status == 404);
  CHECK_FALSE(raw.ended());  // the answer waits to be taken
  const std::string answer(raw.wait());
  CHECK(answer.starts_with("HTTP/1.1 404 Not Found\r\n"));
  CHECK(answer.ends_with(R"({"error":"no topic 'missing'"})"));
  CHECK(raw.ended());
  CHECK(raw.wait().empty());
}

TEST_CASE("stream: nothing acceptable over http1 is a whole 406", "[transport][stream]") {
  Broker broker;
  (void)broker.topic("a");
  Request request;
  request.add_field("Accept", "image/png");
  Stream stream(broker, http1(sse()), request, to("a"));
  CHECK(stream.take().starts_with("HTTP/1.1 406 Not Acceptable\r\n"));
  CHECK(stream.ended());
}

TEST_CASE("stream: it beats after the interval without other bytes", "[transport][stream]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  Stream stream(broker, sse(), {}, to("a"));
  clock.advance(14s);
  CHECK(stream.take().empty());
  REQUIRE(topic.publish(plain("e")));
  CHECK(types(stream.take()) == "e");
  clock.advance(14s);
  CHECK(stream.take().empty());
  clock.advance(1s);
  CHECK(stream.take() == ": heartbeat\n\n");
  CHECK(stream.take().empty());
  clock.advance(15s);
  REQUIRE(topic.publish(plain("e")));
  CHECK(types(stream.take()) == "e");  // a sign of life itself
  CHECK(stream.take().empty());
}

TEST_CASE("stream: a visible heartbeat carries the position of what was taken", "[transport][stream]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  Stream stream(broker, sse({.heartbeat = 5s, .heartbeat_event = "ping"}), {}, to("a"));
  const auto at = topic.publish(plain("e")).position;
  (void)stream.take();
  clock.advance(5s);
  CHECK(stream.take() == "id: " + at.str() + "\nevent: ping\ndata: {\"id\":\"" + at.str() + "\"}\n\n");
}

TEST_CASE("stream: it ends when its admission expires", "[transport][stream]") {
  fanfare::ManualClock clock;
  Broker broker({.clock = &clock});
  const auto topic = broker.topic("a");
  auto admission = to("a");
  admission.expires = clock.wall() + 10s;
  Stream stream(broker, http1(sse()), {}, admission);
  (void)stream.take();
  clock.advance(10s);
  CHECK(stream.take() == "0\r\n\r\n");
  CHECK(stream.ended());
  REQUIRE(topic.publish(plain("e")));
  CHECK(stream.take().empty());
}

TEST_CASE("stream: it ends when its audience is revoked or the broker closes", "[transport][stream]") {
  Broker broker;
  (void)broker.topic("a");
  auto admission = to("a");
  admission.audience = {"user:7"};
  Stream seven(broker, http1(sse()), {}, admission);
  Stream other(broker, http1(sse()), {}, to("a"));
  (void)seven.take(), (void)other.take();
  broker.revoke("user:8");
  CHECK(seven.take().empty());
  broker.revoke("user:7");
  CHECK(seven.take() == "0\r\n\r\n");
  CHECK(other.take().empty());
  broker.close();
  CHECK(other.take() == "0\r\n\r\n");
  CHECK(other.ended());
}

TEST_CASE("stream: it may outlive its broker", "[transport][stream]") {
  std::optional<Stream> stream;
  {
    Broker broker;
    (void)broker.topic("a", vocabulary::Tally{});
    stream.emplace(broker, sse(), Request{}, to("a"));
  }
  CHECK(stream->wait().empty());
  CHECK(stream->ended());
}

TEST_CASE("stream: moving takes it along, and ends the one that was there", "[transport][stream]") {
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b");
  Stream stream(broker, sse(), {}, to("a"));
  stream = Stream(broker, sse(), {}, to("b"));
  Stream moved = std::move(stream);
  REQUIRE(a.publish(plain("one")));
  REQUIRE(b.publish(plain("two")));
  CHECK(types(moved.take()) == "two");
}

TEST_CASE("stream: what its client sends reaches the transport, which may act on it", "[transport][stream]") {
  /// Echoes, subscribes to what it is sent, ends on "bye", fails on "bad".
  struct Talkative final : fanfare::Transport {
    fanfare::Response head() const override { return {200, "text/plain", {}, {}}; }
    const fanfare::Format& format() const noexcept override { return inner->format(); }
    std::error_code receive(std::string_view bytes, fanfare::Intake& intake) override {
      if (bytes == "bye") return intake.end({}), std::error_code();
      if (bytes == "bad") return fanfare::Error::malformed;
      if (bytes == "stop") return intake.reply(intake.command({"a", "stop", {}}).message()), std::error_code();
      if (bytes.starts_with('-')) intake.unsubscribe(bytes.substr(1));
      else intake.subscribe({.topics = {std::string(bytes)}});
      return {};
    }
    void end(fanfare::Goodbye goodbye, std::string& out) override { out += "<" + goodbye.why.message() + ">"; }
    std::unique_ptr<Transport> inner = sse()(Request{});
  };
  const auto talkative = [](const Request&) { return std::make_unique<Talkative>(); };
  Broker broker;
  const auto a = broker.topic("a"), b = broker.topic("b"), c = broker.topic("c");
  fanfare::Admission both;
  both.topics = {"a", "b"};
  Stream stream(broker, talkative, {}, both);
  stream.receive("-b");
  (void)stream.take();
  REQUIRE(b.publish(plain("one")));
  CHECK(stream.take().empty());
  stream.receive("c");  // not admitted
  REQUIRE(c.publish(plain("one")));
  CHECK(stream.take().empty());
  stream.receive("b");
  (void)stream.take();
  REQUIRE(b.publish(plain("two")));
  CHECK(types(stream.take()) == "two");
  stream.receive("-b");
  REQUIRE(b.publish(plain("three")));
  REQUIRE(a.publish(plain("four")));
  CHECK(types(stream.take()) == "four");
  stream.receive("stop");
  CHECK(stream.take() == make_error_code(fanfare::Error::no_handler).message());
  stream.receive("bad");
  CHECK(stream.take() == "<malformed input>");
  CHECK(stream.ended());
  stream.receive("b");
  CHECK(stream.take().empty());

  Stream polite(broker, talkative, {}, to("a"));
  polite.receive("bye");
  CHECK(polite.take().starts_with('<'));
  CHECK(polite.ended());
}

// ---- blocking: real time, but nothing waits for longer than what it waits for ------------------------

TEST_CASE("stream wait: events of another thread up to the end", "[transport][stream]") {
  Broker broker;
  const auto topic = broker.topic("a");
  Stream stream(broker, http1(sse()), {}, to("a"));
  std::jthread publisher([&] {
    for (int i = 0; i < 100; ++i) (void)topic.publish(plain("e", std::to_string(i)));
    (void)topic.finish(plain("done"));
  });
  std::string all;
  for (auto bytes = stream.wait(); !bytes.empty(); bytes = stream.wait()) all += bytes;
  publisher.join();
  CHECK(stream.ended());
  CHECK(all.ends_with("\r\n0\r\n\r\n"));
  std::size_t from = 0;
  for (int i = 0; i < 100; ++i) {
    from = all.find("event: e\ndata: " + std::to_string(i) + "\n", from);
    REQUIRE(from != all.npos);
  }
  CHECK(all.find("event: done", from) != all.npos);
}

TEST_CASE("stream wait: a heartbeat while nothing happens", "[transport][stream]") {
  Broker broker;
  (void)broker.topic("a");
  const auto began = std::chrono::steady_clock::now();
  Stream stream(broker, sse({.heartbeat = 20ms}), {}, to("a"));
  CHECK(stream.wait() == ": heartbeat\n\n");
  CHECK(stream.wait() == ": heartbeat\n\n");
  CHECK(std::chrono::steady_clock::now() - began >= 40ms);
}

TEST_CASE("stream wait: it returns when the admission expires", "[transport][stream]") {
  Broker broker;
  (void)broker.topic("a");
  auto admission = to("a");
  admission.expires = std::chrono::system_clock::now() + 20ms;
  Stream stream(broker, sse(), {}, admission);
  CHECK(stream.wait().empty());
  CHECK(stream.ended());
}

TEST_CASE("stream wait: revoking wakes it, whatever it waits for", "[transport][stream]") {
  Broker broker;
  (void)broker.topic("a");
  for (int round = 0; round < 20; ++round) {
    auto admission = to("a");
    admission.audience = {"user:7"};
    Stream stream(broker, sse(), {}, admission);
    std::jthread revoker([&] { broker.revoke("user:7"); });
    CHECK(stream.wait().empty());
    revoker.join();
    CHECK(stream.ended());
  }
}

TEST_CASE("stream wait: closing the broker wakes it", "[transport][stream]") {
  for (int round = 0; round < 20; ++round) {
    Broker broker;
    (void)broker.topic("a");
    Stream stream(broker, sse(), {}, to("a"));
    std::jthread closer([&] { broker.close(); });
    CHECK(stream.wait().empty());
    closer.join();
  }
}

TEST_CASE("stream wait: a paced stream gets the newest of each key when its time has come", "[transport][stream]") {
  Broker broker;
  const auto topic = broker.topic("a");
  auto admission = to("a");
  admission.max_rate = 20;
  Stream stream(broker, sse(), {}, admission);
  REQUIRE(topic.publish(vocabulary::Meter{"m", 1}));
  CHECK(std::string(stream.wait()).find("\"value\":1") != std::string::npos);
  for (int i = 2; i <= 9; ++i) REQUIRE(topic.publish(vocabulary::Meter{"m", i}));
  const std::string second(stream.wait());
  CHECK(types(second) == "meter");
  CHECK(second.find("\"value\":9") != std::string::npos);
}
