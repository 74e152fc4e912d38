#include "support/catch.hpp"
#include "support/whatwg.hpp"

#include <fanfare/wire/json_writer.hpp>

#include <simdjson.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace fanfare::wire;
using namespace std::string_view_literals;

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

template <class T>
std::string number(T value) {
  std::string out;
  append_json_number(out, value);
  return out;
}

// Whether the text is one string of JSON that says what a browser would have decoded from the bytes.
bool reads_back(simdjson::dom::parser& parser, std::string_view bytes) {
  std::string_view read;
  if (parser.parse(std::string("[") + quoted(bytes) + "]").at(0).get_string().get(read)) return false;
  return read == whatwg::utf8_decode_without_bom(bytes);
}

}  // namespace

TEST_CASE("json: quotes, backslashes and control characters are escaped", "[wire][json]") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain text") == R"("plain text")");
  CHECK(quoted("say \"hi\"") == R"("say \"hi\"")");
  CHECK(quoted(R"(C:\disk)") == R"("C:\\disk")");
  CHECK(quoted("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(quoted(std::string_view("\0\x01\x1f", 3)) == R"("\u0000\u0001\u001f")");
  CHECK(quoted("\x7F/</script>") == "\"\x7F/</script>\"");
  CHECK(quoted("caf\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\x98\x80") ==
        "\"caf\xC3\xA9 \xE2\x80\xA8 \xF0\x9F\x98\x80\"");
}

TEST_CASE("json: a special byte is found at every offset", "[wire][json]") {
  simdjson::dom::parser parser;
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t before = 0; before < 18; ++before) {
      for (std::size_t after = 0; after < 10; ++after) {
        const std::string text = std::string(before, '~') + static_cast<char>(byte) + std::string(after, ' ');
        if (!reads_back(parser, text)) FAIL("byte " << byte << " after " << before << " before " << after);
      }
    }
  }
}

TEST_CASE("json: invalid UTF-8 becomes U+FFFD and the rest is kept", "[wire][json]") {
  CHECK(quoted("a\xFF"
               "b") ==
        "\"a\xEF\xBF\xBD"
        "b\"");
  CHECK(quoted("\xED\xA0\x80") == "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(quoted("cut \xE2\x82") == "\"cut \xEF\xBF\xBD\"");
  CHECK(quoted("\xE2\x82\"") == "\"\xEF\xBF\xBD\\\"\"");
}

TEST_CASE("json: random strings read back", "[wire][json]") {
  const std::string_view bytes = "\0\x01\n\"\\/u az\x7F\x80\xA0\xBF\xC2\xC3\xE0\xE2\xED\xEF\xF0\xF4\xFF"sv;
  simdjson::dom::parser parser;
  for (unsigned seed = 1; seed <= 20000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text;
    for (auto n = random() % 60; n > 0; --n) text += random() % 2 ? 'x' : bytes[random() % bytes.size()];
    if (!reads_back(parser, text)) FAIL("seed " << seed);
  }
}

TEST_CASE("json: integers at their limits", "[wire][json]") {
  CHECK(number(0) == "0");
  CHECK(number(-1) == "-1");
  CHECK(number(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(number(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
  CHECK(number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(number(std::numeric_limits<long long>::min()) == "-9223372036854775808");
  CHECK(number(std::numeric_limits<unsigned long long>::max()) == "18446744073709551615");
  CHECK(number(std::int8_t{-128}) == "-128");
  CHECK(number(std::uint8_t{255}) == "255");
  CHECK(number(short{-7}) == "-7");
}

TEST_CASE("json: doubles are short, and null when JSON has no word for them", "[wire][json]") {
  CHECK(number(0.0) == "0");
  CHECK(number(-0.0) == "-0");
  CHECK(number(0.1) == "0.1");
  CHECK(number(42.5) == "42.5");
  CHECK(number(100.0) == "100");
  CHECK(number(0.1f) == "0.1");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(-std::numeric_limits<double>::infinity()) == "null");
  CHECK(number(std::numeric_limits<float>::infinity()) == "null");
  CHECK(number(std::numeric_limits<float>::quiet_NaN()) == "null");
}

TEST_CASE("json: doubles of any bits read back as the same bits", "[wire][json]") {
  simdjson::dom::parser parser;
  const auto check = [&parser](double value) {
    double read = 0;
    const std::string text = number(value);
    if (parser.parse("[" + text + "]").at(0).get_double().get(read)) return false;
    // simdjson reads "-0" as the integer 0.
    return text.size() <= 25 && (std::bit_cast<std::uint64_t>(read) == std::bit_cast<std::uint64_t>(value) ||
                                 (value == 0 && read == 0));
  };
  using Limits = std::numeric_limits<double>;
  for (const double value : {Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min(),
                             -Limits::denorm_min(), 9007199254740993.0, 1e15, 1e16, 1e17, 1e22, 123456e-9}) {
    CAPTURE(value);
    CHECK(check(value));
  }
  for (unsigned seed = 1; seed <= 100000; ++seed) {
    const double value = std::bit_cast<double>(std::mt19937_64(seed)());
    if (std::isfinite(value) && !check(value)) FAIL("seed " << seed);
  }
}

TEST_CASE("json: floats of any bits read back as the same bits", "[wire][json]") {
  std::mt19937 random(1);
  for (unsigned step = 1; step <= 100000; ++step) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    const std::string text = number(value);
    float read = 0;
    std::from_chars(text.data(), text.data() + text.size(), read);
    if (std::bit_cast<std::uint32_t>(read) != std::bit_cast<std::uint32_t>(value)) FAIL("step " << step);
  }
}

TEST_CASE("json: the writer puts commas where they belong", "[wire][json]") {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("text", "a\"b")
      .member("string", std::string("s"))
      .member("view", std::string_view("v"))
      .member("no", static_cast<const char*>(nullptr))
      .member("nothing", nullptr)
      .member("yes", true)
      .member("int", -3)
      .member("size", std::size_t{7})
      .member("double", 2.5)
      .member("float", 0.25f);
  json.key("empty").begin_array().end_array();
  json.key("hollow").begin_object().end_object();
  json.key("list").begin_array().value(1).begin_array().value(2).end_array().begin_object().end_object();
  json.begin_object().member("deep", false).end_object().value("end").end_array();
  json.key("raw").raw(R"({"a":[1,2]})").member("last", nullptr).end_object();
  CHECK(out ==
        R"({"text":"a\"b","string":"s","view":"v","no":null,"nothing":null,"yes":true,"int":-3,"size":7,)"
        R"("double":2.5,"float":0.25,"empty":[],"hollow":{},"list":[1,[2],{},{"deep":false},"end"],)"
        R"("raw":{"a":[1,2]},"last":null})");
}

TEST_CASE("json: the writer appends behind what the string holds", "[wire][json]") {
  std::string out = "data: ";
  JsonWriter(out).begin_array().value("x").end_array();
  CHECK(out == R"(data: ["x"])");
}

namespace {

// Writes a random document twice: by the writer, and as a list of what simdjson should find, in order.
void write_random(JsonWriter& json, std::mt19937_64& random, std::vector<std::string>& expected, int depth) {
  switch (random() % (depth > 0 ? 6 : 4)) {
    case 0: {
      const auto n = static_cast<std::int64_t>(random());
      json.value(n);
      expected.push_back(std::to_string(n));
      break;
    }
    case 1: json.value(true), expected.push_back("true"); break;
    case 2: json.value("\"\n\\"), expected.push_back("\"\n\\"); break;
    case 3: json.value(nullptr), expected.push_back("null"); break;
    case 4:
      json.begin_array(), expected.push_back("[");
      for (auto n = random() % 4; n > 0; --n) write_random(json, random, expected, depth - 1);
      json.end_array(), expected.push_back("]");
      break;
    default:
      json.begin_object(), expected.push_back("{");
      for (auto n = random() % 4; n > 0; --n) {
        json.key(std::string(n, 'k')), expected.push_back(std::string(n, 'k'));
        write_random(json, random, expected, depth - 1);
      }
      json.end_object(), expected.push_back("}");
  }
}

void flatten(simdjson::dom::element element, std::vector<std::string>& found) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::ARRAY:
      found.push_back("[");
      for (auto item : simdjson::dom::array(element)) flatten(item, found);
      found.push_back("]");
      break;
    case element_type::OBJECT:
      found.push_back("{");
      for (auto field : simdjson::dom::object(element)) {
        found.emplace_back(field.key);
        flatten(field.value, found);
      }
      found.push_back("}");
      break;
    case element_type::INT64: found.push_back(std::to_string(std::int64_t(element))); break;
    case element_type::STRING: found.emplace_back(std::string_view(element)); break;
    case element_type::BOOL: found.push_back(bool(element) ? "true" : "false"); break;
    case element_type::NULL_VALUE: found.push_back("null"); break;
    default: found.push_back("?");
  }
}

}  // namespace

TEST_CASE("json: random documents read back with every value in its place", "[wire][json]") {
  simdjson::dom::parser parser;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::string out;
    std::vector<std::string> expected{"["}, found;
    JsonWriter json(out);
    json.begin_array();
    write_random(json, random, expected, 5);
    json.end_array();
    expected.push_back("]");
    simdjson::dom::element root;
    REQUIRE(parser.parse(out).get(root) == simdjson::SUCCESS);
    flatten(root, found);
    REQUIRE(found == expected);
  }
}
