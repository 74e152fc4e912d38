/// Catch2 under one name: version 3 where it is installed, version 2 otherwise.
/// Tests say Approx unqualified, Catch::Matchers::ContainsSubstring, and else only what both have.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>

namespace Catch::Matchers {
inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}
}  // namespace Catch::Matchers
#endif
