/// The chunked transfer coding (RFC 9112 sec. 7.1): writes chunks around data, and takes them off the body of
/// a request. Does not produce trailers or extensions; those received are checked and dropped.
#pragma once

#include <fanfare/wire/http_field.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare::wire {

/// Ends a body: a chunk of size 0, and no trailer.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Appends the data as one chunk; nothing if it is empty, since an empty chunk would end the body.
void append_chunk(std::string& out, std::string_view data);

/// Appends the line that a chunk begins with; the data and CRLF must follow. REQUIRES: size is not 0.
void append_chunk_size(std::string& out, std::size_t size);

/// For data that is written in place and whose size is known only afterwards: leaves room for the size, and
/// returns where the chunk begins, for end_chunk.
///
///     const std::size_t chunk = begin_chunk(out);
///     format.encode(event, out);
///     end_chunk(out, chunk);
std::size_t begin_chunk(std::string& out);

/// Writes the size of what was appended since begin_chunk, in 8 digits (leading zeros are valid, sec. 7.1),
/// and CRLF. If nothing was appended, takes back what begin_chunk wrote. REQUIRES: less than 4 GiB were
/// appended; nothing before `chunk` was removed.
void end_chunk(std::string& out, std::size_t chunk);

inline void append_last_chunk(std::string& out) {
  out.append(last_chunk);
}

struct ChunkLimits {
  std::uint64_t max_body_bytes = 1024 * 1024;       ///< of data, without the framing; else 413
  std::size_t max_extension_bytes_per_chunk = 256;  ///< else 400; sec. 7.1.1 asks for a limit
  std::size_t max_extension_bytes = 4 * 1024;       ///< of the whole body; else 400
  std::size_t max_trailer_bytes = 4 * 1024;         ///< with line ends; else 431
};

enum class ChunkStatus { need_more, done, failed };

/// Takes the chunks off a body, from any pieces. Distinct objects on any threads. Holds no data, allocates
/// nothing.
class HttpChunkedDecoder {
 public:
  explicit HttpChunkedDecoder(ChunkLimits limits = {}) noexcept : limits_(limits) {}

  /// Takes bytes off the front and appends their data. The outcome is the same however the bytes were split.
  /// - need_more: all were taken.
  /// - done: the body was taken, and not one byte of what follows it. Stays so until reset.
  /// - failed: see refusal(); what was appended is not to be used. Stays so until reset.
  /// Complexity: linear in the bytes taken, which are at most 21 times the data, and what the limits allow.
  ChunkStatus decode(std::string_view& bytes, std::string& out) noexcept;

  /// The same without a copy, one piece at a time: with need_more and data, call again; with need_more and no
  /// data, all bytes were taken. Lifetime: the data is a view of the bytes given.
  ChunkStatus next(std::string_view& bytes, std::string_view& data) noexcept;

  /// Why it failed: malformed, invalid_length, too_long or not_enough_memory, with the status to answer.
  const HttpRefusal& refusal() const noexcept { return refusal_; }

  /// Ready for another body.
  void reset() noexcept { *this = HttpChunkedDecoder(limits_); }

 private:
  enum class State : std::uint8_t {
    size,
    extension_space,
    extension,
    size_end,
    data,
    data_return,
    data_end,
    trailer_line,
    trailer_name,
    trailer_value,
    trailer_end,
    body_end,
    done,
    failed,
  };

  void step(char c) noexcept;
  void take_size(char c) noexcept;
  void take_extension(char c) noexcept;
  void take_trailer(char c) noexcept;
  void expect(char c, char wanted, State next) noexcept;
  void refuse(std::error_code error, int status, std::string_view reason) noexcept;

  ChunkLimits limits_;
  State state_ = State::size;
  std::uint8_t size_digits_ = 0;
  std::uint64_t left_ = 0;      // of the chunk at hand
  std::uint64_t received_ = 0;  // the sizes of all chunks up to it; never above max_body_bytes
  std::size_t chunk_extension_bytes_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  HttpRefusal refusal_;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/http_chunked.ipp>
#endif
