// Any bytes as the head of a request: the same outcome in any pieces, and what is accepted keeps the parser's
// promises.
#include <fanfare/wire/http_request_head.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool same_head(const HttpRequestHead& a, const HttpRequestHead& b) {
  const auto same_field = [](const auto& x, const auto& y) { return x.name == y.name && x.value == y.value; };
  return a.method == b.method && a.target == b.target && a.host == b.host &&
         a.content_length == b.content_length && a.minor_version == b.minor_version &&
         a.chunked == b.chunked && a.keep_alive == b.keep_alive && a.expect_continue == b.expect_continue &&
         a.upgrade == b.upgrade &&
         std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same_field);
}

void check_accepted(const HttpRequestHead& head, const HeadLimits& limits) {
  require(is_token(head.method) && head.method != "CONNECT");
  require(head.target == "*" ? head.method == "OPTIONS" : !head.target.empty() && head.target.front() == '/');
  require(head.minor_version == 0 || (head.minor_version == 1 && !head.host.empty()));
  require(!(head.chunked && (head.content_length || head.minor_version == 0)));
  require(head.fields.size() <= limits.max_fields);
  for (const auto& field : head.fields) {
    require(is_token(field.name) && is_field_value(field.value) && trim_ows(field.value) == field.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  HeadLimits limits;
  if (data[0] >= 128) limits = {.max_head_bytes = 200, .max_target_bytes = 20, .max_fields = 4};

  HttpRequestHeadParser whole(limits), pieces(limits);
  std::string_view rest = text;
  const HeadStatus status = whole.parse(rest);

  HeadStatus piecewise = pieces.parse(rest = "");
  std::string_view left = text;
  while (piecewise == HeadStatus::need_more && !left.empty()) {
    std::string_view piece = left.substr(0, piece_size);
    const std::size_t given = piece.size();
    piecewise = pieces.parse(piece);
    left.remove_prefix(given - piece.size());
  }
  require(piecewise == status);
  require(whole.refusal().error == pieces.refusal().error &&
          whole.refusal().reason == pieces.refusal().reason);
  require((status == HeadStatus::failed) == (whole.refusal().status != 0));
  if (status == HeadStatus::done) {
    rest = text;
    whole.reset();
    require(whole.parse(rest) == HeadStatus::done && rest == left);
    require(same_head(whole.head(), pieces.head()));
    check_accepted(whole.head(), limits);
  }
  return 0;
}
