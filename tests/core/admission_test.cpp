#include <fanfare/core/admission.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using fanfare::Admission;
using fanfare::Hook;
using fanfare::Reply;
using fanfare::Request;

namespace {

/// Notes every answer that a Reply delivers.
struct Answers {
  std::vector<std::optional<int>> given;
  Reply<int> reply() {
    return Reply<int>([this](std::optional<int> answer) { given.push_back(answer); });
  }
};

}  // namespace

TEST_CASE("admission: a refusal is a response with the reason", "[core][admission]") {
  const Admission admission = Admission::refuse(401, "sign in first");
  REQUIRE(admission.refusal);
  CHECK(admission.refusal->status == 401);
  CHECK(admission.refusal->body == R"({"error":"sign in first"})");
}

TEST_CASE("reply: the first answer counts, whichever copy gives it", "[core][admission]") {
  Answers answers;
  {
    const auto reply = answers.reply();
    const auto copy = reply;
    copy(1);
    reply(2);
    copy(3);
  }
  CHECK(answers.given == std::vector<std::optional<int>>{1});
}

TEST_CASE("reply: when the last copy goes without an answer, there is none", "[core][admission]") {
  Answers answers;
  {
    auto copy = std::make_optional(answers.reply());
    const auto other = *copy;
    copy.reset();
    CHECK(answers.given.empty());
  }
  CHECK(answers.given == std::vector<std::optional<int>>{std::nullopt});
}

TEST_CASE("reply: of many threads one gives the answer", "[core][admission]") {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> delivered{0};
    {
      const Reply<int> reply([&](std::optional<int> answer) { delivered += answer ? 1 : 100; });
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back([reply, i] { reply(i); });
      for (auto& thread : threads) thread.join();
    }
    CHECK(delivered == 1);
  }
}

TEST_CASE("hook: made from a function that decides at once", "[core][admission]") {
  const Hook<int> hook = [](const Request& request) { return static_cast<int>(request.body.size()); };
  Answers answers;
  REQUIRE(hook);
  hook(Request{.body = "four"}, answers.reply());
  CHECK(answers.given == std::vector<std::optional<int>>{4});
}

TEST_CASE("hook: made from a function that answers later", "[core][admission]") {
  std::optional<Reply<int>> kept;
  const Hook<int> hook = [&](Request, Reply<int> reply) { kept = std::move(reply); };
  Answers answers;
  hook({}, answers.reply());
  CHECK(answers.given.empty());
  (*kept)(7);
  CHECK(answers.given == std::vector<std::optional<int>>{7});
}

TEST_CASE("hook: what it throws reaches the caller, and nothing was answered yet", "[core][admission]") {
  const Hook<int> hook = [](const Request&) -> int { throw std::runtime_error("no"); };
  Answers answers;
  const auto reply = answers.reply();
  CHECK_THROWS_AS(hook({}, reply), std::runtime_error);
  CHECK(answers.given.empty());
}

TEST_CASE("hook: none is false", "[core][admission]") { CHECK_FALSE(Hook<Admission>()); }
