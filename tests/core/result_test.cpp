#include <fanfare/core/result.hpp>
#include <fanfare/error.hpp>

#include "support/catch.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using fanfare::Error;
using fanfare::Result;

namespace {

struct Point {
  int x = 0, y = 0;
};

Result<Point> parse(bool good) {
  if (!good) return {Error::wrong_type, "x: expected an integer"};
  return Point{1, 2};
}

/// Counts what is alive, and throws when told to.
struct Counted {
  static inline int alive = 0;
  static inline bool refuse_copies = false;

  explicit Counted(int n) : number(n) { ++alive; }
  Counted(const Counted& other) : number(other.number) {
    if (refuse_copies) throw std::runtime_error("no copy");
    ++alive;
  }
  Counted(Counted&& other) noexcept : number(other.number) { ++alive; }
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --alive; }

  int number;
};

}  // namespace

TEST_CASE("result: holds a value", "[core][result]") {
  const auto result = parse(true);
  REQUIRE(result);
  CHECK(result.has_value());
  CHECK(result->x == 1);
  CHECK((*result).y == 2);
  CHECK(result.value().y == 2);
  CHECK_FALSE(result.error());
  CHECK(result.detail().empty());
}

TEST_CASE("result: holds an error and says what was wrong", "[core][result]") {
  const auto result = parse(false);
  REQUIRE_FALSE(result);
  CHECK(result.error() == Error::wrong_type);
  CHECK(result.detail() == "x: expected an integer");
  CHECK(result.error() == fanfare::Condition::protocol_violation);
}

TEST_CASE("result: an error without a detail has its message", "[core][result]") {
  const Result<int> bare = make_error_code(Error::invalid_json);
  CHECK(bare.detail() == "not valid JSON");
  const Result<int> empty(Error::out_of_range, "");
  CHECK(empty.detail() == make_error_code(Error::out_of_range).message());
}

TEST_CASE("result: value throws the error with its detail", "[core][result]") {
  CHECK(parse(true).value().x == 1);
  try {
    (void)parse(false).value();
    FAIL("it did not throw");
  } catch (const std::system_error& error) {
    CHECK(error.code() == Error::wrong_type);
    CHECK_THAT(error.what(), Catch::Matchers::ContainsSubstring("x: expected an integer"));
  }
}

TEST_CASE("result: an error is replaced by another value on request", "[core][result]") {
  const Result<std::string> good(std::string("a"));
  CHECK(good.value_or("b") == "a");
  const Result<std::string> bad(Error::wrong_type, "no");
  CHECK(bad.value_or("b") == "b");
  CHECK(Result<std::string>(Error::wrong_type, "no").value_or("c") == "c");
}

TEST_CASE("result: a value that only moves can be taken out", "[core][result]") {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  Result<std::unique_ptr<int>> moved = std::move(result);
  const std::unique_ptr<int> taken = *std::move(moved);
  REQUIRE(taken);
  CHECK(*taken == 7);
}

TEST_CASE("result: copies and assignments keep value and error apart", "[core][result]") {
  Result<std::vector<int>> value(std::vector<int>{1, 2, 3});
  Result<std::vector<int>> error(Error::out_of_range, "too large");

  Result<std::vector<int>> copy = value;
  CHECK(*copy == *value);
  copy = error;
  REQUIRE_FALSE(copy);
  CHECK(copy.detail() == "too large");
  copy = value;
  REQUIRE(copy);
  CHECK_FALSE(copy.error());
  CHECK(copy.detail().empty());
  CHECK(copy->size() == 3);

  const auto& self = copy;
  copy = self;
  REQUIRE(copy);
  CHECK(copy->size() == 3);
  auto& same = copy;
  copy = std::move(same);
  REQUIRE(copy);
  CHECK(copy->size() == 3);
}

TEST_CASE("result: makes and destroys each value once", "[core][result]") {
  Counted::alive = 0;
  {
    Result<Counted> first(Counted(1));
    Result<Counted> second = first;
    Result<Counted> failed(Error::malformed, "no");
    CHECK(Counted::alive == 2);
    second = failed;
    CHECK(Counted::alive == 1);
    failed = std::move(first);
    CHECK(failed->number == 1);
    first = Result<Counted>(Error::malformed, "gone");
    CHECK(Counted::alive == 1);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("result: a copy that throws leaves both sides whole", "[core][result]") {
  Counted::alive = 0;
  {
    Result<Counted> from(Counted(1));
    Result<Counted> to(Counted(2));
    Counted::refuse_copies = true;
    CHECK_THROWS_AS(to = from, std::runtime_error);
    Counted::refuse_copies = false;
    REQUIRE(to);
    CHECK(to->number == 2);
    CHECK(Counted::alive == 2);
  }
  CHECK(Counted::alive == 0);
}
