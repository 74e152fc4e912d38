#include <fanfare/core/request.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using fanfare::Request;
using fanfare::detail::accepts;

namespace {

Request with(std::string_view name, std::string_view value) {
  Request request;
  request.add_field(name, value);
  return request;
}
Request at(std::string target) { return Request{.target = std::move(target)}; }

struct Order {
  std::string item = "tea";
  int count = 1;
};
FANFARE_DESCRIBE(Order, item, count);

}  // namespace

TEST_CASE("request: a field is found in any case, and the first one counts", "[core][request]") {
  Request request = with("X-Tag", "one");
  request.add_field("x-tag", "two");
  CHECK(request.field("X-TAG") == "one");
  CHECK(request.field("X-Other").empty());
}

TEST_CASE("request: the token of bearer authorization", "[core][request]") {
  CHECK(with("Authorization", "Bearer abc.def").bearer() == "abc.def");
  CHECK(with("authorization", "bearer abc").bearer() == "abc");  // RFC 9110 sec. 11.1: schemes ignore case
  CHECK(with("Authorization", "Bearer   abc ").bearer() == "abc");
  CHECK(with("Authorization", "Bearer").bearer().empty());
  CHECK(with("Authorization", "Bearer ").bearer().empty());
  CHECK(with("Authorization", "Basic abc").bearer().empty());
  CHECK(with("Authorization", "Bearerabc").bearer().empty());
  CHECK(Request{}.bearer().empty());
}

TEST_CASE("request: query values are decoded", "[core][request]") {
  const Request request = at("/path%20x?a=1%2B1&b=x+y&a=2&empty=&flag");
  CHECK(request.path() == "/path%20x");
  CHECK(request.query("a") == "1+1");
  CHECK(request.query("b") == "x y");
  CHECK(request.query("empty").empty());
  CHECK(request.query("flag").empty());
  CHECK(request.query("c").empty());
  CHECK(at("/?a=%zz").query("a").empty());
}

TEST_CASE("request: a list gathers repeated and comma-separated values", "[core][request]") {
  CHECK(at("/?s=a,b&t=x&s=c").list("s") == std::vector<std::string>{"a", "b", "c"});
  CHECK(at("/?s=,%20a%20,,&s=").list("s") == std::vector<std::string>{"a"});
  CHECK(at("/").list("s").empty());
}

TEST_CASE("request: a list holds at most 1024 values", "[core][request]") {
  std::string target = "/?s=";
  for (int i = 0; i < 3000; ++i) target += "x,";
  CHECK(at(target).list("s").size() == 1024);
}

TEST_CASE("request: many topics do not hide the position that comes with them", "[core][request]") {
  std::string target = "/?topic=t0";
  for (int i = 1; i < 500; ++i) target += "&topic=t" + std::to_string(i);
  const Request request = at(target + "&since=here");
  CHECK(request.list("topic").size() == 500);
  CHECK(request.query("since") == "here");
}

TEST_CASE("request: cookies, whichever field they came in", "[core][request]") {
  Request request = with("Cookie", "a=1; session=abc=def ;b=2");
  request.add_field("cookie", "late=3; a=4");
  CHECK(request.cookie("a") == "1");
  CHECK(request.cookie("session") == "abc=def");
  CHECK(request.cookie("late") == "3");
  CHECK(request.cookie("ession").empty());
  CHECK(request.cookie("A").empty());  // RFC 6265: names keep their case
  CHECK(with("Cookie", "no-value; =x").cookie("no-value").empty());
}

TEST_CASE("request: parameters of the route", "[core][request]") {
  Request request;
  request.params = {{"topic", "job_1"}};
  CHECK(request.param("topic") == "job_1");
  CHECK(request.param("Topic").empty());
}

TEST_CASE("request: the body is decoded as JSON", "[core][request]") {
  Request request;
  request.body = R"({"item":"milk","unknown":[1]})";
  const auto order = request.json<Order>();
  REQUIRE(order);
  CHECK(order->item == "milk");
  CHECK(order->count == 1);
  request.body = "";
  CHECK_FALSE(request.json<Order>());
  request.body = R"({"count":"many"})";
  const auto wrong = request.json<Order>();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error() == fanfare::Error::wrong_type);
}

// RFC 9110 sec. 12.5.1
TEST_CASE("request: accept by the most precise range", "[core][request]") {
  CHECK(accepts(Request{}, "text/event-stream"));
  CHECK(accepts(with("Accept", "text/event-stream"), "text/event-stream"));
  CHECK(accepts(with("Accept", "TEXT/Event-Stream"), "text/event-stream"));
  CHECK(accepts(with("Accept", "text/html, text/*;q=0.1"), "text/event-stream"));
  CHECK(accepts(with("Accept", "text/html,*/*;q=0.8"), "text/event-stream"));
  CHECK(accepts(with("Accept", "*/*;q=0, text/event-stream"), "text/event-stream"));
  CHECK(accepts(with("Accept", "text/event-stream ; charset=utf-8 ; q=0.001"), "text/event-stream"));
  CHECK_FALSE(accepts(with("Accept", "application/json"), "text/event-stream"));
  CHECK_FALSE(accepts(with("Accept", "*/*, text/event-stream;q=0"), "text/event-stream"));
  CHECK_FALSE(accepts(with("Accept", "*/*, text/*;Q=0.000"), "text/event-stream"));
  CHECK_FALSE(accepts(with("Accept", "text/event-streams"), "text/event-stream"));
}

TEST_CASE("request: several accept fields are one list", "[core][request]") {
  Request request = with("Accept", "application/json");
  request.add_field("Accept", "text/event-stream");
  CHECK(accepts(request, "text/event-stream"));
}

TEST_CASE("request: exactly leaves wildcards and silence out", "[core][request]") {
  CHECK_FALSE(accepts(Request{}, "text/html", true));
  CHECK_FALSE(accepts(with("Accept", "*/*"), "text/html", true));
  CHECK_FALSE(accepts(with("Accept", "text/*"), "text/html", true));
  CHECK(accepts(with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8"), "text/html", true));
  CHECK_FALSE(accepts(with("Accept", "text/html;q=0"), "text/html", true));
}

TEST_CASE("request: the fields of a form", "[core][request]") {
  const Request request{.body = "title=A+day%21&title=b&empty=&=x"};
  CHECK(request.form("title") == "A day!");
  CHECK(request.form("empty").empty());
  CHECK(request.form("other").empty());
  CHECK(Request{.body = "a=%zz"}.form("a").empty());  // no form
}
