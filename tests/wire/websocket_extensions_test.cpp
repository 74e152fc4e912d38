#include <fanfare/error.hpp>
#include <fanfare/wire/websocket_extensions.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace fanfare::wire;
using fanfare::Error;

namespace {

// "a; b=c, d" as it was understood: "a;b=c,d"
std::string parsed(std::string_view value) {
  std::vector<WebSocketExtension> extensions;
  const std::error_code error = parse_websocket_extensions(value, extensions);
  if (error)
    return error == Error::too_long ? "too long" : error == Error::malformed ? "malformed" : "another";
  std::string out;
  for (const WebSocketExtension& extension : extensions) {
    out += (out.empty() ? "" : ",") + extension.name;
    for (const ExtensionParameter& parameter : extension.parameters) {
      out += ';' + parameter.name;
      if (parameter.value) out += '=' + *parameter.value;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("websocket extensions: sec 9-1 what follows the grammar", "[wire][websocket]") {
  CHECK(parsed("foo") == "foo");
  CHECK(parsed("foo, bar; baz=2") == "foo,bar;baz=2");
  CHECK(parsed("deflate-stream") == "deflate-stream");
  CHECK(parsed("mux; max-channels=4; flow-control, deflate-stream") ==
        "mux;max-channels=4;flow-control,deflate-stream");
  CHECK(parsed("private-extension") == "private-extension");
  CHECK(parsed("permessage-deflate; client_max_window_bits; server_max_window_bits=10") ==
        "permessage-deflate;client_max_window_bits;server_max_window_bits=10");
  CHECK(parsed("a;b;b;b=1,a") == "a;b;b;b=1,a");
  CHECK(parsed(" \ta ;\tb = c , d ; e\t") == "a;b=c,d;e");
  CHECK(parsed(",, a ,,b, ,") == "a,b");
}

TEST_CASE("websocket extensions: sec 9-1 a quoted value must be a token once it is unescaped",
          "[wire][websocket]") {
  CHECK(parsed("a; b=\"10\"") == "a;b=10");
  CHECK(parsed("a; b=\"1\\0\"; c") == "a;b=10;c");
  CHECK(parsed("a; b=\"\\x\\y\",d") == "a;b=xy,d");
  for (const char* value : {"a; b=\"\"", "a; b=\" 10\"", "a; b=\"1,0\"", "a; b=\"1;0\"", "a; b=\"1\\\"0\"",
                            "a; b=\"10", "a; b=\"10\\", "a; b=\"", "a; b=\"10\"x", "a; b=x\"10\"",
                            "a; b=\"\\\\\"", "a; \"b\"", "\"a\"", "a; b=\"1\\ 0\"", "a; b='1 0'"}) {
    CAPTURE(value);
    CHECK(parsed(value) == "malformed");
  }
}

TEST_CASE("websocket extensions: sec 9-1 what does not follow the grammar is refused", "[wire][websocket]") {
  for (const char* value : {"",     " ",     ",",       ", ,",       ";",        "a;",           "a; ",
                            "a;;b", "a; b=", "a; =b",   "a; b==c",   "a b",      "a; b c",       "a; b=c d",
                            "a=b",  ";a",    "a; b=c;", "a,b;",      "a/b",      "a; b=c/d",     "a; b={c}",
                            "a@",   "(a)",   "a\x01",   "a; b=\x7F", "\xC3\xA9", "a; b=\xC3\xA9"}) {
    CAPTURE(value);
    CHECK(parsed(value) == "malformed");
  }
  CHECK(parsed({"a\0b", 3}) == "malformed");
}

TEST_CASE("websocket extensions: there is a limit to extensions and to parameters", "[wire][websocket]") {
  const auto repeat = [](std::string_view text, std::size_t count) {
    std::string out;
    while (count-- > 0) out += text;
    return out;
  };
  CHECK(parsed(repeat("a,", max_websocket_extensions)).size() == 2 * max_websocket_extensions - 1);
  CHECK(parsed(repeat("a,", max_websocket_extensions + 1)) == "too long");
  CHECK(parsed("a" + repeat(";b", max_extension_parameters)).size() == 1 + 2 * max_extension_parameters);
  CHECK(parsed("a" + repeat(";b", max_extension_parameters + 1)) == "too long");
  CHECK(parsed("a; b=" + std::string(8000, 'c')).size() == 8004);
  CHECK(parsed(std::string(100000, ' ') + "a" + std::string(100000, ',')) == "a");
}

TEST_CASE("websocket extensions: sec 9-1 several fields are one list", "[wire][websocket]") {
  std::vector<WebSocketExtension> extensions;
  CHECK_FALSE(parse_websocket_extensions("a; b", extensions));
  CHECK_FALSE(parse_websocket_extensions("c", extensions));
  REQUIRE(extensions.size() == 2);
  CHECK(extensions[1].name == "c");
  CHECK(parse_websocket_extensions("", extensions) == Error::malformed);
}
