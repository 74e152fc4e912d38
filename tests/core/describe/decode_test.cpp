// What is wrong with an input is said exactly; and what was written reads back, whatever it was.
#include <fanfare/core/describe.hpp>
#include <fanfare/core/wall_time.hpp>

#include "support/catch.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <vector>

using fanfare::Error;
using fanfare::from_json;
using fanfare::Json;
using fanfare::to_json;

namespace {

enum class Color : std::uint8_t { red, green = 200 };
FANFARE_ENUM(Color, red, green);

struct Options {
  std::optional<double> rate;
  std::uint8_t retries = 3;
  std::chrono::milliseconds timeout{100};
  friend bool operator==(const Options&, const Options&) = default;
};
FANFARE_DESCRIBE(Options, rate, retries, timeout);

struct Everything {
  bool flag = false;
  std::int8_t i8 = 0;
  std::uint16_t u16 = 0;
  int i32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  double number = 0;
  float single = 0;
  std::string text;
  Color color = Color::red;
  Options options;
  std::optional<Options> maybe;
  std::vector<std::string> urls;
  std::vector<bool> flags;
  std::vector<std::vector<Color>> grid;
  std::array<int, 3> triple{};
  std::set<std::string> tags;
  std::map<int, Options> by_number;
  std::unordered_map<std::string, std::int64_t> by_name;
  std::map<Color, double> by_color;
  fanfare::WallTime when;
  std::chrono::seconds wait{0};
  Json raw;
  friend bool operator==(const Everything&, const Everything&) = default;
};
FANFARE_DESCRIBE(Everything, flag, i8, u16, i32, i64, u64, number, single, text, color, options, maybe, urls,
                 flags, grid, triple, tags, by_number, by_name, by_color, when, wait, raw);

struct Node {
  std::vector<Node> children;
};
FANFARE_DESCRIBE(Node, children);

struct BadInput {
  std::string text;
  Error error;
  std::string detail;
};

void check_all(const std::vector<BadInput>& inputs) {
  for (const BadInput& input : inputs) {
    CAPTURE(input.text);
    const auto result = from_json<Everything>(input.text);
    CHECK_FALSE(result);
    CHECK(result.error() == input.error);
    CHECK(result.detail() == input.detail);
  }
}

/// Random values of every supported kind.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  void operator()(std::string_view, auto& member) { fill(member); }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void fill(bool& out) { out = below(2) == 1; }
  void fill(double& out) {
    do {
      out = std::bit_cast<double>(random_());
    } while (!std::isfinite(out));
    if (below(4) == 0) out = static_cast<double>(below(1000)) / 8;
  }
  void fill(float& out) {
    out = static_cast<float>(static_cast<std::int64_t>(below(2'000'000)) - 1'000'000) / 64;
  }
  void fill(std::string& out) {
    static constexpr const char* pieces[] = {
        "a",    "\"",        "\\",       "\n",           "\r\n",
        "\x01", "\x7f",      "\xc3\xa9", "\xe2\x80\xa8", "\xf0\x9f\x98\x80",
        "/",    "</script>", " ",        "\\u0000",      "{",
        "]"};
    out.clear();
    for (std::uint64_t i = below(12); i > 0; --i) out += pieces[below(std::size(pieces))];
    if (below(8) == 0) out.push_back('\0');
  }
  void fill(Color& out) { out = below(2) == 1 ? Color::red : Color::green; }
  void fill(Json& out) {
    std::string text;
    fill(text);
    out.text = to_json(std::map<std::string, std::string>{{text, text}});
  }
  void fill(fanfare::WallTime& out) {
    out = fanfare::from_unix_milliseconds(static_cast<std::int64_t>(below(8'000'000'000'000)) -
                                          4'000'000'000'000);
  }
  template <class Rep, class Period>
  void fill(std::chrono::duration<Rep, Period>& out) {
    out = std::chrono::duration<Rep, Period>(static_cast<std::int64_t>(below(1ull << 50)) -
                                             (std::int64_t{1} << 49));
  }
  template <class T>
  requires std::is_integral_v<T>
  void fill(T& out) {
    using Limits = std::numeric_limits<T>;
    const T edges[] = {Limits::min(), Limits::max(), T{0}};
    out = below(4) == 0 ? edges[below(3)] : static_cast<T>(random_());
  }
  template <class T>
  void fill(std::optional<T>& out) {
    out.reset();
    if (below(2) == 1) fill(out.emplace());
  }
  template <class T>
  void fill(std::vector<T>& out) {
    out.clear();
    for (std::uint64_t i = below(5); i > 0; --i) {
      T item{};
      fill(item);
      out.push_back(item);
    }
  }
  void fill(std::array<int, 3>& out) {
    for (int& item : out) fill(item);
  }
  void fill(std::set<std::string>& out) {
    std::vector<std::string> items;
    fill(items);
    out = {items.begin(), items.end()};
  }
  template <class M>
  requires requires { typename M::mapped_type; }
  void fill(M& out) {
    out.clear();
    for (std::uint64_t i = below(5); i > 0; --i) {
      typename M::key_type key{};
      fill(key);
      fill(out[key]);
    }
  }
  void fill(Options& out) { fanfare_visit(fanfare::detail::Tag<Options>{}, out, *this); }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("decode: a wrong type is named with its path", "[core][describe]") {
  check_all({
      {"[]", Error::wrong_type, "expected an object"},
      {R"({"text":1,"i32":"a"})", Error::wrong_type, "i32: expected an integer"},  // the first as described
      {"null", Error::wrong_type, "expected an object"},
      {R"({"flag":1})", Error::wrong_type, "flag: expected true or false"},
      {R"({"flag":"true"})", Error::wrong_type, "flag: expected true or false"},
      {R"({"flag":null})", Error::wrong_type, "flag: expected true or false"},
      {R"({"i32":"1"})", Error::wrong_type, "i32: expected an integer"},
      {R"({"i32":1.5})", Error::wrong_type, "i32: expected an integer"},
      {R"({"i32":1.0})", Error::wrong_type, "i32: expected an integer"},
      {R"({"i32":true})", Error::wrong_type, "i32: expected an integer"},
      {R"({"u64":null})", Error::wrong_type, "u64: expected an integer"},
      {R"({"number":"1"})", Error::wrong_type, "number: expected a number"},
      {R"({"number":false})", Error::wrong_type, "number: expected a number"},
      {R"({"single":[]})", Error::wrong_type, "single: expected a number"},
      {R"({"text":1})", Error::wrong_type, "text: expected a string"},
      {R"({"color":1})", Error::wrong_type, "color: expected one of \"red\", \"green\""},
      {R"({"options":[]})", Error::wrong_type, "options: expected an object"},
      {R"({"options":null})", Error::wrong_type, "options: expected an object"},
      {R"({"options":{"rate":"5"}})", Error::wrong_type, "options.rate: expected a number"},
      {R"({"options":{"timeout":"5"}})", Error::wrong_type, "options.timeout: expected a number of seconds"},
      {R"({"maybe":7})", Error::wrong_type, "maybe: expected an object"},
      {R"({"urls":"a"})", Error::wrong_type, "urls: expected an array of strings"},
      {R"({"urls":{"0":"a"}})", Error::wrong_type, "urls: expected an array of strings"},
      {R"({"urls":["a",["b"]]})", Error::wrong_type, "urls[1]: expected a string"},
      {R"({"flags":1})", Error::wrong_type, "flags: expected an array of truth values"},
      {R"({"grid":1})", Error::wrong_type, "grid: expected an array of arrays"},
      {R"({"grid":[1]})", Error::wrong_type, "grid[0]: expected an array of strings"},
      {R"({"grid":[[],["red",1]]})", Error::wrong_type, "grid[1][1]: expected one of \"red\", \"green\""},
      {R"({"triple":[1,2]})", Error::wrong_type, "triple: expected an array of 3 integers"},
      {R"({"triple":[1,2,3,4]})", Error::wrong_type, "triple: expected an array of 3 integers"},
      {R"({"triple":7})", Error::wrong_type, "triple: expected an array of 3 integers"},
      {R"({"triple":[1,"2",3]})", Error::wrong_type, "triple[1]: expected an integer"},
      {R"({"tags":["a",1]})", Error::wrong_type, "tags[1]: expected a string"},
      {R"({"by_number":[]})", Error::wrong_type, "by_number: expected an object"},
      {R"({"by_number":{"7":{"retries":"3"}}})", Error::wrong_type,
       "by_number[\"7\"].retries: expected an integer"},
      {R"({"by_name":{"a":1,"b\n":"2"}})", Error::wrong_type, "by_name[\"b\\n\"]: expected an integer"},
      {R"({"when":"2024-01-01"})", Error::wrong_type, "when: expected an integer"},
  });
}

TEST_CASE("decode: a value out of range is told apart from a wrong type", "[core][describe]") {
  check_all({
      {R"({"i8":128})", Error::out_of_range, "i8: expected an integer from -128 to 127"},
      {R"({"i8":-129})", Error::out_of_range, "i8: expected an integer from -128 to 127"},
      {R"({"u16":-1})", Error::out_of_range, "u16: expected an integer from 0 to 65535"},
      {R"({"u16":65536})", Error::out_of_range, "u16: expected an integer from 0 to 65535"},
      {R"({"i64":9223372036854775808})", Error::out_of_range,
       "i64: expected an integer from -9223372036854775808 to 9223372036854775807"},
      {R"({"u64":-1})", Error::out_of_range, "u64: expected an integer from 0 to 18446744073709551615"},
      {R"({"single":1e39})", Error::out_of_range, "single: expected a number within single precision"},
      {R"({"color":"blue"})", Error::out_of_range, "color: expected one of \"red\", \"green\""},
      {R"({"color":""})", Error::out_of_range, "color: expected one of \"red\", \"green\""},
      {R"({"by_color":{"blue":1}})", Error::out_of_range,
       "by_color[\"blue\"]: expected one of \"red\", \"green\""},
      {R"({"when":9223372036855})", Error::out_of_range,
       "when: expected an integer from -9223372036854 to 9223372036854"},
      {R"({"wait":9.3e18})", Error::out_of_range,
       "wait: expected a number of seconds that its type can hold"},
      {R"({"wait":-1e300})", Error::out_of_range,
       "wait: expected a number of seconds that its type can hold"},
      {R"({"options":{"retries":256}})", Error::out_of_range,
       "options.retries: expected an integer from 0 to 255"},
  });
}

TEST_CASE("decode: an integer key has one spelling", "[core][describe]") {
  for (const char* key : {"", "a", "01", "-0", "+1", " 1", "1 ", "1.0", "0x1", "2147483648", "--1", "-"}) {
    CAPTURE(key);
    const auto result = from_json<std::map<int, int>>(to_json(std::map<std::string, int>{{key, 1}}));
    CHECK(result.error() == Error::wrong_type);
    CHECK(result.detail() ==
          "[\"" + std::string(key) + "\"]: expected an integer from -2147483648 to 2147483647 as the name");
  }
  const auto good = from_json<std::map<int, int>>(R"({"0":1,"-2147483648":2})");
  REQUIRE(good);
  CHECK(good->size() == 2);
  CHECK(from_json<std::map<std::uint8_t, int>>(R"({"256":1})").detail() ==
        "[\"256\"]: expected an integer from 0 to 255 as the name");
  CHECK_FALSE(from_json<std::map<std::uint8_t, int>>(R"({"-1":1})"));
}

TEST_CASE("decode: what is no JSON is said to be none", "[core][describe]") {
  check_all({
      {"", Error::invalid_json, "not valid JSON: the text is empty"},
      {"{", Error::invalid_json, "not valid JSON"},
      {R"({"text":"a"} x)", Error::invalid_json, "not valid JSON"},
      {"{\"text\":\"\xff\"}", Error::invalid_json, "not valid JSON: not UTF-8"},
      {R"({"number":NaN})", Error::invalid_json, "not valid JSON"},
  });
  CHECK(from_json<Everything>(fanfare::JsonValue()).detail() == "expected an object");
}

TEST_CASE("decode: a long name of the input is shortened in the detail", "[core][describe]") {
  std::string name(39, 'n');
  name += "\xc3\xa9";  // its second byte would be the 41st
  name += std::string(10'000, 'n');
  const auto result =
      from_json<std::map<std::string, int>>(to_json(std::map<std::string, bool>{{name, true}}));
  CHECK(result.detail() == "[\"" + std::string(39, 'n') + "...\"]: expected an integer");
}

TEST_CASE("decode: nesting is bounded for types that contain themselves", "[core][describe]") {
  const auto chain = [](std::size_t length) {
    std::string text;
    for (std::size_t i = 0; i < length; ++i) text += R"({"children":[)";
    text += "{}";
    for (std::size_t i = 0; i < length; ++i) text += "]}";
    return text;
  };
  CHECK(from_json<Node>(chain(60)));
  CHECK(from_json<Node>(chain(10'000)).error() == Error::invalid_json);

  const auto wrong = from_json<Node>(R"({"children":[{},{"children":[{"children":1}]}]})");
  CHECK(wrong.detail() == "children[1].children[0].children: expected an array of objects");
}

TEST_CASE("decode: every cut of a valid text is refused", "[core][describe]") {
  Maker maker(7);
  Everything value;
  fanfare_visit(fanfare::detail::Tag<Everything>{}, value, maker);
  const std::string text = to_json(value);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CHECK(from_json<Everything>(std::string_view(text).substr(0, size)).error() == Error::invalid_json);
  }
}

TEST_CASE("decode: random values read back as they were written", "[core][describe]") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    Maker maker(seed);
    Everything value;
    fanfare_visit(fanfare::detail::Tag<Everything>{}, value, maker);
    const std::string text = to_json(value);
    const auto back = from_json<Everything>(text);
    INFO(text);
    INFO(back.detail());
    REQUIRE(back);
    REQUIRE(*back == value);
    REQUIRE(to_json(*back).size() == text.size());
  }
}

TEST_CASE("decode: damaged text is refused or read but never harmful", "[core][describe]") {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    CAPTURE(seed);
    Maker maker(seed);
    Everything value;
    fanfare_visit(fanfare::detail::Tag<Everything>{}, value, maker);
    std::string text = to_json(value);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 3; ++i) text[random() % text.size()] = static_cast<char>(random());
    const auto result = from_json<Everything>(text);
    REQUIRE(result.has_value() == result.detail().empty());
    if (result) REQUIRE(fanfare::is_valid_json(to_json(*result)));
  }
}
