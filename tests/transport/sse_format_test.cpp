#include <fanfare/core/broker.hpp>
#include <fanfare/core/log/event_record.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/wire/sse_parser.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

using fanfare::Event;
using fanfare::Json;
using fanfare::Payload;
using fanfare::detail::SseFormat;
using fanfare::detail::SseStyle;

namespace {

std::string encoded(SseStyle style, const Event& event) {
  std::string out;
  SseFormat::of(style).encode(event, out);
  return out;
}

/// A broker with one topic, and what a newcomer to it gets after `publish`.
struct OneTopic {
  fanfare::Broker broker;
  fanfare::Topic topic = broker.topic("news");
  fanfare::Subscription watcher = broker.subscribe({.topics = {"news"}});

  Event event(std::string type, std::string json) {
    REQUIRE(topic.publish(Payload(std::move(type), Json{std::move(json)})));
    const auto events = watcher.take();
    REQUIRE(events.size() == 1);
    return events[0];
  }
};

struct Number {
  int n = 0;
};
FANFARE_DESCRIBE(Number, n);

constexpr SseStyle named{}, unnamed{.named = false}, with_seq{.seq_ids = true}, envelope{.envelope = true};

}  // namespace

TEST_CASE("sse format: a named event has an id, a name and the bare payload", "[transport][sse]") {
  OneTopic one;
  const Event event = one.event("progress", R"({"n":1})");
  CHECK(encoded(named, event) == "id: " + event.position().str() + "\nevent: progress\ndata: {\"n\":1}\n\n");
}

TEST_CASE("sse format: an unnamed event has type and seq first in its payload", "[transport][sse]") {
  OneTopic one;
  (void)one.event("first", "{}");
  const Event event = one.event("progress", R"({"n":1})");
  CHECK(encoded(unnamed, event) ==
        "id: " + event.position().str() + "\ndata: {\"type\":\"progress\",\"seq\":2,\"n\":1}\n\n");
}

TEST_CASE("sse format: an unnamed event without members", "[transport][sse]") {
  OneTopic one;
  const auto data = [&](std::string json) {
    const std::string text = encoded(unnamed, one.event("t", std::move(json)));
    return text.substr(text.find("data: "));
  };
  CHECK(data("{}") == "data: {\"type\":\"t\",\"seq\":1}\n\n");
  CHECK(data("{ }") == "data: {\"type\":\"t\",\"seq\":2 }\n\n");
}

TEST_CASE("sse format: an unnamed payload that is no object becomes the member data", "[transport][sse]") {
  OneTopic one;
  const auto data = [&](std::string json) {
    const std::string text = encoded(unnamed, one.event("t", std::move(json)));
    return text.substr(text.find("data: "));
  };
  CHECK(data("[1]") == "data: {\"type\":\"t\",\"seq\":1,\"data\":[1]}\n\n");
  CHECK(data("7") == "data: {\"type\":\"t\",\"seq\":2,\"data\":7}\n\n");
  CHECK(data("null") == "data: {\"type\":\"t\",\"seq\":3,\"data\":null}\n\n");
}

TEST_CASE("sse format: white space before an object does not make it something else", "[transport][sse]") {
  OneTopic one;
  const std::string text = encoded(unnamed, one.event("t", " {\"n\":1}"));
  CHECK(text.substr(text.find("data: ")) == "data: {\"type\":\"t\",\"seq\":1,\"n\":1}\n\n");
}

TEST_CASE("sse format: line breaks in the payload end neither line nor event", "[transport][sse]") {
  OneTopic one;
  const Event event = one.event("t", "{\n\n\"n\":\r\n\r1}");
  fanfare::wire::SseParser parser;
  const std::string text = encoded(named, event);
  std::string_view bytes = text;
  REQUIRE(parser.parse(bytes) == fanfare::wire::SseStatus::event);
  CHECK(bytes.empty());
  CHECK(parser.event().type == "t");
  CHECK(fanfare::to_json(fanfare::from_json<Number>(parser.event().data).value()) == R"({"n":1})");
}

TEST_CASE("sse format: seq ids", "[transport][sse]") {
  OneTopic one;
  (void)one.event("t", "1");
  CHECK(encoded(with_seq, one.event("t", "2")) == "id: 2\nevent: t\ndata: 2\n\n");
}

TEST_CASE("sse format: the envelope says topic, id, seq and type", "[transport][sse]") {
  OneTopic one;
  const Event event = one.event("pro\"gress", R"({"n":1})");
  const std::string id = event.position().str();
  CHECK(encoded(envelope, event) == "id: " + id + "\nevent: pro\"gress\ndata: {\"topic\":\"news\",\"id\":\"" + id +
                                        "\",\"seq\":1,\"type\":\"pro\\\"gress\",\"data\":{\"n\":1}}\n\n");
}

TEST_CASE("sse format: a snapshot has an id but no seq", "[transport][sse]") {
  fanfare::Broker broker;
  const auto topic = broker.topic("news", vocabulary::Tally{});
  REQUIRE(topic.publish(vocabulary::Note{3}));
  const auto events = broker.subscribe({.topics = {"news"}}).take();
  REQUIRE(events.size() == 1);
  const std::string id = events[0].position().str();
  const std::string state = R"({"notes":1,"sum":3,"meters":{},"end":""})";
  CHECK(encoded(named, events[0]) == "id: " + id + "\nevent: snapshot\ndata: " + state + "\n\n");
  CHECK(encoded(unnamed, events[0]) == "id: " + id + "\ndata: {\"type\":\"snapshot\"," + state.substr(1) + "\n\n");
  CHECK(encoded(with_seq, events[0]) == "id: 1\nevent: snapshot\ndata: " + state + "\n\n");
}

TEST_CASE("sse format: what has no position has no id", "[transport][sse]") {
  fanfare::Broker broker;
  (void)broker.topic("a");
  const auto events = broker.subscribe({.topics = {"a", "missing"}}).take();
  REQUIRE(vocabulary::line(events) == "gone");
  CHECK(encoded(named, events[0]) == "event: gone\ndata: {\"topic\":\"missing\"}\n\n");
  CHECK(encoded(unnamed, events[0]) == "data: {\"type\":\"gone\",\"topic\":\"missing\"}\n\n");
  CHECK(encoded(envelope, events[0]) ==
        "event: gone\ndata: {\"topic\":\"\",\"type\":\"gone\",\"data\":{\"topic\":\"missing\"}}\n\n");
}

TEST_CASE("sse format: a bare event of several topics keeps its seq but shows no id", "[transport][sse]") {
  OneTopic one;
  const Event event = one.event("t", "{}");
  const Event bare(fanfare::detail::EventRef(&event.record()), true);
  CHECK(encoded(named, bare) == "event: t\ndata: {}\n\n");
  CHECK(encoded(envelope, bare) == "event: t\ndata: {\"topic\":\"news\",\"seq\":1,\"type\":\"t\",\"data\":{}}\n\n");
}

TEST_CASE("sse format: one object per style in the process", "[transport][sse]") {
  CHECK(&SseFormat::of(named) == &SseFormat::of(SseStyle{}));
  CHECK(&SseFormat::of(named) != &SseFormat::of(unnamed));
  CHECK(&SseFormat::of(envelope) != &SseFormat::of(with_seq));
}
