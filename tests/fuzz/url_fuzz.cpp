// Any text as a URL, and as a reference to one: what is accepted keeps the promises, and taken again gives
// the same.
#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/url.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

void check_accepted(const Url& url) {
  require(url.scheme == "http" || url.scheme == "https" || url.scheme == "ws" || url.scheme == "wss");
  require(!url.host.empty() && url.port != 0);
  require(url.text().size() <= max_url_bytes);
  Url again;
  require(!parse_url(url.text(), again) && again == url);
  require(!resolve_url(url, "", again) && again == url);
  // A strict server takes it, and sees the same target.
  const std::string request = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n\r\n";
  HttpRequestHeadParser parser({.max_target_bytes = max_url_bytes});
  std::string_view bytes = request;
  require(parser.parse(bytes) == HeadStatus::done && bytes.empty());
  require(parser.head().target == url.target && parser.head().host == url.authority());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Url url, other;
  if (!parse_url(text, url)) check_accepted(url);
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  Url base;
  if (parse_url(text.substr(0, line_end), base))
    base = {.scheme = "https", .host = "a", .port = 1, .target = "/b/c?d"};
  const std::string_view reference = text.substr(std::min(line_end + 1, size));
  if (!resolve_url(base, reference, other)) {
    check_accepted(other);
    // Without a scheme or an authority of its own it leads nowhere else.
    const bool is_path = reference.find("//") == reference.npos && reference.find(':') == reference.npos;
    if (is_path) require(same_origin(base, other) && base.scheme == other.scheme);
  }
  return 0;
}
