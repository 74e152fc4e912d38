#include "support/catch.hpp"
#include "support/whatwg.hpp"

#include <fanfare/wire/sse_encoder.hpp>
#include <fanfare/wire/sse_parser.hpp>
#include <fanfare/wire/utf8.hpp>

#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace fanfare::wire;
using namespace std::string_view_literals;

namespace {

std::string encoded(const SseFields& fields) {
  std::string out;
  REQUIRE(append_sse_event(out, fields));
  std::string trusted;
  REQUIRE(append_trusted_sse_event(trusted, fields));
  if (is_valid_utf8(fields.data)) CHECK(trusted == out);
  return out;
}

std::string comment(std::string_view text) {
  std::string out;
  append_sse_comment(out, text);
  return out;
}

std::string retry(std::chrono::milliseconds wait) {
  std::string out;
  append_sse_retry(out, wait);
  return out;
}

// What a receiver sees: the text decoded, its line ends all LF.
std::string as_received(std::string_view data) {
  std::string text;
  for (const std::string& line : whatwg::split_lines(whatwg::utf8_decode_without_bom(data)))
    text += line + '\n';
  text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("sse: an event is its id, its name and its data, each on a line", "[wire][sse]") {
  CHECK(encoded({.id = "e.7", .event = "progress", .data = R"({"task":"t1"})"}) ==
        "id: e.7\nevent: progress\ndata: {\"task\":\"t1\"}\n\n");
  CHECK(encoded({.data = "x"}) == "data: x\n\n");
  CHECK(encoded({.event = "log", .data = "x"}) == "event: log\ndata: x\n\n");
  CHECK(encoded({.id = "1", .data = "x"}) == "id: 1\ndata: x\n\n");
}

TEST_CASE("sse: empty data is one empty data line, so that the event is dispatched", "[wire][sse]") {
  CHECK(encoded({.event = "synced"}) == "event: synced\ndata: \n\n");
}

TEST_CASE("sse: an empty id is written only when asked for", "[wire][sse]") {
  CHECK(encoded({.id = "", .data = "x"}) == "data: x\n\n");
  CHECK(encoded({.id = "", .data = "x", .has_id = true}) == "id: \ndata: x\n\n");
}

TEST_CASE("sse: a newline in the data becomes two data lines", "[wire][sse]") {
  CHECK(encoded({.data = "a\nb"}) == "data: a\ndata: b\n\n");
  CHECK(encoded({.data = "a\rb"}) == "data: a\ndata: b\n\n");
  CHECK(encoded({.data = "a\r\nb"}) == "data: a\ndata: b\n\n");
  CHECK(encoded({.data = "a\n\rb"}) == "data: a\ndata: \ndata: b\n\n");
  CHECK(encoded({.data = "a\n\nb"}) == "data: a\ndata: \ndata: b\n\n");
  CHECK(encoded({.data = "\n"}) == "data: \ndata: \n\n");
  CHECK(encoded({.data = "a\r"}) == "data: a\ndata: \n\n");
  CHECK(encoded({.data = "a\r\n"}) == "data: a\ndata: \n\n");
}

TEST_CASE("sse: a line end in the data is found at every offset", "[wire][sse]") {
  for (const char end : {'\r', '\n'}) {
    for (std::size_t before = 0; before < 20; ++before) {
      for (std::size_t after = 0; after < 20; ++after) {
        const std::string front(before, '\x0B'), back(after, '\x8D');  // neighbours of LF and CR in value
        std::string out;
        REQUIRE(append_trusted_sse_event(out, {.data = front + end + back}));
        CHECK(out == "data: " + front + "\ndata: " + back + "\n\n");
      }
    }
  }
}

TEST_CASE("sse: no id or name with a line end or NUL is written", "[wire][sse]") {
  for (const std::string_view bad :
       {"\n"sv, "\r"sv, "\0"sv, "\r\n"sv, "a\ndata: forged"sv, "a\rdata: forged"sv, "a\0"sv,
        "7\r\n\r\nevent: done"sv, "trailing\n"sv, "\nleading"sv}) {
    CAPTURE(bad);
    std::string out = "kept";
    CHECK_FALSE(is_valid_sse_name(bad));
    CHECK_FALSE(append_sse_event(out, {.id = bad, .event = "ok", .data = "x"}));
    CHECK_FALSE(append_sse_event(out, {.id = "1", .event = bad, .data = "x"}));
    CHECK_FALSE(append_trusted_sse_event(out, {.id = bad, .event = "ok", .data = "x"}));
    CHECK_FALSE(append_trusted_sse_event(out, {.id = "1", .event = bad, .data = "x"}));
    CHECK(out == "kept");
  }
}

TEST_CASE("sse: an id or a name that is not UTF-8 is refused rather than changed", "[wire][sse]") {
  std::string out;
  CHECK_FALSE(append_sse_event(out, {.id = "\xFF", .data = "x"}));
  CHECK_FALSE(append_trusted_sse_event(out, {.event = "caf\xC3", .data = "x"}));
  CHECK(out.empty());
}

TEST_CASE("sse: U+2028, U+2029 and U+0085 are text and no line ends", "[wire][sse]") {
  const std::string_view text =
      "a\xE2\x80\xA8"
      "b\xE2\x80\xA9"
      "c\xC2\x85"
      "d\x0B\x0C";
  CHECK(encoded({.id = text, .event = text, .data = text}) == "id: " + std::string(text) +
                                                                  "\nevent: " + std::string(text) +
                                                                  "\ndata: " + std::string(text) + "\n\n");
  CHECK(comment(text) == ": " + std::string(text) + "\n\n");
}

TEST_CASE("sse: invalid UTF-8 in the data becomes U+FFFD, also beside a line end", "[wire][sse]") {
  std::string out;
  REQUIRE(append_sse_event(out, {.data = "a\xE2\x82\n\xACz"}));
  CHECK(out == "data: a\xEF\xBF\xBD\ndata: \xEF\xBF\xBDz\n\n");
  CHECK(comment("\xFF") == ": \xEF\xBF\xBD\n\n");
}

TEST_CASE("sse: a comment cannot leave its lines", "[wire][sse]") {
  CHECK(comment("heartbeat") == ": heartbeat\n\n");
  CHECK(comment("") == ": \n\n");
  CHECK(comment("a\ndata: forged\n\n") == ": a\n: data: forged\n: \n: \n\n");
  CHECK(comment("a\rid: 9\r\nevent: done") == ": a\n: id: 9\n: event: done\n\n");
}

TEST_CASE("sse: retry is written in milliseconds and never negative", "[wire][sse]") {
  using std::chrono::milliseconds;
  CHECK(retry(std::chrono::seconds(3)) == "retry: 3000\n\n");
  CHECK(retry(milliseconds(0)) == "retry: 0\n\n");
  CHECK(retry(milliseconds(-5)) == "retry: 0\n\n");
  CHECK(retry(milliseconds::max()) == "retry: " + std::to_string(milliseconds::max().count()) + "\n\n");
}

TEST_CASE("sse: whatever is put into an event, exactly that event arrives", "[wire][sse]") {
  const std::string_view bytes = "\0\r\n: adteivn\x7F\x80\xA8\xC2\xE2\xEF\xBB\xBF\xFF"sv;
  for (unsigned seed = 1; seed <= 5000; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    const auto text = [&](std::size_t max) {
      std::string result;
      for (auto n = random() % (max + 1); n > 0; --n) result += bytes[random() % bytes.size()];
      return result;
    };
    std::string stream, last_id;
    std::vector<whatwg::StreamEvent> sent, received;
    std::uint64_t comment_lines = 0;
    for (auto n = random() % 6; n > 0; --n) {
      const std::string id = text(4), name = text(4), data = text(random() % 2 ? 12 : 80);
      const bool has_id = random() % 2 == 0;
      if (append_sse_event(stream, {.id = id, .event = name, .data = data, .has_id = has_id})) {
        if (has_id || !id.empty()) last_id = id;
        sent.push_back({name.empty() ? "message" : name, as_received(data), last_id});
      }
      if (random() % 4 == 0) {
        append_sse_comment(stream, data);
        comment_lines += whatwg::split_lines(data).size();
      }
      if (random() % 4 == 0) append_sse_retry(stream, std::chrono::milliseconds(7));
    }
    CHECK(is_valid_utf8(stream));
    SseParser parser;
    std::string_view rest = stream;
    while (parser.parse(rest) == SseStatus::event) {
      received.push_back({parser.event().type, parser.event().data, parser.event().last_event_id});
    }
    REQUIRE(received == sent);
    REQUIRE(parser.comments() == comment_lines);
    REQUIRE(whatwg::interpret_event_stream(stream).events == sent);
  }
}
