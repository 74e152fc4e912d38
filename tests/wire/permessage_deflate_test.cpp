#include <fanfare/wire/permessage_deflate.hpp>

#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace fanfare::wire;

namespace {

WebSocketExtension parsed(std::string_view value) {
  std::vector<WebSocketExtension> extensions;
  REQUIRE_FALSE(parse_websocket_extensions(value, extensions));
  REQUIRE(extensions.size() == 1);
  return extensions[0];
}

// The response to an offer, without the extension's name; "declined".
std::string answer(const std::string& parameters, const DeflateServerOptions& options = {}) {
  const auto agreement = accept_deflate(parsed("permessage-deflate" + parameters), options);
  if (!agreement) return "declined";
  REQUIRE(agreement->response.starts_with("permessage-deflate"));
  // A client that made any of the offers here finds the response to match what it says, and agrees with us.
  const DeflateClientOptions asked;
  if (const auto understood = check_deflate_response(parsed(agreement->response), asked)) {
    CHECK(*understood == agreement->parameters);
  }
  return agreement->response.substr(18);
}

// What a client makes of a response; none: it must fail.
std::optional<DeflateParameters> understood(const std::string& parameters,
                                            const DeflateClientOptions& options = {}) {
  return check_deflate_response(parsed("permessage-deflate" + parameters), options);
}

}  // namespace

TEST_CASE("permessage deflate: RFC 7692 sec 7-1 offers that are honoured as asked for", "[wire][deflate]") {
  CHECK(answer("") == "");
  CHECK(answer("; server_no_context_takeover") == "; server_no_context_takeover");
  CHECK(answer("; client_no_context_takeover") == "; client_no_context_takeover");
  CHECK(answer("; client_max_window_bits") == "");
  CHECK(answer("; client_max_window_bits=15") == "");
  CHECK(answer("; client_max_window_bits=10") == "; client_max_window_bits=10");
  CHECK(answer("; client_max_window_bits=8") == "; client_max_window_bits=8");
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string parameter = "; server_max_window_bits=" + std::to_string(bits);
    CHECK(answer(parameter) == parameter);
  }
  CHECK(answer("; client_max_window_bits; server_max_window_bits=\"10\"; client_no_context_takeover; "
               "server_no_context_takeover") ==
        "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10");
  const auto agreement =
      accept_deflate(parsed("permessage-deflate; server_max_window_bits=9; client_max_window_bits=12"));
  REQUIRE(agreement);
  CHECK(agreement->parameters == DeflateParameters{false, false, 9, 12});
}

TEST_CASE("permessage deflate: RFC 7692 sec 7-1 offers that must be declined", "[wire][deflate]") {
  for (const char* parameters :
       {"; unknown", "; unknown=1", "; Server_no_context_takeover", "; server_no_context_takeover=1",
        "; server_no_context_takeover=true", "; client_no_context_takeover=0",
        "; client_no_context_takeover=\"x\"", "; server_no_context_takeover; server_no_context_takeover",
        "; client_no_context_takeover; client_no_context_takeover",
        "; server_max_window_bits=10; server_max_window_bits=10",
        "; client_max_window_bits; client_max_window_bits",
        "; client_max_window_bits=9; client_max_window_bits",
        "; client_max_window_bits; client_max_window_bits=9",
        "; client_max_window_bits=9; client_max_window_bits=9", "; server_max_window_bits"}) {
    CAPTURE(parameters);
    CHECK(answer(parameters) == "declined");
  }
  // Sec. 7.1.2.1, 7.1.2.2: 8 to 15, without leading zeros.
  for (const char* bits : {"0", "7", "16", "08", "09", "015", "010", "1", "15.0", "1e1", "+9", "-9", "0x9",
                           "9x", "99", "100", "18446744073709551625", "\"\\08\""}) {
    CAPTURE(bits);
    CHECK(answer("; server_max_window_bits=" + std::string(bits)) == "declined");
    CHECK(answer("; client_max_window_bits=" + std::string(bits)) == "declined");
  }
  CHECK_FALSE(accept_deflate(parsed("permessage-bzip2")));
  CHECK_FALSE(accept_deflate(parsed("Permessage-Deflate")));
  CHECK_FALSE(accept_deflate(parsed("x-webkit-deflate-frame")));
}

TEST_CASE("permessage deflate: event streams have one window and no context for all", "[wire][deflate]") {
  const DeflateServerOptions shared = DeflateServerOptions::shared();
  const std::string ours = "; server_no_context_takeover; client_no_context_takeover";
  CHECK(answer("", shared) == ours);
  CHECK(answer("; client_max_window_bits", shared) == ours);
  CHECK(answer("; server_no_context_takeover; client_no_context_takeover", shared) == ours);
  CHECK(answer("; server_max_window_bits=15", shared) == ours + "; server_max_window_bits=15");
  for (int bits = 8; bits < 15; ++bits) {
    CHECK(answer("; server_max_window_bits=" + std::to_string(bits), shared) == "declined");
  }
  const auto agreement = accept_deflate(parsed("permessage-deflate; client_max_window_bits=9"), shared);
  REQUIRE(agreement);
  CHECK(agreement->parameters == DeflateParameters{true, true, 15, 9});
}

TEST_CASE("permessage deflate: RFC 7692 sec 7-1-1 and 7-1-2 what a server may say without being asked",
          "[wire][deflate]") {
  DeflateServerOptions options;
  options.server_max_window_bits = 11;
  options.client_max_window_bits = 10;
  options.client_no_context_takeover = true;
  CHECK(answer("", options) == "; client_no_context_takeover; server_max_window_bits=11");
  CHECK(answer("; server_max_window_bits=15", options) ==
        "; client_no_context_takeover; server_max_window_bits=11");
  CHECK(answer("; server_max_window_bits=9", options) ==
        "; client_no_context_takeover; server_max_window_bits=9");
  // Sec. 7.1.2.2: client_max_window_bits MUST NOT be in the response unless it was in the offer.
  CHECK(answer("; client_max_window_bits", options) ==
        "; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=10");
  CHECK(answer("; client_max_window_bits=9", options) ==
        "; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=9");
  CHECK(answer("; client_max_window_bits=15", options) ==
        "; client_no_context_takeover; server_max_window_bits=11; client_max_window_bits=10");
}

TEST_CASE("permessage deflate: what a client offers", "[wire][deflate]") {
  CHECK(deflate_offer() == "permessage-deflate; client_max_window_bits");
  CHECK(deflate_offer({.server_no_context_takeover = true,
                       .client_no_context_takeover = true,
                       .server_max_window_bits = 10,
                       .client_max_window_bits = 9}) ==
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10; "
        "client_max_window_bits=9");
}

TEST_CASE("permessage deflate: RFC 7692 sec 7-1 responses that a client takes", "[wire][deflate]") {
  CHECK(understood("") == DeflateParameters{});
  CHECK(understood("; server_no_context_takeover") == DeflateParameters{true, false, 15, 15});
  CHECK(understood("; client_no_context_takeover") == DeflateParameters{false, true, 15, 15});
  CHECK(understood("; server_max_window_bits=8") == DeflateParameters{false, false, 8, 15});
  CHECK(understood("; client_max_window_bits=\"9\"") == DeflateParameters{false, false, 15, 9});
  const DeflateClientOptions strict = {.server_no_context_takeover = true,
                                       .client_no_context_takeover = true,
                                       .server_max_window_bits = 10,
                                       .client_max_window_bits = 11};
  CHECK(understood("; server_no_context_takeover; server_max_window_bits=10", strict) ==
        DeflateParameters{true, true, 10, 11});
  CHECK(understood("; server_no_context_takeover; server_max_window_bits=9; client_max_window_bits=8",
                   strict) == DeflateParameters{true, true, 9, 8});
}

TEST_CASE("permessage deflate: RFC 7692 sec 7-1 responses at which a client must fail", "[wire][deflate]") {
  for (const char* parameters :
       {"; unknown", "; server_no_context_takeover=1",
        "; server_no_context_takeover; server_no_context_takeover", "; server_max_window_bits",
        "; server_max_window_bits=7", "; server_max_window_bits=16", "; client_max_window_bits",
        "; client_max_window_bits=08", "; client_max_window_bits=9; client_max_window_bits=9"}) {
    CAPTURE(parameters);
    CHECK_FALSE(understood(parameters));
  }
  CHECK_FALSE(check_deflate_response(parsed("permessage-bzip2")));
  // Sec. 7.1.1.1, 7.1.2.1, 7.1.2.2: what was asked is missing, or is more than was asked.
  CHECK_FALSE(understood("", {.server_no_context_takeover = true}));
  CHECK_FALSE(understood("", {.server_max_window_bits = 10}));
  CHECK_FALSE(understood("; server_max_window_bits=11", {.server_max_window_bits = 10}));
  CHECK_FALSE(understood("; client_max_window_bits=12", {.client_max_window_bits = 10}));
}

TEST_CASE("permessage deflate: whatever a client asks of a server of ours, both mean the same",
          "[wire][deflate]") {
  for (int bits = 0; bits < 4 * 8 * 8; ++bits) {
    const DeflateClientOptions client = {(bits & 1) != 0, (bits & 2) != 0, 8 + (bits >> 2 & 7),
                                         8 + (bits >> 5 & 7)};
    for (const DeflateServerOptions& server :
         {DeflateServerOptions{}, DeflateServerOptions::shared(),
          DeflateServerOptions{.server_max_window_bits = 10, .client_max_window_bits = 10}}) {
      const auto agreement = accept_deflate(parsed(deflate_offer(client)), server);
      if (!agreement) {
        CHECK(client.server_max_window_bits < server.min_server_window_bits);
        continue;
      }
      const auto understood_by_client = check_deflate_response(parsed(agreement->response), client);
      REQUIRE(understood_by_client);
      CHECK(*understood_by_client == agreement->parameters);
    }
  }
}
