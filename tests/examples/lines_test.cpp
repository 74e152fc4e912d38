#include "../../examples/support/lines.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using examples::LineEnd, examples::Lines;
using Taken = std::vector<std::pair<std::string, LineEnd>>;

// In pieces of that many bytes.
static Taken take(std::string_view text, std::size_t piece, std::size_t max_bytes = 1000) {
  Taken taken;
  Lines lines(max_bytes);
  const auto add = [&](std::string_view line, LineEnd end) { taken.emplace_back(line, end); };
  for (std::size_t at = 0; at < text.size(); at += piece) lines.feed(text.substr(at, piece), add);
  lines.finish(add);
  return taken;
}

TEST_CASE("lines: all three line ends, in pieces of any size", "[examples][lines]") {
  for (const std::size_t piece : {1u, 2u, 3u, 5u, 100u}) {
    CHECK(take("a\nb\r\n\nc\rd\r\re", piece) == Taken{{"a", LineEnd::lf},
                                                      {"b", LineEnd::lf},
                                                      {"", LineEnd::lf},
                                                      {"c", LineEnd::cr},
                                                      {"d", LineEnd::cr},
                                                      {"", LineEnd::cr},
                                                      {"e", LineEnd::cut}});
    CHECK(take("\ra\r", piece) == Taken{{"", LineEnd::cr}, {"a", LineEnd::cr}});
    CHECK(take("", piece).empty());
  }
}

TEST_CASE("lines: a line is bounded", "[examples][lines]") {
  for (const std::size_t piece : {1u, 3u, 100u}) {
    CHECK(take("abcdefgh\nabc\n", piece, 3) == Taken{{"abc", LineEnd::cut},
                                                     {"def", LineEnd::cut},
                                                     {"gh", LineEnd::lf},
                                                     {"abc", LineEnd::lf}});
  }
  CHECK(take(std::string(100'000, 'x'), 1000, 0).size() == 100'000);
}

TEST_CASE("lines: after the end it is as new", "[examples][lines]") {
  Lines lines;
  Taken taken;
  const auto add = [&](std::string_view line, LineEnd end) { taken.emplace_back(line, end); };
  lines.feed("a\r", add);
  lines.finish(add);
  lines.feed("\nb\n", add);
  lines.finish(add);
  CHECK(taken == Taken{{"a", LineEnd::cr}, {"", LineEnd::lf}, {"b", LineEnd::lf}});
}
