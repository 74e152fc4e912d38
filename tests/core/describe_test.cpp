// The macros, what they make of each kind of member, and the programs of the README's five contracts.
#include <fanfare/core/describe.hpp>
#include <fanfare/core/wall_time.hpp>

#include "support/catch.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using fanfare::Delivery;
using fanfare::event_key;
using fanfare::from_json;
using fanfare::Json;
using fanfare::to_json;
using fanfare::WallTime;
using namespace std::string_view_literals;

// Outside of every namespace, as in a small program.
struct DescribedAtGlobalScope {
  std::vector<std::string> urls;
};
FANFARE_DESCRIBE(DescribedAtGlobalScope, urls);

namespace described_elsewhere {
enum class Level { debug, info = 7, warning = -3 };
FANFARE_ENUM(Level, debug, info, warning);
struct Outer {
  struct Inner {
    int a = 1;
  };
  Inner inner;
};
FANFARE_DESCRIBE(Outer::Inner, a);
FANFARE_DESCRIBE(Outer, inner);
}  // namespace described_elsewhere

namespace {

using described_elsewhere::Level;

// The five contracts.
struct Started {
  std::string jobId, status = "queued";
};
FANFARE_DESCRIBE(Started, jobId, status);
struct Choice {
  std::string jobId, promptId, choice;
};
FANFARE_DESCRIBE(Choice, jobId, promptId, choice);
struct Duplicate {
  std::string path;
};
FANFARE_EVENT(Duplicate, "duplicate", critical, path);
struct Broadcast {
  std::string event_type;
  Json data;
  std::string session_filter, subscription_filter;
};
FANFARE_DESCRIBE(Broadcast, event_type, data, session_filter, subscription_filter);
struct RequestCreated {
  int request_id = 0;
  std::string title;
};
FANFARE_EVENT(RequestCreated, "request_created", critical, request_id, title);
struct ProgressUpdate {
  int request_id = 0;
  double progress = 0;
  int eta = -1;
};
FANFARE_EVENT(ProgressUpdate, "progress_update", conflated_by("request_id"), request_id, progress, eta);
struct Hello {};
FANFARE_EVENT(Hello, "connected", critical);
struct Card {
  std::string title;
  double progress = 0;
};
FANFARE_DESCRIBE(Card, title, progress);
struct Board {
  using events = fanfare::Events<RequestCreated, ProgressUpdate>;
  std::map<int, Card> cards;
};
FANFARE_DESCRIBE(Board, cards);
struct Progress {
  std::string job_id, stage;
  double progress = 0;
  WallTime timestamp;
};
FANFARE_EVENT(Progress, "progress", conflated_by("stage"), job_id, stage, progress, timestamp);
struct Status {
  std::string jobId = {}, status = "queued";
  double progress = 0;
  std::string downloadUrl = {}, error = {};
};
FANFARE_EVENT(Status, "status", conflated_by_type, jobId, status, progress, downloadUrl, error);
struct Tick {
  bool odd = false;
};
FANFARE_EVENT(Tick, "tick", lossy, odd);

struct Node {
  std::string name;
  std::vector<Node> children;
};
FANFARE_DESCRIBE(Node, name, children);

struct Derived : Card {
  bool pinned = false;
};
struct DescribedDerived : Card {
  bool pinned = false;
};
FANFARE_DESCRIBE(DescribedDerived, pinned, title);

struct Wide {
  int a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0, a6 = 0, a7 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0,
      b5 = 0, b6 = 0, b7 = 0, c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0, d0 = 0, d1 = 0,
      d2 = 0, d3 = 0, d4 = 0, d5 = 0, d6 = 0, d7 = 0, e0 = 0, e1 = 0, e2 = 0, e3 = 0, e4 = 0, e5 = 0, e6 = 0,
      e7 = 0, f0 = 0, f1 = 0, f2 = 0, f3 = 0, f4 = 0, f5 = 0, f6 = 0, f7 = 0, g0 = 0, g1 = 0, g2 = 0, g3 = 0,
      g4 = 0, g5 = 0, g6 = 0, g7 = 0, h0 = 0, h1 = 0, h2 = 0, h3 = 0, h4 = 0, h5 = 0, h6 = 0, h7 = 0;
  friend bool operator==(const Wide&, const Wide&) = default;
};
FANFARE_EVENT(Wide, "wide", conflated_by("h7"), a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6,
              b7, c0, c1, c2, c3, c4, c5, c6, c7, d0, d1, d2, d3, d4, d5, d6, d7, e0, e1, e2, e3, e4, e5, e6,
              e7, f0, f1, f2, f3, f4, f5, f6, f7, g0, g1, g2, g3, g4, g5, g6, g7, h0, h1, h2, h3, h4, h5, h6,
              h7);

struct KeyedByLevel {
  Level level = Level::info;
};
FANFARE_EVENT(KeyedByLevel, "a", conflated_by("level"), level);
struct KeyedByBool {
  bool on = true;
};
FANFARE_EVENT(KeyedByBool, "b", conflated_by("on"), on);

struct NotDescribed {
  int a = 0;
};
enum class NotDescribedEither { a };

template <class T>
T read(std::string_view text) {
  CAPTURE(text);
  auto result = from_json<T>(text);
  INFO(result.detail());
  REQUIRE(result);
  return *std::move(result);
}

}  // namespace

// What counts as described.
static_assert(fanfare::Described<DescribedAtGlobalScope> && fanfare::Described<Board> &&
              fanfare::Described<Node>);
static_assert(fanfare::Described<described_elsewhere::Outer> && fanfare::Described<Level>);
static_assert(fanfare::Described<std::vector<std::optional<std::map<std::string, std::array<Level, 2>>>>>);
static_assert(fanfare::Described<std::unordered_map<std::uint8_t, Json>> &&
              fanfare::Described<std::set<Level>>);
static_assert(fanfare::Described<std::chrono::minutes> && fanfare::Described<WallTime>);
static_assert(!fanfare::Described<NotDescribed> && !fanfare::Described<NotDescribedEither>);
static_assert(!fanfare::Described<Derived> && fanfare::Described<DescribedDerived>);
static_assert(!fanfare::Described<std::vector<NotDescribed>> &&
              !fanfare::Described<std::optional<NotDescribed>>);
static_assert(!fanfare::Described<std::map<double, int>> && !fanfare::Described<std::multimap<int, int>>);
static_assert(!fanfare::Described<char> && !fanfare::Described<int*> && !fanfare::Described<const int>);
static_assert(!fanfare::Described<std::vector<char>> && !fanfare::Described<std::wstring>);
static_assert(!fanfare::Described<std::chrono::steady_clock::time_point>);
// Views own nothing, so they are only written.
static_assert(fanfare::Encodable<std::string_view> && !fanfare::Described<std::string_view>);
static_assert(fanfare::Encodable<std::vector<const char*>> && !fanfare::Described<std::vector<const char*>>);
static_assert(fanfare::Encodable<std::span<const Card>> && !fanfare::Described<std::span<const Card>>);
static_assert(!fanfare::Encodable<NotDescribed>);

static_assert(fanfare::DescribedEvent<Hello> && fanfare::DescribedEvent<Status> &&
              !fanfare::DescribedEvent<Card>);
static_assert(!fanfare::DescribedEvent<int> && !fanfare::DescribedEvent<NotDescribed>);
static_assert(fanfare::event_name<ProgressUpdate>() == "progress_update");
static_assert(fanfare::event_delivery<Hello>() == Delivery::critical);
static_assert(fanfare::event_delivery<Tick>() == Delivery::lossy);
static_assert(fanfare::event_delivery<Status>() == Delivery::conflated);
static_assert(fanfare::event_delivery<ProgressUpdate>() == Delivery::conflated);

static_assert(fanfare::contains_event<Board::events, ProgressUpdate> &&
              !fanfare::contains_event<Board::events, Hello>);
static_assert(!fanfare::contains_event<fanfare::Events<>, Hello>);

TEST_CASE("describe: structs become objects in the order of their description", "[core][describe]") {
  CHECK(to_json(Started{"job_1"}) == R"({"jobId":"job_1","status":"queued"})");
  CHECK(to_json(Hello{}) == "{}");
  CHECK(to_json(DescribedAtGlobalScope{{"a", "b"}}) == R"({"urls":["a","b"]})");
  CHECK(to_json(Progress{"j", "s", 42.5, fanfare::from_unix_milliseconds(1700000000123)}) ==
        R"({"job_id":"j","stage":"s","progress":42.5,"timestamp":1700000000123})");
  CHECK(to_json(Status{}) == R"({"jobId":"","status":"queued","progress":0,"downloadUrl":"","error":""})");
  CHECK(to_json(Board{{{7, {"x", 1}}, {-1, {"y", 2}}}}) ==
        R"({"cards":{"-1":{"title":"y","progress":2},"7":{"title":"x","progress":1}}})");
  CHECK(to_json(described_elsewhere::Outer{}) == R"({"inner":{"a":1}})");
}

TEST_CASE("describe: absent members keep their defaults and unknown ones are ignored", "[core][describe]") {
  const auto started = read<Started>(R"({"jobId":"a","more":[{"deep":1}]})");
  CHECK(started.jobId == "a");
  CHECK(started.status == "queued");
  CHECK(read<ProgressUpdate>("{}").eta == -1);
  (void)read<Hello>(R"({"anything":1})");
}

TEST_CASE("describe: of several members with one name the first counts", "[core][describe]") {
  CHECK(read<Duplicate>(R"({"path":"a","path":"b"})").path == "a");
  CHECK(read<std::map<std::string, int>>(R"({"a":1,"a":2})").at("a") == 1);
}

TEST_CASE("describe: a Json member takes and gives any value", "[core][describe]") {
  const auto body = read<Broadcast>(R"({"event_type":"system","data":{"a" : [1, "x", null]}})");
  CHECK(body.data.text == R"({"a":[1,"x",null]})");
  CHECK(to_json(body) ==
        R"({"event_type":"system","data":{"a":[1,"x",null]},"session_filter":"","subscription_filter":""})");
  CHECK(read<Broadcast>("{}").data.text == "null");
  CHECK(read<Broadcast>(R"({"data":null})").data.text == "null");
}

TEST_CASE("describe: what claims to be JSON is checked and put on one line", "[core][describe]") {
  CHECK(to_json(Json{"{\"a\":\r\n 1}"}) == "{\"a\":   1}");
  CHECK(to_json(Json{""}) == "null");
  CHECK(to_json(Json{"{} {}"}) == "null");
  CHECK(to_json(Json{"\"\xff\""}) == "null");
  CHECK(to_json(Json{R"({"a":1},"injected":{)"}) == "null");
}

TEST_CASE("describe: inherited members can be named but are not implied", "[core][describe]") {
  DescribedDerived derived;
  derived.title = "t";
  derived.progress = 5;
  CHECK(to_json(derived) == R"({"pinned":false,"title":"t"})");
  CHECK(read<DescribedDerived>(R"({"title":"x","pinned":true})").title == "x");
}

TEST_CASE("describe: a struct may contain itself in a container", "[core][describe]") {
  const Node tree{"a", {{"b", {}}, {"c", {{"d", {}}}}}};
  const std::string text = to_json(tree);
  CHECK(
      text ==
      R"({"name":"a","children":[{"name":"b","children":[]},{"name":"c","children":[{"name":"d","children":[]}]}]})");
  CHECK(to_json(read<Node>(text)) == text);
}

TEST_CASE("describe: sixty-four members fit", "[core][describe]") {
  Wide wide;
  wide.a0 = 1;
  wide.d7 = 2;
  wide.h7 = 3;
  CHECK(read<Wide>(to_json(wide)) == wide);
  CHECK(event_key(wide) == "3");
}

TEST_CASE("describe: the key is the named member as text", "[core][describe]") {
  CHECK(event_key(ProgressUpdate{-12, 1, 2}) == "-12");
  CHECK(event_key(Progress{"j", "encode", 1, {}}) == "encode");
  CHECK(event_key(KeyedByLevel{}) == "info");
  CHECK(event_key(KeyedByBool{}) == "true");
  CHECK(event_key(Status{"job_1"}).empty());
  CHECK(event_key(Hello{}).empty());
}

TEST_CASE("describe: enums are their enumerators' names", "[core][describe]") {
  CHECK(to_json(std::vector<Level>{Level::debug, Level::info, Level::warning}) ==
        R"(["debug","info","warning"])");
  CHECK(to_json(static_cast<Level>(99)) == "null");
  CHECK(read<Level>(R"("warning")") == Level::warning);
  CHECK(read<std::map<Level, int>>(R"({"info":5})").at(Level::info) == 5);
  CHECK(to_json(std::map<Level, int>{{Level::warning, 1}}) == R"({"warning":1})");
}

TEST_CASE("describe: integers keep their whole range", "[core][describe]") {
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK(to_json(std::vector{Limits::min(), Limits::max()}) == "[-9223372036854775808,9223372036854775807]");
  CHECK(read<std::int64_t>("-9223372036854775808") == Limits::min());
  CHECK(read<std::uint64_t>("18446744073709551615") == std::numeric_limits<std::uint64_t>::max());
  CHECK(read<std::int8_t>("-128") == -128);
  CHECK(read<std::uint8_t>("255") == 255);
  CHECK(to_json(std::uint8_t{65}) == "65");
  CHECK(read<std::map<std::uint64_t, int>>(R"({"18446744073709551615":1})").count(~0ull) == 1);
}

TEST_CASE("describe: numbers take integers and give null when there is none", "[core][describe]") {
  CHECK(read<double>("3") == 3);
  CHECK(read<double>("-0.5e-3") == -0.0005);
  CHECK(read<float>("0.5") == 0.5f);
  CHECK(to_json(std::nan("")) == "null");
  CHECK(to_json(std::numeric_limits<float>::infinity()) == "null");
  CHECK(to_json(0.1f) == "0.1");
}

TEST_CASE("describe: times are milliseconds and durations seconds", "[core][describe]") {
  using namespace std::chrono;
  CHECK(to_json(WallTime(microseconds(-1))) == "-1");
  CHECK(to_json(WallTime(microseconds(1999))) == "1");
  CHECK(read<WallTime>("1700000000123") == fanfare::from_unix_milliseconds(1700000000123));
  CHECK(fanfare::to_unix_milliseconds(read<WallTime>(to_json(WallTime::max()))) ==
        fanfare::to_unix_milliseconds(WallTime::max()));
  CHECK(to_json(milliseconds(1500)) == "1.5");
  CHECK(to_json(minutes(2)) == "120");
  CHECK(read<milliseconds>("1.5") == milliseconds(1500));
  CHECK(read<milliseconds>("0.0006") == milliseconds(1));
  CHECK(read<minutes>("120") == minutes(2));
  CHECK(read<duration<double>>("0.25").count() == 0.25);
  CHECK(read<nanoseconds>(to_json(nanoseconds(1'234'567'891))) == nanoseconds(1'234'567'891));
}

TEST_CASE("describe: containers are arrays and objects", "[core][describe]") {
  CHECK(to_json(std::array{1, 2, 3}) == "[1,2,3]");
  CHECK(to_json(std::vector<bool>{true, false}) == "[true,false]");
  CHECK(to_json(std::optional<int>()) == "null");
  CHECK(to_json(std::vector<std::optional<std::string>>{"a", std::nullopt}) == R"(["a",null])");
  CHECK(to_json(std::vector{"a"sv}) == R"(["a"])");
  CHECK(to_json("a"sv) == R"("a")");
  const std::vector<Card> cards{{"x", 1}};
  CHECK(to_json(std::span(cards)) == R"([{"title":"x","progress":1}])");

  CHECK(read<std::set<int>>("[3,1,3]") == std::set{1, 3});
  CHECK(read<std::list<int>>("[3,1]") == std::list{3, 1});
  CHECK(read<std::deque<bool>>("[true]") == std::deque{true});
  CHECK(read<std::array<int, 2>>("[3,1]") == std::array{3, 1});
  CHECK(read<std::vector<bool>>("[true,false]") == std::vector{true, false});
  CHECK_FALSE(read<std::optional<int>>("null").has_value());
  CHECK(read<std::optional<int>>("5") == 5);
  const auto map = read<std::unordered_map<std::string, std::vector<int>>>(R"({"a\u0000":[1]})");
  CHECK(map.at(std::string("a\0", 2)) == std::vector{1});
}

TEST_CASE("describe: text is always valid JSON", "[core][describe]") {
  CHECK(to_json(Duplicate{"a\"\\\n\x01\xff"}) == "{\"path\":\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD\"}");
  CHECK(to_json(std::map<std::string, int>{{"\n", 1}}) == "{\"\\n\":1}");
}

TEST_CASE("describe: values can be appended and read from a parsed value", "[core][describe]") {
  std::string out = "data: ";
  fanfare::write_json(out, Duplicate{"a"});
  CHECK(out == R"(data: {"path":"a"})");

  std::string envelope;
  fanfare::wire::JsonWriter json(envelope);
  json.begin_object().key("data");
  fanfare::write_json(json, Duplicate{"a"});
  json.member("n", 1).end_object();
  CHECK(envelope == R"({"data":{"path":"a"},"n":1})");

  fanfare::JsonDocument document;
  REQUIRE_FALSE(document.parse(envelope));
  const auto duplicate = from_json<Duplicate>(document.root().member("data"));
  REQUIRE(duplicate);
  CHECK(duplicate->path == "a");
}

TEST_CASE("describe: an event is found by its name among those listed", "[core][describe]") {
  std::string seen;
  const auto visit = [&seen](std::string_view name, std::string_view json) {
    return fanfare::visit_event(Board::events{}, name, json, [&seen]<class E>(const E& event) {
      seen = std::string(fanfare::event_name<E>()) + " " + to_json(event);
    });
  };
  auto found = visit("progress_update", R"({"request_id":4})");
  REQUIRE(found);
  CHECK(*found);
  CHECK(seen == R"(progress_update {"request_id":4,"progress":0,"eta":-1})");

  found = visit("connected", "not even JSON");
  REQUIRE(found);
  CHECK_FALSE(*found);

  found = visit("request_created", R"({"title":1})");
  REQUIRE_FALSE(found);
  CHECK(found.error() == fanfare::Error::wrong_type);
  CHECK(found.detail() == "title: expected a string");
}
