#include <fanfare/client/client.hpp>
#include <fanfare/client/sse_receiver.hpp>
#include <fanfare/error.hpp>

#include "client/receiving.hpp"
#include "support/catch.hpp"

#include <string>

using namespace clients;
using fanfare::detail::SseReceiver;

namespace {

struct Reading {
  Lines read(std::string_view bytes) {
    CHECK(receiver.on_bytes(bytes).what == What::more);
    return sink.take();
  }
  RecordingSink sink;
  SseReceiver receiver{sink, {}};
};

}  // namespace

TEST_CASE("sse receiver: an envelope is taken out, with what the block says of it", "[client][sse]") {
  Reading stream;
  CHECK(stream.read("id: e.7\nevent: note\ndata: "
                    "{\"topic\":\"a\",\"id\":\"e.7\",\"seq\":3,\"type\":\"note\",\"data\":{\"v\":1}}\n\n") ==
        Lines{R"(a|note|{"v":1}|e.7|3)"});
  CHECK(stream.read("data: {\"topic\":\"a\",\"seq\":4,\"type\":\"note\",\"data\":null}\n\n") ==
        Lines{"a|note|null||4"});
  CHECK(stream.read("id: e.9\nevent: synced\ndata: "
                    "{\"topic\":\"\",\"id\":\"e.9\",\"type\":\"synced\",\"data\":{}}\n\n") ==
        Lines{"|synced|{}|e.9|0|control"});
}

TEST_CASE("sse receiver: what only looks like an envelope is another server's data", "[client][sse]") {
  Reading stream;
  for (const char* data :
       {R"({"topic":"a","type":"note","data":1,"more":2})", R"({"topic":"a","type":"note"})",
        R"({"topic":1,"type":"note","data":1})", R"({"topic":"a","type":"note","data":1,"seq":"x"})",
        R"({"topic":"a","type":"note","data":1,"id":"other"})",
        R"({"topic":"a","topic":"a","type":"note","data":1})"}) {
    INFO(data);
    CHECK(stream.read("event: note\ndata: " + std::string(data) + "\n\n") ==
          Lines{"|note|" + std::string(data) + "||0"});
  }
  CHECK(stream.read("event: price\ndata: {\"topic\":\"a\",\"type\":\"note\",\"data\":1}\n\n") ==
        Lines{"|price|{\"topic\":\"a\",\"type\":\"note\",\"data\":1}||0"});
}

TEST_CASE("sse receiver: data that is no JSON becomes a JSON string, and JSON one line", "[client][sse]") {
  Reading stream;
  CHECK(stream.read("data: hello \"you\"\n\n") == Lines{R"(|message|"hello \"you\""||0)"});
  CHECK(stream.read("data: {\"a\":\ndata: 1}\n\n") == Lines{"|message|{\"a\": 1}||0"});
  CHECK(stream.read("data: 17\n\n") == Lines{"|message|17||0"});
  CHECK(stream.read("data\n\n") == Lines{"|message|\"\"||0"});
}

TEST_CASE("sse receiver: an id belongs to the event that it comes with", "[client][sse]") {
  Reading stream;
  CHECK(stream.read("id: 5\ndata: 1\n\ndata: 2\n\n") == Lines{"|message|1|5|0", "|message|2||0"});
  CHECK(stream.read("id: 6\n\n") == Lines{"position 6"});
  CHECK(stream.read("id\ndata: 3\n\n") == Lines{"|message|3||0", "position "});
}

TEST_CASE("sse receiver: an id that cannot be sent back is no position", "[client][sse]") {
  Reading stream;
  CHECK(stream.read("id: " + std::string(1025, 'x') + "\ndata: 1\n\n") == Lines{"|message|1||0"});
  CHECK(stream.read("id: a\x01z\ndata: 2\n\n") == Lines{"|message|2||0"});
}

TEST_CASE("sse receiver: signs of life and times to wait are told", "[client][sse]") {
  Reading stream;
  CHECK(stream.read(": heartbeat\n\n") == Lines{"beat"});
  CHECK(stream.read("retry: 3000\n\n") == Lines{"retry 3000"});
  CHECK(stream.read("data: 1\n\n") == Lines{"|message|1||0"});
}

TEST_CASE("sse receiver: any cut of the bytes gives the same", "[client][sse]") {
  const std::string bytes =
      "retry: 5\n\nid: e.7\r\nevent: note\r\ndata: "
      "{\"topic\":\"a\",\"id\":\"e.7\",\"seq\":3,\"type\":\"note\",\"data\":{}}\r\n\r\nid: 9\n\n";
  const Lines whole = [&] {
    Reading stream;
    return stream.read(bytes);
  }();
  Reading dribbled;
  for (const char byte : bytes) (void)dribbled.receiver.on_bytes({&byte, 1});
  auto lines = dribbled.sink.take();
  std::sort(lines.begin(), lines.end());
  auto sorted = whole;
  std::sort(sorted.begin(), sorted.end());
  CHECK(lines == sorted);
  CHECK(whole.size() == 3);
}

TEST_CASE("sse receiver: an event beyond the limit ends the stream", "[client][sse]") {
  RecordingSink sink;
  SseReceiver receiver(sink, {.max_event_bytes = 100});
  CHECK(receiver.on_bytes("data: " + std::string(60, 'x') + "\n\n").what == What::more);
  const auto end = receiver.on_bytes("data: " + std::string(101, 'x'));
  CHECK(end.what == What::lost);
  CHECK(end.why == fanfare::Error::too_long);
}

TEST_CASE("sse receiver: the end of a stream is a reason to come back", "[client][sse]") {
  Reading stream;
  const auto end = stream.receiver.on_end({});
  CHECK(end.what == What::lost);
  CHECK(end.why == fanfare::Error::peer_gone);
  CHECK(stream.receiver.on_end(std::make_error_code(std::errc::connection_reset)).why ==
        std::errc::connection_reset);
}
