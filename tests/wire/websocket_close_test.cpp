#include <fanfare/error.hpp>
#include <fanfare/wire/utf8.hpp>
#include <fanfare/wire/websocket_close.hpp>

#include "support/catch.hpp"
#include "support/rfc6455.hpp"

#include <string>

using namespace fanfare::wire;
using fanfare::Error;
using rfc6455::hex;

namespace {

bool may_be_sent(unsigned code) {
  if (code >= 3000) return code <= 4999;
  switch (code) {
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014: return true;
    default: return false;
  }
}

std::string built(CloseCode code, std::string_view reason = {}) {
  std::string out;
  return append_close_payload(out, code, reason) ? out : "refused";
}

}  // namespace

TEST_CASE("websocket close: sec 7-4 the codes that a close frame may carry, of all 65536",
          "[wire][websocket]") {
  for (unsigned code = 0; code <= 0xFFFF; ++code) {
    const std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code)};
    ClosePayload said;
    const WebSocketFailure failure = parse_close_payload(payload, said);
    const bool valid = may_be_sent(code);
    if (is_valid_close_code(code) != valid) FAIL("code " << code);
    if (valid ? static_cast<unsigned>(said.code) != code || failure.error
              : failure.error != Error::malformed || failure.code != CloseCode::protocol_error) {
      FAIL("parsed " << code);
    }
    // 1005 is written as no payload at all.
    if (built(static_cast<CloseCode>(code)) != (valid ? payload : code == 1005 ? "" : "refused")) {
      FAIL("built " << code);
    }
  }
  CHECK_FALSE(is_valid_close_code(65536 + 1000));
}

TEST_CASE("websocket close: sec 5-5-1 an empty payload is no status, and half a code is refused",
          "[wire][websocket]") {
  ClosePayload said{CloseCode::normal, "left over"};
  CHECK_FALSE(parse_close_payload("", said).error);
  CHECK(said.code == CloseCode::no_status);
  CHECK(said.reason.empty());
  const WebSocketFailure failure = parse_close_payload("\x03", said);
  CHECK(failure.error == Error::malformed);
  CHECK(failure.code == CloseCode::protocol_error);
}

TEST_CASE("websocket close: sec 5-5-1 and 8-1 the reason is UTF-8", "[wire][websocket]") {
  ClosePayload said;
  const std::string payload = hex("03 E8") + "au revoir \xC3\xA9";
  CHECK_FALSE(parse_close_payload(payload, said).error);
  CHECK(said.code == CloseCode::normal);
  CHECK(said.reason == "au revoir \xC3\xA9");
  for (const char* reason : {"\xC3", "a\xFFz", "\xED\xA0\x80", "\xC0\xAF"}) {
    const WebSocketFailure failure = parse_close_payload(hex("03 E8") + reason, said);
    CHECK(failure.error == Error::invalid_encoding);
    CHECK(failure.code == CloseCode::invalid_payload);
    CHECK(said.code == CloseCode::no_status);
  }
}

TEST_CASE("websocket close: sec 5-5 a reason that we send fits a control frame and is UTF-8",
          "[wire][websocket]") {
  CHECK(built(CloseCode::going_away, "bye") == hex("03 E9") + "bye");
  CHECK(built(CloseCode::no_status, "dropped").empty());
  CHECK(built(CloseCode::none, "x") == "refused");
  CHECK(built(CloseCode::abnormal, "x") == "refused");
  CHECK(built(CloseCode::normal, std::string(123, 'x')) == hex("03 E8") + std::string(123, 'x'));
  CHECK(built(CloseCode::normal, std::string(5000, 'x')) == hex("03 E8") + std::string(123, 'x'));
  for (const char* character : {"\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xFF", "\xE2\x82"}) {
    for (std::size_t before = 0; before < 8; ++before) {
      std::string reason(before, 'x');
      while (reason.size() < 300) reason += character;
      const std::string payload = built(CloseCode::normal, reason);
      CAPTURE(before, character);
      CHECK(payload.size() <= 125);
      CHECK(payload.size() > 125 - 4);
      CHECK(is_valid_utf8(std::string_view(payload).substr(2)));
      ClosePayload said;
      CHECK_FALSE(parse_close_payload(payload, said).error);
    }
  }
  std::string out = "before ";
  CHECK(append_close_payload(out, CloseCode::normal, "after"));
  CHECK(out == "before " + hex("03 E8") + "after");
}
