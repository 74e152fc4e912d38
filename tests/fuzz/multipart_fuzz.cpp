// Any bytes as a form with files: the same outcome in any pieces, and never more data than there were bytes.
#include <fanfare/wire/multipart.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Outcome {
  MultipartStatus status = MultipartStatus::need_more;
  std::string told = {};
  std::size_t data = 0;
  std::string_view reason = {};
};

Outcome parse(std::string_view boundary, std::string_view text, std::size_t piece_size, MultipartLimits limits) {
  MultipartParser parser(boundary, limits);
  Outcome out;
  while (!text.empty() && out.status != MultipartStatus::failed) {
    std::string_view piece = text.substr(0, piece_size);
    text.remove_prefix(piece.size());
    do {
      out.status = parser.parse(piece);
      if (out.status == MultipartStatus::part) {
        require(parser.part().is_file || parser.part().file_name.empty());
        out.told += "[" + parser.part().name + "|" + parser.part().file_name + "|" + parser.part().content_type + "]";
      } else if (out.status == MultipartStatus::data) {
        require(!parser.data().empty());
        out.told += parser.data();
        out.data += parser.data().size();
      } else if (out.status == MultipartStatus::part_end) {
        out.told += '.';
      }
    } while (out.status == MultipartStatus::part || out.status == MultipartStatus::data ||
             out.status == MultipartStatus::part_end);
    require(out.status == MultipartStatus::failed || piece.empty());
  }
  require((out.status == MultipartStatus::failed) == (parser.refusal().status != 0));
  require((out.status == MultipartStatus::done) == parser.done());
  out.reason = parser.refusal().reason;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  MultipartLimits limits;
  if (data[0] >= 128) limits = {.max_parts = 2, .max_part_head_bytes = 60, .max_preamble_bytes = 8};

  // The first line is a content type, as often as it is one.
  const std::size_t line = text.find('\n');
  const std::string boundary = multipart_boundary(text.substr(0, line));
  require(boundary.size() <= MultipartParser::max_boundary_bytes);
  const std::string_view body = boundary.empty() || line == text.npos ? text : text.substr(line + 1);
  const std::string_view used = boundary.empty() ? "B" : std::string_view(boundary);

  const Outcome whole = parse(used, body, body.size() + 1, limits);
  const Outcome pieces = parse(used, body, piece_size, limits);
  require(whole.status == pieces.status && whole.told == pieces.told && whole.reason == pieces.reason);
  require(whole.data <= body.size());
  return 0;
}
