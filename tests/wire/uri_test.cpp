#include <fanfare/error.hpp>
#include <fanfare/wire/uri.hpp>

#include "support/catch.hpp"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::wire;
using namespace std::string_literals;
using fanfare::Error;

namespace {

using Strings = std::vector<std::string>;

Strings segments_of(std::string_view path) {
  UriPath out;
  REQUIRE_FALSE(parse_path(path, out));
  return out.segments;
}

Strings pairs_of(std::string_view query) {
  std::vector<QueryPair> out;
  REQUIRE_FALSE(parse_query(query, out));
  Strings text;
  for (const QueryPair& pair : out) text.push_back(pair.name + " -> " + pair.value);
  return text;
}

bool is_safe_path(std::string_view path) {
  return is_safe_relative_path(segments_of(path));
}

}  // namespace

TEST_CASE("uri: RFC 3986 sec 2-1 percent-decoding", "[wire][uri]") {
  CHECK(percent_decode("a%20b%2Fc%2fd") == "a b/c/d");
  CHECK(percent_decode("%00%ff%C3%A4") == "\0\xff\xc3\xa4"s);
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("%2541") == "%41");  // once only
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b%2B", Plus::space) == "a b+");
}

TEST_CASE("uri: a percent sign without two hexadecimal digits is an error", "[wire][uri]") {
  for (const char* text :
       {"%", "a%", "%2", "%2g", "%g2", "%%20", "% 2", "%+2", "%-1", "%0x", "%u0041", "%2\xb2"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text));
    UriPath path;
    CHECK(parse_path("/ok/" + std::string(text), path) == Error::invalid_encoding);
    CHECK(path.segments.empty());
    std::vector<QueryPair> pairs;
    CHECK(parse_query("ok=1&" + std::string(text) + "=1", pairs) == Error::invalid_encoding);
    CHECK(parse_query("ok=1&a=" + std::string(text), pairs) == Error::invalid_encoding);
    CHECK(pairs.empty());
  }
}

TEST_CASE("uri: RFC 3986 sec 2-3 all but unreserved characters are encoded", "[wire][uri]") {
  CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(percent_encode("a b/c?d&e=f+g%\xff\n"s + '\0') == "a%20b%2Fc%3Fd%26e%3Df%2Bg%25%FF%0A%00");
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  CHECK(percent_decode(percent_encode(all)) == all);
  CHECK(percent_decode(percent_encode(all), Plus::space) == all);
  std::string out = "/x/";
  append_percent_encoded(out, "..");
  CHECK(out == "/x/..");
}

TEST_CASE("uri: a target is split at the first question mark", "[wire][uri]") {
  CHECK(split_target("/a?b?c").path == "/a");
  CHECK(split_target("/a?b?c").query == "b?c");
  CHECK(split_target("/a").query.empty());
  CHECK(split_target("?").path.empty());
  CHECK(split_target("").path.empty());
}

TEST_CASE("uri: a path is split before it is decoded", "[wire][uri]") {
  CHECK(segments_of("/") == Strings{""});
  CHECK(segments_of("/a/b") == Strings{"a", "b"});
  CHECK(segments_of("/a/") == Strings{"a", ""});
  CHECK(segments_of("//a") == Strings{"", "a"});
  CHECK(segments_of("/a%2Fb/c+d") == Strings{"a/b", "c+d"});
  CHECK(segments_of("/%2e%2E/%252e") == Strings{"..", "%2e"});
  UriPath out;
  CHECK(parse_path("", out) == Error::malformed);
  CHECK(parse_path("a/b", out) == Error::malformed);
  CHECK(parse_path("*", out) == Error::malformed);
}

TEST_CASE("uri: an encoded slash or control character is reported", "[wire][uri]") {  // CVE-2026-45372
  UriPath out;
  REQUIRE_FALSE(parse_path("/a%2fb/c", out));
  CHECK(out.has_encoded_slash);
  CHECK_FALSE(out.has_control);
  for (const char* path : {"/a%00", "/%0d%0aSet-Cookie:", "/a/%7F", "/%1b/a"}) {
    REQUIRE_FALSE(parse_path(path, out));
    CHECK(out.has_control);
    CHECK_FALSE(out.has_encoded_slash);
  }
  REQUIRE_FALSE(parse_path("/a/%C3%A4", out));
  CHECK_FALSE((out.has_control || out.has_encoded_slash));
}

TEST_CASE("uri: a path that leaves its directory is not safe", "[wire][uri]") {
  for (const char* path : {"/a", "/a/b.c", "/.hidden", "/..a", "/a..b", "/%C3%A4", "/a%20b"}) {
    CAPTURE(path);
    CHECK(is_safe_path(path));
  }
  for (const char* path :
       {"/",         "/a/",       "//etc/passwd", "/.",          "/..",    "/a/../b", "/%2e%2e/a",
        "/.%2E",     "/..%2fetc", "/a%2fb",       "/a%5c..%5cb", "/..\\a", "/C:",     "/C:%5cwindows",
        "/a%00.txt", "/a%0a",     "/.../a",       "/..%20/a",    "/a.",    "/a%20"}) {
    CAPTURE(path);
    CHECK_FALSE(is_safe_path(path));
  }
  CHECK_FALSE(is_safe_relative_path({}));
}

TEST_CASE("uri: a path has a bounded number of segments", "[wire][uri]") {
  UriPath out;
  CHECK_FALSE(parse_path("/a/b/c", out, 3));
  CHECK(parse_path("/a/b/c/", out, 3) == Error::too_long);
  CHECK(out.segments.empty());
  CHECK(parse_path(std::string(100000, '/'), out) == Error::too_long);
}

TEST_CASE("uri: a query is pairs in their order", "[wire][uri]") {
  CHECK(pairs_of("a=1&b=2&a=3") == Strings{"a -> 1", "b -> 2", "a -> 3"});
  CHECK(pairs_of("a+b=c+d%2B&%26=%3D") == Strings{"a b -> c d+", "& -> ="});
  CHECK(pairs_of("a&b=&=c&=") == Strings{"a -> ", "b -> ", " -> c", " -> "});
  CHECK(pairs_of("&&a=b&&") == Strings{"a -> b"});
  CHECK(pairs_of("a=b=c?d/e;f") == Strings{"a -> b=c?d/e;f"});
  CHECK(pairs_of("").empty());
}

TEST_CASE("uri: a query has a bounded number of pairs", "[wire][uri]") {
  std::vector<QueryPair> out;
  CHECK_FALSE(parse_query("a&b&&&", out, 2));
  CHECK(out.size() == 2);
  CHECK(parse_query("a&b&c", out, 2) == Error::too_long);
  CHECK(out.empty());
  CHECK_FALSE(parse_query(std::string(100000, '&'), out));
}

TEST_CASE("uri: a name is found in its case, the first one first", "[wire][uri]") {
  std::vector<QueryPair> out;
  REQUIRE_FALSE(parse_query("A=0&a=1&a=2", out));
  REQUIRE(find_query(out, "a") != nullptr);
  CHECK(*find_query(out, "a") == "1");
  CHECK(find_query(out, "b") == nullptr);
  CHECK(find_query({}, "b") == nullptr);
}

TEST_CASE("uri: random targets never crash, and what is encoded comes back", "[wire][uri]") {
  constexpr std::string_view likely = "/%&=+?2Ff0.\\:";
  for (std::uint32_t seed = 1; seed <= 5000; ++seed) {
    std::mt19937 random(seed);
    std::string text = "/";
    for (unsigned n = random() % 30; n != 0; --n) {
      text.push_back(random() % 8 == 0 ? static_cast<char>(random()) : likely[random() % likely.size()]);
    }
    CAPTURE(seed, text);
    const TargetParts parts = split_target(text);
    UriPath path;
    if (!parse_path(parts.path, path)) {
      std::string again;
      for (const std::string& segment : path.segments) {
        again += '/';
        append_percent_encoded(again, segment);
      }
      REQUIRE(segments_of(again) == path.segments);
      if (is_safe_relative_path(path.segments)) REQUIRE_FALSE((path.has_encoded_slash || path.has_control));
    } else {
      REQUIRE(path.segments.empty());
    }
    std::vector<QueryPair> pairs;
    if (parse_query(parts.query, pairs)) REQUIRE(pairs.empty());
    REQUIRE(percent_decode(percent_encode(text)) == text);
  }
}
