#include <fanfare/server/page.hpp>

#include <algorithm>
#include <string_view>

#include "support/catch.hpp"

namespace {

std::string_view page() { return fanfare::detail::builtin_page(); }
bool has(std::string_view part) { return page().find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("page: it is a whole document, in ASCII, below 10 KB", "[server][page]") {
  CHECK(page().substr(0, 15) == "<!doctype html>");
  CHECK(page().substr(page().size() - 8) == "</html>\n");
  CHECK(page().size() < 10'000);
  CHECK(std::all_of(page().begin(), page().end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\n'; }));
}

TEST_CASE("page: it loads nothing from anywhere", "[server][page]") {
  CHECK_FALSE(has("src="));
  CHECK_FALSE(has("http:"));
  CHECK_FALSE(has("https:"));
  CHECK_FALSE(has("url("));
  CHECK_FALSE(has("@import"));
}

TEST_CASE("page: it watches its own address", "[server][page]") { CHECK(has("new EventSource(location.href)")); }
