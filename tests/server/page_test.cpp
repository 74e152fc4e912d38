#include <fanfare/server/page.hpp>
#include <fanfare/server/server.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

fanfare::Response answer_to(std::vector<fanfare::HttpField> fields = {}) {
  fanfare::Request request;
  request.fields = std::move(fields);
  return fanfare::detail::builtin_page(request);
}

std::string etag_of(const fanfare::Response& response) {
  const auto tag = std::find_if(response.fields.begin(), response.fields.end(), [](const auto& f) { return f.name == "ETag"; });
  return tag == response.fields.end() ? "" : tag->value;
}
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
