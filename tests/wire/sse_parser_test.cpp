#include "support/catch.hpp"
#include "support/whatwg.hpp"

#include <fanfare/wire/sse_parser.hpp>

#include <functional>
#include <random>
#include <string>
#include <vector>

using namespace fanfare::wire;
using namespace std::string_literals;
using namespace std::string_view_literals;
using whatwg::StreamEvent;

namespace {

/// Everything that a stream says, whatever the pieces it comes in.
struct Reading {
  whatwg::Interpretation stream = {};
  std::optional<std::chrono::milliseconds> retry = {};
  std::uint64_t comments = 0;
  std::error_code error = {};
  bool operator==(const Reading&) const = default;
};

/// @param next_size  how long the next piece shall be
Reading read(std::string_view text, const std::function<std::size_t()>& next_size, SseLimits limits = {}) {
  SseParser parser(limits);
  Reading reading;
  SseStatus status = SseStatus::need_more;
  while (!text.empty() && status != SseStatus::failed) {
    const std::string piece(text.substr(0, next_size()));  // a copy, so that a view kept too long is found
    text.remove_prefix(piece.size());
    std::string_view rest = piece;
    while ((status = parser.parse(rest)) == SseStatus::event) {
      const SseEvent& event = parser.event();
      reading.stream.events.push_back({event.type, event.data, event.last_event_id});
    }
    if (status == SseStatus::need_more && !rest.empty()) FAIL("bytes are left over");
  }
  reading.stream.last_event_id = parser.last_event_id();
  reading.retry = parser.retry();
  reading.comments = parser.comments();
  reading.error = parser.error();
  return reading;
}

Reading read(std::string_view text, SseLimits limits = {}) {
  return read(
      text, [&] { return text.size() + 1; }, limits);
}

std::vector<StreamEvent> events(std::string_view text) {
  return read(text).stream.events;
}

using Events = std::vector<StreamEvent>;

// Something of everything, with all line ends, a mark, and characters of two to four bytes.
const std::string mixed =
    "\xEF\xBB\xBF"
    "id: 1\nevent: add\ndata: one\ndata: two\n\n"
    ": heartbeat\n\n"
    "data\r\rdata\r\ndata\r\n\r\n"
    "retry: 1500\rid\rdata:  caf\xC3\xA9\r\n\n"
    "event: \xF0\x9F\x98\x80\r\ndata: \xE2\x82\xAC\xE2\x80\xA8\r\n\r\n"
    "id: only\n\n\n\n\r\r\n"
    "event: lost\n\n"
    "data: bad \xE2\x82\xFF\n\xEF\xBB\xBF"
    "data: no field\nid: nul\0\nretry: 12x\n\n"
    "data: unfinished\nid: 9\n"s;

}  // namespace

TEST_CASE("sse: the standard's example of stock quotes", "[wire][sse]") {
  CHECK(events("data: YHOO\ndata: +2\ndata: 10\n\n") == Events{{"message", "YHOO\n+2\n10", ""}});
}

TEST_CASE("sse: the standard's example of four blocks", "[wire][sse]") {
  const Reading reading =
      read(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n");
  CHECK(reading.stream.events == Events{{"message", "first event", "1"},
                                        {"message", "second event", ""},
                                        {"message", " third event", ""}});
  CHECK(reading.comments == 1);
}

TEST_CASE("sse: the standard's example of empty data, and of a block that does not end", "[wire][sse]") {
  CHECK(events("data\n\ndata\ndata\n\ndata:") == Events{{"message", "", ""}, {"message", "\n", ""}});
}

TEST_CASE("sse: the standard's example of the space behind the colon", "[wire][sse]") {
  CHECK(events("data:test\n\ndata: test\n\n") == Events{{"message", "test", ""}, {"message", "test", ""}});
}

TEST_CASE("sse: the standard's example of named events", "[wire][sse]") {
  CHECK(events("event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n") ==
        Events{{"add", "73857293", ""}, {"remove", "2153", ""}, {"add", "113411", ""}});
}

TEST_CASE("sse: a mixed stream reads the same at every split, and byte by byte", "[wire][sse]") {
  const Reading whole = read(mixed);
  CHECK(whole.stream.events == Events{{"add", "one\ntwo", "1"},
                                      {"message", "", "1"},
                                      {"message", "\n", "1"},
                                      {"message", " caf\xC3\xA9", ""},
                                      {"\xF0\x9F\x98\x80", "\xE2\x82\xAC\xE2\x80\xA8", ""},
                                      {"message", "bad \xEF\xBF\xBD\xEF\xBF\xBD", "only"}});
  CHECK(whole.stream == whatwg::interpret_event_stream(mixed));
  CHECK(whole.retry == std::chrono::milliseconds(1500));
  CHECK(whole.comments == 1);
  for (std::size_t split = 0; split <= mixed.size(); ++split) {
    CAPTURE(split);
    bool first = true;
    CHECK(read(mixed, [&] { return std::exchange(first, false) ? split : mixed.size() + 1; }) == whole);
  }
  for (std::size_t size = 1; size < 20; ++size) {
    CAPTURE(size);
    CHECK(read(mixed, [size] { return size; }) == whole);
  }
}

TEST_CASE("sse: random streams in random pieces read as the standard says", "[wire][sse]") {
  const std::string_view words[] = {
      "data", "event",        "id",   "retry", ":",   ": ",   "\n",
      "\r",   "\r\n",         "\n\n", "\0"sv,  "x",   "12",   "\xC3",
      "\xA9", "\xEF\xBB\xBF", " ",    "data:", "id:", "\xEF", "data: a long line of text here"};
  for (unsigned seed = 1; seed <= 20000; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::string stream;
    for (auto n = random() % 40; n > 0; --n) stream += words[random() % std::size(words)];
    const Reading whole = read(stream);
    const Reading pieces = read(stream, [&random] { return random() % 6; });
    if (whole.stream != whatwg::interpret_event_stream(stream)) FAIL("not what the standard says");
    if (pieces != whole) FAIL("it depends on the pieces");
  }
}

TEST_CASE("sse: an event that CR ends is reported without waiting for an LF", "[wire][sse]") {
  SseParser parser;
  std::string_view bytes = "data: x\r\r";
  CHECK(parser.parse(bytes) == SseStatus::event);
  CHECK(bytes.empty());
  bytes = "\ndata: y\r\n\r";
  CHECK(parser.parse(bytes) == SseStatus::event);
  CHECK(parser.event().data == "y");
  bytes = "\n";
  CHECK(parser.parse(bytes) == SseStatus::need_more);
}

TEST_CASE("sse: one leading byte order mark is dropped and no other", "[wire][sse]") {
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(events(mark + "data: x\n\n") == Events{{"message", "x", ""}});
  CHECK(events(mark + mark + "data: x\n\n").empty());
  CHECK(events("\n" + mark + "data: x\n\n").empty());
  CHECK(events("data: " + mark + "\n\n") == Events{{"message", mark, ""}});
  CHECK(events("\xEF\xBB"
               "data: x\n\ndata: y\n\n") == Events{{"message", "y", ""}});
}

TEST_CASE("sse: only the exact field names count", "[wire][sse]") {
  CHECK(events("Data: x\nDATA: x\n data: x\ndata : x\ndatax: x\nfoo: x\n\n").empty());
  CHECK(events("data:a:b: c\n\n") == Events{{"message", "a:b: c", ""}});
  CHECK(events("data:\tx\n\n") == Events{{"message", "\tx", ""}});
}

TEST_CASE("sse: the last event name of a block counts, and only for this block", "[wire][sse]") {
  CHECK(events("event: a\nevent: b\ndata: 1\n\ndata: 2\n\n") == Events{{"b", "1", ""}, {"message", "2", ""}});
  CHECK(events("event: a\nevent\ndata: 1\n\n") == Events{{"message", "1", ""}});
  CHECK(events("event: a\n\ndata: 1\n\n") == Events{{"message", "1", ""}});
}

TEST_CASE("sse: an id persists, and counts also in a block without data", "[wire][sse]") {
  const Reading reading = read("id: 1\ndata: a\n\ndata: b\n\nid: 2\n\ndata: c\n\nid: 3\n\n");
  CHECK(reading.stream.events == Events{{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", "2"}});
  CHECK(reading.stream.last_event_id == "3");
}

TEST_CASE("sse: an id with NUL is ignored", "[wire][sse]") {
  CHECK(events("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"sv) ==
        Events{{"message", "a", "1"}, {"message", "b", "1"}});
}

TEST_CASE("sse: the id of a block that the stream's end cuts does not count", "[wire][sse]") {
  CHECK(read("id: 1\ndata: a\n\nid: 2\ndata: b\n").stream.last_event_id == "1");
}

TEST_CASE("sse: a parser for a new connection goes on with the id of the last one", "[wire][sse]") {
  SseParser parser({}, "e.7");
  CHECK(parser.last_event_id() == "e.7");
  std::string_view bytes = "data: a\n\nid\ndata: b\n\n";
  REQUIRE(parser.parse(bytes) == SseStatus::event);
  CHECK(parser.event().last_event_id == "e.7");
  REQUIRE(parser.parse(bytes) == SseStatus::event);
  CHECK(parser.event().last_event_id.empty());
}

TEST_CASE("sse: retry takes ASCII digits only, and no more than an int of them", "[wire][sse]") {
  using std::chrono::milliseconds;
  CHECK(read("retry: 3000\n").retry == milliseconds(3000));
  CHECK(read("retry:0\n").retry == milliseconds(0));
  CHECK(read("retry: 00000000000000000000000000007\n").retry == milliseconds(7));
  CHECK(read("retry: 2147483647\n").retry == milliseconds(2147483647));
  CHECK(read("retry: 5\nretry: 6\n").retry == milliseconds(6));
  CHECK(read("retry: 5").retry == std::nullopt);
  for (const std::string_view bad :
       {"2147483648"sv, "18446744073709551617"sv, "99999999999999999999999999"sv, ""sv, "-1"sv, "+1"sv,
        " 1"sv, "1 "sv, "1.5"sv, "0x1"sv, "1e3"sv, "\xD9\xA1"sv, "1\0"sv}) {
    CAPTURE(bad);
    CHECK(read("retry: 5\nretry: " + std::string(bad) + "\n").retry == milliseconds(5));
  }
}

TEST_CASE("sse: comments are counted", "[wire][sse]") {
  CHECK(read(":\n: heartbeat\n\n:x\r").comments == 3);
  CHECK(read(": not ended").comments == 0);
}

TEST_CASE("sse: a line as long as the limit is read and a longer one fails, however it comes",
          "[wire][sse]") {
  const SseLimits limits{.max_line_bytes = 10, .max_event_bytes = 100};
  for (const std::size_t size : {1, 3, 100}) {
    const auto piece = [size] { return size; };
    CAPTURE(size);
    CHECK(read("data: 1234\n\n", piece, limits).stream.events == Events{{"message", "1234", ""}});
    CHECK(read("data: 12345\n\n", piece, limits).error == fanfare::Error::too_long);
    CHECK(read(": 123456789\n", piece, limits).error == fanfare::Error::too_long);
    CHECK(read("\xEF\xBB\xBF"
               "data: 1234\n\n",
               piece, limits)
              .error == std::error_code());
  }
}

TEST_CASE("sse: an event as long as the limit is read and a longer one fails, however it comes",
          "[wire][sse]") {
  const SseLimits limits{.max_line_bytes = 100, .max_event_bytes = 8};
  for (const std::size_t size : {1, 3, 100}) {
    const auto piece = [size] { return size; };
    CAPTURE(size);
    CHECK(read("data: 123\ndata: 4567\n\n", piece, limits).stream.events ==
          Events{{"message", "123\n4567", ""}});
    CHECK(read("event: abcd\ndata: 1234\n\n", piece, limits).stream.events == Events{{"abcd", "1234", ""}});
    CHECK(read("data: 1234\nevent: abcd\n\n", piece, limits).stream.events == Events{{"abcd", "1234", ""}});
    CHECK(read("data: 123\ndata: 45678\n\n", piece, limits).error == fanfare::Error::too_long);
    CHECK(read("data: 1234\nevent: abcde\n\n", piece, limits).error == fanfare::Error::too_long);
    CHECK(read("data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n", piece, limits).error ==
          fanfare::Error::too_long);
    CHECK(read("data: \xFF\xFF\xFF\n", piece, limits).error == fanfare::Error::too_long);
  }
}

TEST_CASE("sse: a line without end is not kept beyond the limit", "[wire][sse]") {
  SseParser parser({.max_line_bytes = 1000, .max_event_bytes = 1000});
  std::size_t taken = 0;
  for (;; ++taken) {
    std::string_view bytes = "x";
    if (parser.parse(bytes) == SseStatus::failed) break;
    REQUIRE(taken < 1000);
  }
  CHECK(taken == 1000);
}

TEST_CASE("sse: after a failure the parser stays failed", "[wire][sse]") {
  SseParser parser({.max_line_bytes = 8, .max_event_bytes = 100});
  std::string_view bytes = "data: a\n\ndata: much\n\ndata: b\n\n";
  CHECK(parser.parse(bytes) == SseStatus::event);
  CHECK(parser.parse(bytes) == SseStatus::failed);
  CHECK(parser.parse(bytes) == SseStatus::failed);
  bytes = "data: b\n\n";
  CHECK(parser.parse(bytes) == SseStatus::failed);
  CHECK(parser.error() == fanfare::Error::too_long);
  CHECK(parser.error() == fanfare::Condition::limit_exceeded);
}

TEST_CASE("sse: a long line that comes byte by byte takes linear time", "[wire][sse]") {
  // A rescan of what is buffered would make this 2^20 * 2^19 steps and time out.
  const std::string stream = "data: " + std::string(1 << 20, 'x') + "\n\n";
  const Reading reading = read(stream, [] { return std::size_t{1}; });
  REQUIRE(reading.stream.events.size() == 1);
  CHECK(reading.stream.events[0].data.size() == 1 << 20);
}
