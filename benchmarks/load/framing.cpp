#include "framing.hpp"

#include <algorithm>
#include <cstring>

namespace load {

bool ChunkDecoder::size_digit(char c) {
  const char lower = char(c | 32);
  if (c >= '0' && c <= '9') {
    left_ = left_ * 16 + std::uint64_t(c - '0');
  } else if (lower >= 'a' && lower <= 'f') {
    left_ = left_ * 16 + std::uint64_t(lower - 'a' + 10);
  } else if (c == '\r' || c == ';') {
    at_ = At::extension;
  } else if (c == '\n') {
    at_ = left_ ? At::body : At::trailer;
  } else {
    return false;
  }
  return true;
}

std::optional<std::size_t> ChunkDecoder::decode(char* bytes, std::size_t size) {
  char *out = bytes, *in = bytes;
  char* const end = bytes + size;
  while (in < end) {
    switch (at_) {
      case At::size:
        if (!size_digit(*in++)) return std::nullopt;
        break;
      case At::extension:
        if (*in++ == '\n') at_ = left_ ? At::body : At::trailer;
        break;
      case At::body: {
        const auto taken = std::min<std::uint64_t>(left_, std::uint64_t(end - in));
        if (out != in) std::memmove(out, in, taken);
        out += taken, in += taken, left_ -= taken;
        if (left_ == 0) at_ = At::body_end, ++chunks_;
        break;
      }
      case At::body_end:
        if (*in == '\n')
          at_ = At::size;
        else if (*in != '\r')
          return std::nullopt;
        ++in;
        break;
      case At::trailer:
        finished_ = true;
        in = end;
        break;
    }
  }
  // The empty chunk's line may have been the last byte.
  if (at_ == At::trailer) finished_ = true;
  return std::size_t(out - bytes);
}

std::size_t parse_event_stream(std::string_view bytes, bool& has_data, StreamSink& sink) {
  std::size_t at = 0;
  for (std::size_t end; (end = bytes.find('\n', at)) != std::string_view::npos; at = end + 1) {
    std::string_view line = bytes.substr(at, end - at);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) {
      if (has_data) sink.event();
      has_data = false;
    } else if (line.substr(0, 5) == "data:") {
      has_data = true;
      sink.data(line.substr(5));
    } else if (line.substr(0, 3) == "id:") {
      sink.id(line.substr(line.size() > 3 && line[3] == ' ' ? 4 : 3));
    } else if (line[0] == ':') {
      sink.comment();
    }
  }
  return at;
}

std::optional<std::size_t> parse_frames(std::string_view bytes, bool compressed, FrameSink& sink) {
  constexpr std::uint64_t most = 16u << 20;
  std::size_t at = 0;
  while (bytes.size() - at >= 2) {
    const auto* head = reinterpret_cast<const unsigned char*>(bytes.data() + at);
    std::size_t head_size = 2;
    std::uint64_t size = head[1] & 127;
    const int reserved = head[0] & 0x70;
    if (head[1] & 128 || (reserved & ~(compressed ? 0x40 : 0))) return std::nullopt;
    if (size >= 126) {
      const std::size_t length_bytes = size == 126 ? 2 : 8;
      head_size += length_bytes;
      if (bytes.size() - at < head_size) break;
      size = 0;
      for (std::size_t i = 0; i < length_bytes; ++i) size = size << 8 | head[2 + i];
    }
    if (size > most) return std::nullopt;
    if (bytes.size() - at < head_size + size) break;
    const std::string_view payload = bytes.substr(at + head_size, std::size_t(size));
    at += head_size + std::size_t(size);
    switch (head[0] & 15) {
      case 0: sink.message(payload, false, head[0] & 128); break;
      case 1:
      case 2: sink.message(payload, true, head[0] & 128); break;
      case 8: sink.close(); return at;
      case 9: sink.ping(payload); break;
      case 10: break;
      default: return std::nullopt;
    }
  }
  return at;
}

std::string client_frame(int opcode, std::string_view payload) {
  std::string frame;
  frame += char(0x80 | opcode);
  if (payload.size() < 126) {
    frame += char(0x80 | payload.size());
  } else {
    frame += char(0x80 | 126), frame += char(payload.size() >> 8), frame += char(payload.size() & 255);
  }
  frame.append(4, '\0');
  return frame.append(payload);
}

}  // namespace load
