// Any bytes as a chunked body: the same outcome in any pieces, within the limits; and what is encoded comes
// back.
#include <fanfare/wire/http_chunked.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace fanfare::wire;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

ChunkStatus decode(HttpChunkedDecoder& decoder, std::string_view& text, std::size_t piece_size,
                   std::string& out) {
  ChunkStatus status = ChunkStatus::need_more;
  while (status == ChunkStatus::need_more && !text.empty()) {
    std::string_view piece = text.substr(0, piece_size);
    const std::size_t given = piece.size();
    status = decoder.decode(piece, out);
    text.remove_prefix(given - piece.size());
  }
  return status;
}

void check_round_trip(std::string_view data, std::size_t piece_size) {
  std::string text, out;
  for (std::string_view left = data; !left.empty();) {
    const std::string_view part = left.substr(0, piece_size);
    left.remove_prefix(part.size());
    if (left.size() % 2 == 0) {
      append_chunk(text, part);
    } else {
      const std::size_t chunk = begin_chunk(text);
      text.append(part);
      end_chunk(text, chunk);
    }
  }
  append_last_chunk(text);
  HttpChunkedDecoder decoder;
  std::string_view bytes = text;
  require(decode(decoder, bytes, text.size(), out) == ChunkStatus::done);
  require(bytes.empty() && out == data);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece_size = 1 + data[0] % 16;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ChunkLimits limits;
  if (data[0] >= 128) {
    limits = {.max_body_bytes = 30,
              .max_extension_bytes_per_chunk = 5,
              .max_extension_bytes = 12,
              .max_trailer_bytes = 20};
  }

  HttpChunkedDecoder whole(limits), pieces(limits);
  std::string at_once, piecewise;
  std::string_view rest = text, left = text;
  const ChunkStatus status = decode(whole, rest, text.size(), at_once);
  require(decode(pieces, left, piece_size, piecewise) == status);
  require(at_once == piecewise && at_once.size() <= limits.max_body_bytes);
  require(whole.refusal().error == pieces.refusal().error &&
          whole.refusal().reason == pieces.refusal().reason);
  require((status == ChunkStatus::failed) == (whole.refusal().status != 0));
  if (status == ChunkStatus::done) require(rest == left);

  if (text.size() <= 64 * 1024) check_round_trip(text, piece_size * 3);
  return 0;
}
