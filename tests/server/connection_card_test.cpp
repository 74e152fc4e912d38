#include <fanfare/server/impl/connection_card.hpp>
#include <fanfare/server/server.hpp>

#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"

using fanfare::detail::SharedTexts;

TEST_CASE("shared texts: equal ones are one", "[server]") {
  SharedTexts texts;
  const auto one = texts.share("/jobs/a");
  CHECK(*one == "/jobs/a");
  CHECK(texts.share("/jobs/a") == one);
  CHECK(texts.share("/jobs/b") != one);
}

TEST_CASE("shared texts: the eight latest are known, whatever is made up", "[server]") {
  SharedTexts texts;
  std::vector<SharedTexts::Text> held;
  for (int i = 0; i < 1000; ++i) held.push_back(texts.share("/" + std::to_string(i)));
  for (std::size_t i = 992; i < 1000; ++i) CHECK(texts.share("/" + std::to_string(i)) == held[i]);
  CHECK(texts.share("/991") != held[991]);
}

TEST_CASE("shared texts: nothing is kept that nobody holds", "[server]") {
  SharedTexts texts;
  std::weak_ptr<const std::string> gone = texts.share("/a");
  CHECK(gone.expired());
}
