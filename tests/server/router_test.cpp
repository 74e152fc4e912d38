#include <fanfare/server/router.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using fanfare::detail::Route;
using fanfare::detail::Router;

namespace {

Route route(Route::Kind kind, std::string pattern, std::string method = "GET") {
  Route made;
  made.kind = kind;
  made.pattern = std::move(pattern);
  made.method = std::move(method);
  return made;
}
Route get(std::string pattern) { return route(Route::Kind::handler, std::move(pattern)); }
Route post(std::string pattern) { return route(Route::Kind::handler, std::move(pattern), "POST"); }
Route stream(std::string pattern) { return route(Route::Kind::stream, std::move(pattern)); }
Route files(std::string pattern) { return route(Route::Kind::files, std::move(pattern)); }

struct Paths {
  Router router;

  explicit Paths(std::vector<Route> routes) {
    for (auto& each : routes) router.add(std::move(each));
  }
  /// The pattern that serves, or the status.
  std::string serves(std::string_view path, std::string_view method = "GET") const {
    const auto match = router.find(method, path);
    if (!match.route) return std::to_string(match.status);
    CHECK(match.status == 200);
    return match.route->pattern;
  }
};

std::string params(const Router::Match& match) {
  std::string all;
  for (const auto& [name, value] : match.params) all += name + "=" + value + " ";
  return all;
}

}  // namespace

TEST_CASE("router: a path is found or not", "[server][router]") {
  const Paths paths({get("/"), get("/a"), get("/a/b"), get("/c/")});
  CHECK(paths.serves("/") == "/");
  CHECK(paths.serves("/a") == "/a");
  CHECK(paths.serves("/a/b") == "/a/b");
  CHECK(paths.serves("/c/") == "/c/");
  CHECK(paths.serves("/c") == "404");
  CHECK(paths.serves("/a/") == "404");
  CHECK(paths.serves("/A") == "404");
  CHECK(paths.serves("/a/b/c") == "404");
}

TEST_CASE("router: names match one segment that is not empty", "[server][router]") {
  const Paths paths({stream("/jobs/{topic}/log/{line}")});
  const auto match = paths.router.find("GET", "/jobs/a%20b%2Fc/log/7");
  REQUIRE(match.route);
  CHECK(params(match) == "topic=a b/c line=7 ");
  CHECK(paths.serves("/jobs//log/7") == "404");
  CHECK(paths.serves("/jobs/a/log/") == "404");
  CHECK(paths.serves("/jobs/a/b/log/7") == "404");
}

TEST_CASE("router: literal segments win over names, whatever the order", "[server][router]") {
  const Paths paths({get("/{x}/{y}"), get("/jobs/{y}"), get("/jobs/list"), get("/{x}/list")});
  CHECK(paths.serves("/jobs/list") == "/jobs/list");
  CHECK(paths.serves("/jobs/other") == "/jobs/{y}");
  CHECK(paths.serves("/some/list") == "/{x}/list");
  CHECK(paths.serves("/some/other") == "/{x}/{y}");
}

TEST_CASE("router: percent-encoded letters are the letters", "[server][router]") {
  const Paths paths({get("/jobs/list")});
  CHECK(paths.serves("/%6Aobs/list") == "/jobs/list");
  CHECK(paths.serves("/jobs%2Flist") == "404");
}

TEST_CASE("router: another method is 405 and says which are allowed", "[server][router]") {
  const Paths paths({get("/a"), post("/a"), post("/b"), stream("/s/{topic}"), get("/s/list")});
  CHECK(paths.serves("/a", "POST") == "/a");
  CHECK(paths.serves("/a", "DELETE") == "405");
  CHECK(paths.router.find("DELETE", "/a").allow == "GET, POST");
  CHECK(paths.router.find("GET", "/b").allow == "POST");
  CHECK(paths.router.find("POST", "/s/list").allow == "GET");
  CHECK(paths.serves("/missing", "DELETE") == "404");
}

TEST_CASE("router: another method of the same path may serve it by name", "[server][router]") {
  const Paths paths({get("/jobs/list"), post("/jobs/{id}")});
  const auto match = paths.router.find("POST", "/jobs/list");
  REQUIRE(match.route);
  CHECK(match.route->pattern == "/jobs/{id}");
  CHECK(match.allow.empty());
}

TEST_CASE("router: HEAD is served by what answers GET, but not by streams", "[server][router]") {
  const Paths paths({get("/a"), stream("/s"), post("/p"), files("/f")});
  CHECK(paths.serves("/a", "HEAD") == "/a");
  CHECK(paths.serves("/f/x", "HEAD") == "/f");
  CHECK(paths.serves("/s", "HEAD") == "405");
  CHECK(paths.serves("/p", "HEAD") == "405");
}

TEST_CASE("router: malformed paths are 400", "[server][router]") {
  const Paths paths({files("/"), get("/a")});
  for (const auto* path : {"", "a", "*", "/%", "/%zz", "/a%00", "/a%0Ab", "/%7f"}) {
    INFO(path);
    CHECK(paths.serves(path) == "400");
  }
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "/a";
  CHECK(paths.serves(deep) == "400");
}

TEST_CASE("router: folders serve what is below them, after everything else", "[server][router]") {
  const Paths paths({files("/"), files("/static/deep/"), files("/static"), get("/static/x"), get("/{any}")});
  CHECK(paths.serves("/") == "/");
  CHECK(paths.serves("/x") == "/{any}");
  CHECK(paths.serves("/x/y") == "/");
  CHECK(paths.serves("/static/x") == "/static/x");
  CHECK(paths.serves("/static/y") == "/static");
  CHECK(paths.serves("/static/deep/y") == "/static/deep/");
  CHECK(paths.serves("/x/y", "POST") == "404");
}

TEST_CASE("router: what is below a folder is decoded, but no encoded slash makes a folder", "[server][router]") {
  const Paths paths({files("/static")});
  CHECK(paths.router.find("GET", "/static/a%20b/c").rest == std::vector<std::string>{"a b", "c"});
  CHECK(paths.router.find("GET", "/static").rest.empty());
  CHECK(paths.serves("/static/..%2Fsecret") == "404");
  CHECK(paths.serves("/staticx/a") == "404");
}

TEST_CASE("router: a refused folder does not hide another", "[server][router]") {
  const Paths paths({files("/a"), get("/{x}/{y}")});
  CHECK(paths.serves("/a/b%2Fc") == "/{x}/{y}");
}

TEST_CASE("router: a request names topics by {topic}, by {topics} and by its query", "[server][router]") {
  using Names = std::vector<std::string>;
  const auto topics = [](std::vector<fanfare::HttpField> params, std::string target, Names before = {}) {
    fanfare::Request request{.target = std::move(target), .params = std::move(params), .topics = std::move(before)};
    fanfare::detail::name_topics(request);
    return request.topics;
  };
  CHECK(topics({{"topic", "a,b"}}, "/") == Names{"a,b"});
  CHECK(topics({{"topics", "a,b"}}, "/") == Names{"a", "b"});
  CHECK(topics({{"topics", "b"}, {"topic", "a"}}, "/?topic=c,d&topic=e&topics=f") == Names{"a", "b", "c", "d", "e"});
  CHECK(topics({{"topics", ",a,,b ,a,"}}, "/?topic=b&topic=") == Names{"a", "b"});
  CHECK(topics({}, "/?topic=b", {"a", "b", ""}) == Names{"a", "b"});
  CHECK(topics({}, "/").empty());
}

TEST_CASE("router: a request names at most 1024 topics", "[server][router]") {
  std::string names;
  for (int i = 0; i < 3000; ++i) names += std::to_string(i) + ",";
  fanfare::Request request{.target = "/?topic=x", .params = {{"topics", names}}};
  fanfare::detail::name_topics(request);
  REQUIRE(request.topics.size() == 1024);
  CHECK(request.topics.back() == "1023");
}

TEST_CASE("router: mistakes are refused when mounted", "[server][router]") {
  using Catch::Matchers::ContainsSubstring;
  Router router;
  router.add(get("/a/{x}"));
  CHECK_THROWS_WITH(router.add(get("")), ContainsSubstring("starts with '/'"));
  CHECK_THROWS_AS(router.add(get("a")), std::logic_error);
  CHECK_THROWS_AS(router.add(get("/%zz")), std::logic_error);
  CHECK_THROWS_WITH(router.add(get("/a/job_{id}")), ContainsSubstring("job_{id}"));
  CHECK_THROWS_AS(router.add(get("/{}")), std::logic_error);
  CHECK_THROWS_WITH(router.add(get("/a/{x}")), ContainsSubstring("mounted already"));
  CHECK_THROWS_WITH(router.add(stream("/a/{x}")), ContainsSubstring("mounted already"));
  CHECK_NOTHROW(router.add(post("/a/{x}")));
  CHECK_NOTHROW(router.add(files("/a/")));
}
