#include <fanfare/error.hpp>
#include <fanfare/wire/url.hpp>

#include "support/catch.hpp"

#include <string>
#include <string_view>

using fanfare::Error;
using fanfare::wire::parse_url;
using fanfare::wire::resolve_url;
using fanfare::wire::same_origin;
using fanfare::wire::Url;
using namespace std::string_literals;

namespace {

Url url(std::string_view text) {
  Url out;
  CAPTURE(text);
  REQUIRE_FALSE(parse_url(text, out));
  return out;
}

std::string resolved(std::string_view base, std::string_view reference) {
  Url out;
  const std::error_code error = resolve_url(url(base), reference, out);
  return error ? error.message() : out.text();
}

void check_refused(std::string_view text, Error error) {
  Url out = {.scheme = "http", .host = "before", .port = 1};
  CAPTURE(text.substr(0, 100));
  CHECK(parse_url(text, out) == error);
  CHECK(out.host == "before");
}

}  // namespace

TEST_CASE("url: scheme, host, port and target", "[wire][url]") {
  const Url full = url("HTTPS://Example.ORG:8443/a/b?c=d&e#f");
  CHECK(full.scheme == "https");
  CHECK(full.host == "example.org");
  CHECK(full.port == 8443);
  CHECK(full.target == "/a/b?c=d&e");
  CHECK(full.is_secure());
  CHECK_FALSE(full.is_websocket());
  CHECK(full.authority() == "example.org:8443");
  CHECK(url("http://a").target == "/");
  CHECK(url("http://a?b").target == "/?b");
  CHECK(url("http://a#b/c").target == "/");
}

TEST_CASE("url: each scheme has its port, which is not written", "[wire][url]") {
  for (const auto& [scheme, port] :
       {std::pair("http", 80), std::pair("ws", 80), std::pair("https", 443), std::pair("wss", 443)}) {
    const Url plain = url(scheme + "://a/"s);
    CHECK(plain.port == port);
    CHECK(plain.authority() == "a");
    CHECK(url(scheme + "://a:/"s) == plain);
    CHECK(url(scheme + "://a:"s + std::to_string(port)) == plain);
    CHECK(plain.is_websocket() == (scheme[0] == 'w'));
  }
}

TEST_CASE("url: an IPv6 address stands in brackets", "[wire][url]") {
  const Url address = url("ws://[::1]:8080/x");
  CHECK(address.host == "::1");
  CHECK(address.authority() == "[::1]:8080");
  CHECK(address.text() == "ws://[::1]:8080/x");
  CHECK(url("http://[2001:DB8::192.0.2.1]/").text() == "http://[2001:db8::192.0.2.1]/");
  for (const char* text : {"http://[::1/", "http://[]/", "http://[::1]x/", "http://[::1]8/",
                           "http://[fe80::1%25lo]/", "http://[v1.a]/", "http://::1/", "http://[1.2.3.4]/"}) {
    check_refused(text, Error::invalid_host);
  }
}

TEST_CASE("url: a host that is none is refused", "[wire][url]") {
  // CVE-2026-45352: signs in numbers. User information: RFC 9110 sec. 4.2.4.
  for (const char* text : {"http:///a", "http://", "http://:80/", "http://a:65536/", "http://a:0/",
                           "http://a:-1/", "http://a:+1/", "http://a:8x/", "http://a b/", "http://a\\b/",
                           "http://a%41/", "http://user@a/", "http://u:p@a/", "http://a@b:80/", "http://.a/",
                           "http://a,b/", "http://\xc3\xa4/", "http://a:80:80/"}) {
    check_refused(text, Error::invalid_host);
  }
  check_refused("http://" + std::string(254, 'a'), Error::invalid_host);
}

TEST_CASE("url: other schemes and relative texts are refused", "[wire][url]") {
  check_refused("ftp://a/", Error::unsupported_scheme);
  check_refused("file:///etc/passwd", Error::unsupported_scheme);
  check_refused("javascript:alert(1)", Error::unsupported_scheme);
  check_refused("localhost:8080/a", Error::unsupported_scheme);
  for (const char* text :
       {"", "/a", "a", "//a/", "?a", "#a", "http:a", "http:/a", ":80", "1http://a", "\xff://a"}) {
    check_refused(text, Error::malformed);
  }
}

TEST_CASE("url: control characters and overlong texts are refused", "[wire][url]") {
  for (const std::string& text :
       {"http://a/\r\nX: y"s, "http://a/\0"s, "\thttp://a/"s, "http://a\n/"s, "http://a/\x7f"s}) {
    check_refused(text, Error::unsafe_field);
  }
  const std::string longest = "http://a/" + std::string(fanfare::wire::max_url_bytes - 9, 'x');
  CHECK(url(longest).text() == longest);
  check_refused(longest + 'x', Error::too_long);
  check_refused(longest.substr(0, longest.size() - 1) + ' ', Error::too_long);  // as %20 it no longer fits
}

TEST_CASE("url: what no request line can hold becomes percent encoding", "[wire][url]") {
  CHECK(url("http://a/b c\\d\"<>\xc3\xa4?e f\\\"\xc3\xa4").target ==
        "/b%20c%5Cd%22%3C%3E%C3%A4?e%20f\\%22%C3%A4");
  CHECK(url("http://a/%41%zz|^").target == "/%41%zz|^");
}

TEST_CASE("url: the normal examples of RFC 3986 sec 5-4-1", "[wire][url]") {
  const std::string base = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> examples[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q"},
      {"g#s", "http://a/b/c/g"},
      {"g?y#s", "http://a/b/c/g?y"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
  };
  for (const auto& [reference, expected] : examples) {
    CAPTURE(reference);
    CHECK(resolved(base, reference) == expected);
  }
}

TEST_CASE("url: the abnormal examples of RFC 3986 sec 5-4-2", "[wire][url]") {
  const std::string base = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> examples[] = {
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g"},
  };
  for (const auto& [reference, expected] : examples) {
    CAPTURE(reference);
    CHECK(resolved(base, reference) == expected);
  }
}

TEST_CASE("url: a reference may name another server and scheme", "[wire][url]") {
  CHECK(resolved("http://a:81/b?c", "https://d/e") == "https://d/e");
  CHECK(resolved("https://a:81/b?c", "//d:82/e") == "https://d:82/e");
  CHECK(resolved("https://a:81/b?c", "//d") == "https://d/");
  CHECK(resolved("http://a:81/b?c", "/d") == "http://a:81/d");
  CHECK(resolved("http://a/", "http:g") ==
        std::error_code(Error::malformed).message());  // sec. 5.4.2: strict
  CHECK(resolved("http://a/", "//user@b/") == std::error_code(Error::invalid_host).message());
  CHECK(resolved("http://a/", "/\\b.example") == "http://a/%5Cb.example");
  CHECK(resolved("http://a/b/../", "a:b") == std::error_code(Error::unsupported_scheme).message());
}

TEST_CASE("url: the origin is security, host and port", "[wire][url]") {
  CHECK(same_origin(url("http://a/x"), url("ws://A:80/y")));
  CHECK(same_origin(url("https://a/"), url("wss://a/")));
  CHECK_FALSE(same_origin(url("http://a/"), url("https://a/")));
  CHECK_FALSE(same_origin(url("http://a:443/"), url("https://a/")));
  CHECK_FALSE(same_origin(url("http://a/"), url("http://a:81/")));
  CHECK_FALSE(same_origin(url("http://a/"), url("http://b.a/")));
}
