#include <fanfare/server/page.hpp>
#include <fanfare/server/server.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/inflating.hpp"

namespace {

fanfare::Response answer_to(std::vector<fanfare::HttpField> fields = {}) {
  fanfare::Request request;
  request.fields = std::move(fields);
  return fanfare::detail::builtin_page(request);
}

std::string field_of(const fanfare::Response& response, std::string_view name) {
  const std::string* value = fanfare::wire::find_field(response.fields, name);
  return value ? *value : "";
}
std::string etag_of(const fanfare::Response& response) { return field_of(response, "ETag"); }
const std::string& page() {
  static const std::string body = answer_to().body;
  return body;
}
bool has(std::string_view part) { return page().find(part) != std::string::npos; }

}  // namespace

TEST_CASE("page: it is a whole document, in ASCII, below 100 KB", "[server][page]") {
  CHECK(page().substr(0, 15) == "<!doctype html>");
  CHECK(page().substr(page().size() - 8) == "</html>\n");
  CHECK(page().size() < 100'000);
  CHECK(std::all_of(page().begin(), page().end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; }));
}

TEST_CASE("page: it loads nothing from anywhere", "[server][page]") {
  CHECK_FALSE(has(" src=\""));
  CHECK_FALSE(has("http:/"));
  CHECK_FALSE(has("https:/"));
  CHECK_FALSE(has(": url("));
  CHECK_FALSE(has("@import"));
  CHECK_FALSE(has("\nimport "));
  CHECK_FALSE(has(" import("));
}

TEST_CASE("page: it stands on the browser module", "[server][page]") {
  CHECK(has("function connect("));
  CHECK_FALSE(has("new EventSource"));
}

TEST_CASE("page: who has it is told so", "[server][page]") {
  const auto first = answer_to();
  CHECK(first.status == 200);
  const std::string tag = etag_of(first);
  REQUIRE(tag.size() > 2);
  for (const auto& known : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
    INFO(known);
    const auto again = answer_to({{"If-None-Match", known}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(etag_of(again) == tag);
  }
  CHECK(answer_to({{"If-None-Match", "\"other\""}}).status == 200);
}

#if FANFARE_WITH_ZLIB

TEST_CASE("page: who accepts gzip gets it so, with a validator of its own", "[server][page]") {
  const fanfare::HttpField gzip{"Accept-Encoding", "gzip, deflate, br"};
  const auto packed = answer_to({gzip});
  CHECK(field_of(packed, "Content-Encoding") == "gzip");
  CHECK(field_of(packed, "Vary") == "Accept, Accept-Encoding");
  CHECK(packed.body.size() < page().size() / 2);
  Inflating inflating;
  CHECK(inflating.add(packed.body) == page());
  CHECK(inflating.complete());

  CHECK(etag_of(packed) != etag_of(answer_to()));
  CHECK(answer_to({gzip, {"If-None-Match", etag_of(packed)}}).status == 304);
  CHECK(answer_to({gzip, {"If-None-Match", etag_of(answer_to())}}).status == 200);
  CHECK(answer_to({{"If-None-Match", etag_of(packed)}}).status == 200);
  CHECK(field_of(answer_to({{"Accept-Encoding", "gzip;q=0"}}), "Content-Encoding").empty());
}

#endif
