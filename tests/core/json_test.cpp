#include <fanfare/core/json.hpp>
#include <fanfare/error.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using fanfare::Error;
using fanfare::Json;
using fanfare::JsonDocument;
using fanfare::JsonType;
using fanfare::JsonValue;

static_assert(std::is_trivially_copyable_v<JsonValue>);
static_assert(!std::is_copy_constructible_v<JsonDocument> &&
              std::is_nothrow_move_constructible_v<JsonDocument>);

namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + "1" + std::string(depth, ']');
}

std::string again(std::string_view text) {
  JsonDocument document;
  REQUIRE_FALSE(document.parse(text));
  std::string out;
  document.root().append_to(out);
  return out;
}

}  // namespace

TEST_CASE("json: text is null unless said otherwise", "[core][json]") {
  CHECK(Json{}.text == "null");
  CHECK(Json{R"({"no":17})"}.text == R"({"no":17})");
  CHECK(Json{"1"} == Json{"1"});
}

TEST_CASE("json: only whole values are valid", "[core][json]") {
  for (const char* text :
       {"null", "true", " 1 ", "-0", "1.5e3", "\"a\"", "[]", "{}", "\r\n[1,\n2]\t", "\"\\ud83d\\ude00\"",
        "18446744073709551615", "-9223372036854775808", "\"\x7f\""}) {
    CAPTURE(text);
    CHECK(fanfare::is_valid_json(text));
  }
  for (const char* text : {"",
                           " ",
                           "nul",
                           "1 2",
                           "01",
                           "+1",
                           ".5",
                           "1.",
                           "[1,]",
                           "[1",
                           "{\"a\":1",
                           "{\"a\"}",
                           "{a:1}",
                           "'a'",
                           "\"a",
                           "\"\n\"",
                           "\"\\x\"",
                           "NaN",
                           "Infinity",
                           "//a\n1",
                           "[1]]",
                           "\xEF\xBB\xBF"
                           "1"}) {
    CAPTURE(text);
    CHECK(fanfare::validate_json(text) == Error::invalid_json);
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(fanfare::is_valid_json("1\0"sv));
  CHECK_FALSE(fanfare::is_valid_json("\"\0\""sv));
}

TEST_CASE("json: text must be UTF-8 without lone surrogates", "[core][json]") {
  for (const char* text : {"\"\xff\"", "\"\xc3\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                           "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\""}) {
    CAPTURE(text);
    CHECK(fanfare::validate_json(text) == Error::invalid_json);
  }
}

TEST_CASE("json: numbers must fit", "[core][json]") {
  CHECK_FALSE(fanfare::is_valid_json("18446744073709551616"));
  CHECK_FALSE(fanfare::is_valid_json("1e999"));
  CHECK(fanfare::is_valid_json("1e-999"));
}

TEST_CASE("json: nesting is bounded whatever the length", "[core][json]") {
  const std::string blanks(100'000, ' ');  // larger than the parser's first buffers
  CHECK(fanfare::is_valid_json(nested(fanfare::max_json_depth)));
  CHECK(fanfare::is_valid_json(blanks + nested(fanfare::max_json_depth)));
  CHECK_FALSE(fanfare::is_valid_json(nested(fanfare::max_json_depth + 1)));
  CHECK_FALSE(fanfare::is_valid_json(blanks + nested(fanfare::max_json_depth + 1)));

  JsonDocument document;
  CHECK(document.parse(std::string(1'000'000, '[')) == Error::invalid_json);
  CHECK(document.parse(nested(100'000)) == Error::invalid_json);
  CHECK(document.detail() == "JSON nested too deep");
}

TEST_CASE("json: normalized text is one line", "[core][json]") {
  std::string text = "{\r\n  \"a\": [1,\n2],\r\"b\": \"x\\ny\"}\n";
  CHECK_FALSE(fanfare::normalize_json(text));
  CHECK(text == "{    \"a\": [1, 2], \"b\": \"x\\ny\"} ");
  text.clear();
  CHECK_FALSE(fanfare::normalize_json(text));
  CHECK(text == "null");
  text = "[1,\n";
  CHECK(fanfare::normalize_json(text) == Error::invalid_json);
  CHECK(text == "[1,\n");
}

TEST_CASE("json: a document says why it could not be parsed", "[core][json]") {
  JsonDocument document;
  CHECK(document.parse("") == Error::invalid_json);
  CHECK(document.detail() == "not valid JSON: the text is empty");
  CHECK(document.parse("\"\xff\"") == Error::invalid_json);
  CHECK(document.detail() == "not valid JSON: not UTF-8");
  CHECK(document.parse("[1,") == Error::invalid_json);
  CHECK(document.detail() == "not valid JSON");
  CHECK(document.root().type() == JsonType::absent);
  CHECK_FALSE(document.parse("[1]"));
  CHECK(document.detail().empty());
  CHECK(document.root().type() == JsonType::array);
  CHECK(document.parse("]") == Error::invalid_json);
  CHECK_FALSE(document.root());
}

TEST_CASE("json: values have types and convert only integers to doubles", "[core][json]") {
  JsonDocument document;
  REQUIRE_FALSE(document.parse(R"([null,true,-1,18446744073709551615,1.5,"a\u0000b",[],{}])"));
  std::vector<JsonValue> values;
  CHECK(document.root().for_each_element([&](JsonValue value) {
    values.push_back(value);
    return true;
  }));
  REQUIRE(values.size() == 8);
  const JsonType types[] = {JsonType::null,   JsonType::boolean, JsonType::integer, JsonType::integer,
                            JsonType::number, JsonType::string,  JsonType::array,   JsonType::object};
  for (std::size_t i = 0; i < 8; ++i) CHECK(values[i].type() == types[i]);

  bool truth = false;
  CHECK((values[1].get(truth) && truth));
  std::int64_t number = 5;
  CHECK((values[2].get(number) && number == -1));
  CHECK_FALSE(values[3].get(number));
  CHECK_FALSE(values[4].get(number));
  CHECK_FALSE(values[1].get(number));
  CHECK(number == -1);
  std::uint64_t large = 0;
  CHECK((values[3].get(large) && large == std::numeric_limits<std::uint64_t>::max()));
  CHECK_FALSE(values[2].get(large));
  double fraction = 0;
  CHECK((values[4].get(fraction) && fraction == 1.5));
  CHECK((values[2].get(fraction) && fraction == -1));
  CHECK_FALSE(values[5].get(fraction));
  std::string_view text;
  CHECK((values[5].get(text) && text == std::string_view("a\0b", 3)));
  CHECK_FALSE(values[4].get(text));
}

TEST_CASE("json: an absent value has nothing", "[core][json]") {
  const JsonValue absent;
  double number = 0;
  CHECK_FALSE(absent);
  CHECK_FALSE(absent.get(number));
  CHECK_FALSE(absent.member("a"));
  CHECK_FALSE(absent.for_each_element([](JsonValue) { return true; }));
  CHECK_FALSE(absent.for_each_member([](std::string_view, JsonValue) { return true; }));
  std::string out;
  absent.append_to(out);
  CHECK(out == "null");
}

TEST_CASE("json: members are found by name and the first of a name counts", "[core][json]") {
  JsonDocument document;
  REQUIRE_FALSE(document.parse(R"({"a":{"b":1},"a":2,"\u0063":3})"));
  std::int64_t number = 0;
  CHECK((document.root().member("a").member("b").get(number) && number == 1));
  CHECK((document.root().member("c").get(number) && number == 3));
  CHECK_FALSE(document.root().member("x"));
  CHECK_FALSE(document.root().member("c").member("x"));

  std::string names;
  CHECK_FALSE(document.root().for_each_member([&](std::string_view name, JsonValue) {
    names += name;
    return names.size() < 2;
  }));
  CHECK(names == "aa");
}

TEST_CASE("json: a value is written again without blanks", "[core][json]") {
  CHECK(again(" { \"a\" : [ 1 , -2.5 , true , null , \"\\u00e9\\n\" ] , \"b\" : { } } ") ==
        "{\"a\":[1,-2.5,true,null,\"\xc3\xa9\\n\"],\"b\":{}}");
  CHECK(again("18446744073709551615") == "18446744073709551615");
  CHECK(again("1e22") == "1e+22");
  CHECK(again(nested(fanfare::max_json_depth)) == nested(fanfare::max_json_depth));
}

TEST_CASE("json: documents nest and move and change threads", "[core][json]") {
  JsonDocument outer;
  REQUIRE_FALSE(outer.parse(R"(["outer"])"));
  JsonDocument inner;
  REQUIRE_FALSE(inner.parse(R"(["inner"])"));
  const JsonValue value = outer.root();
  JsonDocument moved = std::move(outer);
  CHECK_FALSE(outer.root());  // NOLINT(bugprone-use-after-move): it is documented to be absent
  std::string text;
  value.append_to(text);
  CHECK(text == R"(["outer"])");

  std::thread([document = std::move(moved)] { CHECK(document.root().type() == JsonType::array); }).join();
  inner = JsonDocument();
  CHECK_FALSE(inner.root());
  REQUIRE_FALSE(outer.parse("[1]"));
  CHECK(outer.root().type() == JsonType::array);
}
