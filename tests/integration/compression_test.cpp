// Compressed streams over a real socket: to the real curl, and byte by byte to a client that inflates with zlib.
#include <fanfare/server/server.hpp>

#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/curl.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/inflating.hpp"
#include "support/vocabulary.hpp"

#if FANFARE_WITH_ZLIB

using fanfare::Broker;
using fanfare::Server;
using fanfare::sse;
using vocabulary::Note;
using vocabulary::Tally;
using namespace std::chrono_literals;

namespace {

struct Padded {
  int number = 0;
  std::string padding = {};
};
FANFARE_EVENT(Padded, "padded", critical, number, padding);

/// A topic "a" under /jobs/{topic}.
struct Site {
  explicit Site(fanfare::SseOptions options = {}) {
    options.compress = true;
    server.stream("/jobs/{topic}", {.transports = {sse(std::move(options))}});
    server.start();
  }
  Broker broker;
  fanfare::TopicOf<Tally> topic = broker.topic("a", Tally{});
  Server server{broker, {.port = 0}};
};

/// Reads chunks until the text has the marker.
std::string read_until(http::Client& client, Inflating& inflating, std::string_view marker) {
  std::string text;
  while (text.find(marker) == text.npos) {
    const auto chunk = client.chunk();
    if (!chunk) throw http::Failure("ended without '" + std::string(marker) + "', after: " + text);
    text += inflating.add(*chunk);
  }
  return text;
}

}  // namespace

TEST_CASE("compression: curl gets every event and the end, and finds no fault", "[integration][compression]") {
  if (!curl::available()) return;
  for (const auto* protocol : {"", "-0 "}) {
    for (const std::string coding : {"gzip", "deflate", "br;q=0.1, deflate;q=0.5, gzip;q=0"}) {
      Site site({.heartbeat = 20ms, .heartbeat_event = "ping"});
      int notes = 0;
      std::jthread publisher([&] {
        if (!eventually([&] { return site.broker.metrics().snapshots_serialised > 0; })) return;
        // Until it rides in its cohort, and for a while then.
        (void)eventually([&] {
          (void)site.topic.publish(Note{notes++});
          return site.broker.metrics().cohort_deliveries >= 20 || notes >= 3000;
        });
        (void)site.topic.finish(fanfare::Done{});
      });
      const auto watched = curl::run(protocol + std::string("-N --compressed -H 'Accept-Encoding: ") + coding + "' -D - " +
                                     site.server.url() + "jobs/a");
      publisher.join();
      INFO(protocol << coding);
      CHECK(watched.code == 0);
      const std::string name = coding == "gzip" ? "gzip" : "deflate";
      CHECK(watched.output.find("\r\nContent-Encoding: " + name + "\r\n") != std::string::npos);
      std::size_t at = 0;
      for (int i = 0; i < notes; ++i) {
        at = watched.output.find("event: note\ndata: {\"value\":" + std::to_string(i) + "}\n\n", at);
        REQUIRE(at != std::string::npos);
      }
      CHECK(watched.output.find("event: done\n", at) != std::string::npos);
    }
  }
}

TEST_CASE("compression: an event arrives whole when it is published", "[integration][compression]") {
  for (const auto& [name, kind] : {std::pair("gzip", Inflating::gzip), std::pair("deflate", Inflating::deflate)}) {
    Site site;
    http::Client client(site.server.port());
    client.get("/jobs/a", std::string("Accept-Encoding: ") + name + "\r\n");
    const auto head = client.head();
    REQUIRE(head.status == 200);
    CHECK(head.field("Content-Encoding") == name);
    CHECK(head.field("Vary") == "Accept-Encoding");
    Inflating inflating(kind);
    (void)read_until(client, inflating, "event: snapshot\n");
    for (int i = 0; i < 20; ++i) {
      REQUIRE(site.topic.publish(Note{i}));
      CHECK(read_until(client, inflating, "event: note\n").ends_with("data: {\"value\":" + std::to_string(i) + "}\n\n"));
    }
    site.server.drain(0ms);
    (void)read_until(client, inflating, "retry: ");
    CHECK_FALSE(client.chunk());
    CHECK(inflating.complete());
  }
}

TEST_CASE("compression: HTTP 1.0 gets the bare stream, up to the end of the connection", "[integration][compression]") {
  Site site;
  http::Client client(site.server.port());
  client.send("GET /jobs/a HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
  const auto head = client.head();
  CHECK(head.field("Content-Encoding") == "gzip");
  CHECK(head.field("Transfer-Encoding").empty());
  REQUIRE(site.topic.publish(Note{1}));
  REQUIRE(site.topic.finish(fanfare::Done{}));
  Inflating inflating;
  const std::string text = inflating.add(client.rest());
  CHECK(inflating.complete());
  CHECK(text.find("event: done\n") != text.npos);
}

TEST_CASE("compression: without Accept-Encoding the stream is plain, and says that it varies", "[integration][compression]") {
  Site site;
  for (const auto* fields : {"", "Accept-Encoding: br\r\n", "Accept-Encoding: gzip;q=0, deflate;q=0\r\n"}) {
    http::Client client(site.server.port());
    client.get("/jobs/a", fields);
    const auto head = client.head();
    CHECK(head.field("Content-Encoding").empty());
    CHECK(head.field("Vary") == "Accept-Encoding");
    CHECK(client.chunk()->find("event: snapshot\n") != std::string::npos);
  }
}

TEST_CASE("compression: a refusal is not compressed", "[integration][compression]") {
  Site site;
  http::Client client(site.server.port());
  client.get("/jobs/nothing", "Accept-Encoding: gzip\r\n");
  const auto answer = client.answer();
  CHECK(answer.status == 404);
  CHECK(answer.field("Content-Encoding").empty());
  CHECK(answer.body == R"({"error":"no topic 'nothing'"})");
}

TEST_CASE("compression: a reader that was slow has everything, and the trailer fits", "[integration][compression]") {
  Site site;
  const auto topic = site.broker.topic("b", {.max_history_events = 100'000, .max_history_bytes = 256 << 20});
  http::Client client(site.server.port(), 4096);
  client.get("/jobs/b", "Accept-Encoding: gzip\r\n");
  (void)client.head();
  Inflating inflating;
  REQUIRE(topic.publish(Padded{}));
  std::string text = read_until(client, inflating, "event: padded\n");
  std::mt19937 random(1);
  std::string noise(8000, 'x');  // of which little can be left out
  int events = 1;
  for (int more = 100; more > 0; ++events) {
    for (char& c : noise) c = static_cast<char>('a' + random() % 26);
    const auto before = site.broker.metrics().cohort_deliveries;
    REQUIRE(topic.publish(Padded{events, noise}));
    REQUIRE(eventually([&] {
      const auto metrics = site.broker.metrics();
      return metrics.cohort_deliveries > before || metrics.members_fell_short > 0;
    }));
    if (site.broker.metrics().members_fell_short > 0) --more;
  }
  for (const int i : {events, events + 1}) {
    // Then up to date again, and from then on in a cohort.
    if (i == events) text += read_until(client, inflating, "{\"number\":" + std::to_string(events - 1) + ",");
    REQUIRE(topic.publish(Padded{i, "after"}));
    text += read_until(client, inflating, "{\"number\":" + std::to_string(i) + ",");
  }
  REQUIRE(topic.finish(fanfare::Done{}));
  while (const auto chunk = client.chunk()) text += inflating.add(*chunk);
  CHECK(inflating.complete());
  std::size_t at = 0;
  for (int i = 0; i < events + 2; ++i) {
    at = text.find("data: {\"number\":" + std::to_string(i) + ",", at);
    REQUIRE(at != text.npos);
  }
  CHECK(text.find("event: done\n", at) != text.npos);
}

#endif
