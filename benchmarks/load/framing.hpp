/// What a server sends, taken apart: HTTP chunks, event-stream lines, WebSocket frames. It decodes what it
/// needs to count and to check, in place and without copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace load {

/// RFC 9112 sec. 7.1. Keeps what it needs between reads.
class ChunkDecoder {
 public:
  /// Decodes in place. @return  the decoded length; none: a byte that cannot be
  std::optional<std::size_t> decode(char* bytes, std::size_t size);
  bool finished() const { return finished_; }
  /// Chunks completed so far; the last, empty one is none.
  std::uint64_t chunks() const { return chunks_; }

 private:
  enum class At : std::uint8_t { size, extension, body, body_end, trailer };
  bool size_digit(char c);

  At at_ = At::size;
  bool finished_ = false;
  std::uint64_t left_ = 0, chunks_ = 0;
};

/// Gets what an event stream says. `data` may come several times before `event`.
struct StreamSink {
  virtual ~StreamSink() = default;
  virtual void data(std::string_view text) = 0;
  virtual void id(std::string_view text) = 0;
  virtual void comment() = 0;
  virtual void event() = 0;
};

/// WHATWG HTML sec. 9.2.5, for streams that end lines with LF or CRLF.
/// @param has_data  whether the event under way has data; kept between reads
/// @return          bytes consumed: whole lines
std::size_t parse_event_stream(std::string_view bytes, bool& has_data, StreamSink& sink);

struct FrameSink {
  virtual ~FrameSink() = default;
  /// A text or binary frame. @param first  of its message; @param last  likewise
  virtual void message(std::string_view payload, bool first, bool last) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void close() = 0;
};

/// RFC 6455 sec. 5.2, from a server: frames are not masked.
/// @param compressed  whether RSV1 is allowed (RFC 7692)
/// @return            bytes consumed: whole frames, up to a close; none: a frame that cannot be
std::optional<std::size_t> parse_frames(std::string_view bytes, bool compressed, FrameSink& sink);

/// A client's frame, masked with a key of zeros.
std::string client_frame(int opcode, std::string_view payload);

}  // namespace load
