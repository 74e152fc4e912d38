// Any bytes as a target: bounded results, nothing left after an error, no safe path with a way out, and what
// is encoded comes back.
#include <fanfare/wire/uri.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const TargetParts parts = split_target(text);

  UriPath path;
  if (parse_path(parts.path, path, 20)) {
    require(path.segments.empty());
  } else {
    require(!path.segments.empty() && path.segments.size() <= 20);
    std::string again, joined;
    for (const std::string& segment : path.segments) {
      append_percent_encoded(again += '/', segment);
      joined += '/' + segment;
    }
    UriPath same;
    require(!parse_path(again, same, 20) && same.segments == path.segments);
    if (is_safe_relative_path(path.segments)) {
      require(!path.has_encoded_slash && !path.has_control);
      require((joined + '/').find("/../") == joined.npos && joined.find("//") == joined.npos);
    }
  }

  std::vector<QueryPair> pairs;
  if (parse_query(parts.query, pairs, 20)) require(pairs.empty());
  require(pairs.size() <= 20);
  std::size_t decoded = 0;
  for (const QueryPair& pair : pairs) {
    decoded += pair.name.size() + pair.value.size();
    require(find_query(pairs, pair.name) != nullptr);
  }
  require(decoded <= parts.query.size());

  require(percent_decode(percent_encode(text)) == text);
  require(percent_decode(percent_encode(text), Plus::space) == text);
  return 0;
}
