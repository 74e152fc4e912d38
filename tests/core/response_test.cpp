#include <fanfare/core/response.hpp>
#include <fanfare/error.hpp>

#include <string>
#include <system_error>

#include "support/catch.hpp"

using fanfare::Error;
using fanfare::Response;

namespace {

struct Started {
  std::string job = {};
};
FANFARE_DESCRIBE(Started, job);

}  // namespace

TEST_CASE("response: a described struct as JSON", "[core][response]") {
  const Response response = Response::json(Started{"j1"}, 202);
  CHECK(response.status == 202);
  CHECK(response.content_type == "application/json");
  CHECK(response.body == R"({"job":"j1"})");
}

TEST_CASE("response: an error says why, escaped", "[core][response]") {
  const Response response = Response::error(400, "a \"bad\"\nname");
  CHECK(response.status == 400);
  CHECK(response.body == R"({"error":"a \"bad\"\nname"})");
}

TEST_CASE("response: no error is 204 without a body", "[core][response]") {
  const Response response = Response::from({});
  CHECK(response.status == 204);
  CHECK(response.body.empty());
}

TEST_CASE("response: each error has the status that fits", "[core][response]") {
  const auto status = [](Error error) { return Response::from(error).status; };
  CHECK(status(Error::unknown_topic) == 404);
  CHECK(status(Error::unknown_prompt) == 404);
  CHECK(status(Error::topic_expired) == 410);
  CHECK(status(Error::topic_finished) == 409);
  CHECK(status(Error::topic_exists) == 409);
  CHECK(status(Error::already_answered) == 409);
  CHECK(status(Error::payload_too_large) == 413);
  CHECK(status(Error::invalid_choice) == 400);
  CHECK(status(Error::invalid_payload) == 400);
  CHECK(status(Error::invalid_name) == 400);
  CHECK(status(Error::malformed) == 400);
  CHECK(status(Error::revoked) == 403);
  CHECK(status(Error::admission_expired) == 403);
  CHECK(status(Error::too_many_topics) == 429);
  CHECK(status(Error::shut_down) == 503);
  CHECK(status(Error::drained) == 503);
  CHECK(status(Error::backplane_lost) == 503);
  CHECK(Response::from(std::make_error_code(std::errc::io_error)).status == 500);
}

TEST_CASE("response: from an error carries its message", "[core][response]") {
  CHECK(Response::from(Error::unknown_topic).body == R"({"error":"no topic of this name"})");
}
