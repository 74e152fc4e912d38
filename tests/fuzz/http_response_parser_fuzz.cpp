// Any bytes as a response: the same outcome in any pieces, head and body, and what is accepted keeps the
// parser's promises.
#include <fanfare/wire/http_response_parser.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool same_head(const HttpResponseHead& a, const HttpResponseHead& b) {
  const auto same_field = [](const auto& x, const auto& y) { return x.name == y.name && x.value == y.value; };
  return a.status == b.status && a.reason == b.reason && a.content_length == b.content_length &&
         a.minor_version == b.minor_version && a.chunked == b.chunked && a.keep_alive == b.keep_alive &&
         a.upgrade == b.upgrade &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same_field);
}

void check_accepted(const HttpResponseHead& head, const ResponseHeadLimits& limits) {
  require(head.status == 101 || (head.status >= 200 && head.status <= 599));
  require(head.minor_version == 0 || head.minor_version == 1);
  require(!(head.chunked && (head.content_length || head.minor_version == 0)));
  require(head.fields.size() <= limits.max_fields && is_field_value(head.reason));
  for (const auto& field : head.fields) {
    require(is_token(field.name) && is_field_value(field.value) && trim_ows(field.value) == field.value);
  }
}

struct Body {
  BodyStatus status;
  std::string data, rest;
  std::error_code end;
};

Body read(HttpResponseBody body, std::string_view text, std::size_t piece_size) {
  Body out = {body.status(), {}, {}, {}};
  while (out.status == BodyStatus::need_more && !text.empty()) {
    std::string_view piece = text.substr(0, piece_size);
    const std::size_t given = piece.size();
    for (std::string_view data = "x"; out.status == BodyStatus::need_more && !data.empty();) {
      out.status = body.next(piece, data);
      out.data += data;
    }
    require(out.status != BodyStatus::need_more || piece.empty());
    text.remove_prefix(given - piece.size());
  }
  out.rest = text;
  out.end = body.end_of_input();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ResponseHeadLimits limits;
  if (data[0] >= 128) limits = {.max_head_bytes = 200, .max_fields = 4, .max_interim = 2};

  HttpResponseHeadParser whole(limits), pieces(limits);
  std::string_view rest = text;
  const HeadStatus status = whole.parse(rest);

  std::string_view left = text;
  HeadStatus piecewise = HeadStatus::need_more;
  while (piecewise == HeadStatus::need_more && !left.empty()) {
    std::string_view piece = left.substr(0, piece_size);
    const std::size_t given = piece.size();
    piecewise = pieces.parse(piece);
    left.remove_prefix(given - piece.size());
  }
  require(piecewise == status);
  require(whole.error() == pieces.error() && whole.reason() == pieces.reason());
  require((status == HeadStatus::failed) == static_cast<bool>(whole.error()));
  if (status != HeadStatus::done) return 0;
  require(rest == left);
  require(same_head(whole.head(), pieces.head()));
  check_accepted(whole.head(), limits);

  const HttpResponseBody body(whole.head(), data[0] % 32 == 31);
  const Body at_once = read(body, rest, rest.size()), in_pieces = read(body, rest, piece_size);
  require(at_once.status == in_pieces.status && at_once.data == in_pieces.data &&
          at_once.end == in_pieces.end);
  if (at_once.status != BodyStatus::failed) require(at_once.rest == in_pieces.rest);
  require((at_once.status == BodyStatus::failed) <= static_cast<bool>(at_once.end));
  const Body limited = read(HttpResponseBody(whole.head(), false, 10), rest, piece_size);
  require(limited.data.size() <= 10);
  return 0;
}
