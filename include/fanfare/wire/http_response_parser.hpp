/// The response to an HTTP/1.1 request (RFC 9112), as a client reads it: the head, parsed strictly and from
/// any pieces, and its body without the framing. Does not know what was asked for, but for HEAD.
///
/// As strict as the parser of requests (http_request_head.hpp), for the same reason: a client and a proxy
/// before it that disagree about where a body ends take one response for another.
#pragma once

#include <fanfare/wire/http_chunked.hpp>
#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/http_request_head.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fanfare::wire {

struct ResponseHeadLimits {
  std::size_t max_head_bytes = 16 * 1024;  ///< of one head: status line, fields, line ends, the empty line
  std::size_t max_fields = 100;
  unsigned max_interim = 8;  ///< 1xx responses before the final one; RFC 9110 sec. 15.2 sets no end to them
};

struct HttpResponseHead {
  int status = 0;           ///< 200 to 599, or 101
  std::string reason = {};  ///< may be empty; RFC 9112 sec. 4: says nothing that a program should act upon
  std::vector<HttpField> fields = {};                ///< in their order
  std::optional<std::uint64_t> content_length = {};  ///< never together with chunked
  int minor_version = 1;                             ///< 0 or 1; a higher one counts as 1
  bool chunked = false;                              ///< the body is in chunks
  bool keep_alive = false;  ///< the server will use the connection again (RFC 9112 sec. 9.3)
  bool upgrade = false;     ///< Connection has "upgrade" (RFC 9110 sec. 7.8)

  /// The value of the first field of that name, in either case; empty if there is none.
  std::string_view field(std::string_view name) const noexcept;
};

/// Distinct objects on any threads. Memory: at most about twice max_head_bytes, and 64 bytes for each field.
class HttpResponseHeadParser {
 public:
  explicit HttpResponseHeadParser(ResponseHeadLimits limits = {}) noexcept : limits_(limits) {}

  /// Takes bytes off the front. The outcome is the same however the bytes were split. 1xx responses but 101
  /// are checked and passed over (RFC 9110 sec. 15.2).
  /// - need_more: all were taken.
  /// - done: the head was taken, and not one byte of what follows it. Stays so until reset.
  /// - failed: see error(). How much was taken means nothing: close. Stays so until reset.
  /// Complexity: linear in the bytes taken, even one at a time.
  HeadStatus parse(std::string_view& bytes) noexcept;

  /// REQUIRES: done. Lifetime: until the next reset or take.
  const HttpResponseHead& head() const noexcept { return head_; }
  /// Moves the head out. REQUIRES: done, and a reset before the next parse.
  HttpResponseHead take() noexcept { return std::move(head_); }

  /// Why it failed: malformed, too_long, unsupported_version, invalid_length, invalid_encoding, unsafe_field
  /// or not_enough_memory.
  std::error_code error() const noexcept { return error_; }
  /// The same in one line for a log; static text that holds nothing of the peer's.
  std::string_view reason() const noexcept { return reason_; }

  /// Ready for the next response.
  void reset() noexcept;

 private:
  enum class Stage : std::uint8_t { status_line, fields, done, failed };

  void advance(std::string_view& bytes);
  void take_line(std::string_view line);
  void take_status_line(std::string_view line);
  void take_field(std::string_view line);
  bool note_field(std::string_view name, std::string_view value);
  bool note_content_length(std::string_view value);
  bool note_transfer_encoding(std::string_view value);
  void finish();
  bool refuse(std::error_code error, std::string_view reason) noexcept;  // returns false

  ResponseHeadLimits limits_;
  Stage stage_ = Stage::status_line;
  bool has_close_ = false, has_keep_alive_ = false;
  unsigned interim_ = 0;        // responses passed over
  std::size_t head_bytes_ = 0;  // of whole lines
  std::string line_;            // an unfinished line; empty while lines arrive whole
  HttpResponseHead head_;
  std::error_code error_;
  std::string_view reason_;
};

enum class BodyStatus { need_more, done, failed };

/// Takes the framing off the body of one response. Distinct objects on any threads. Holds no data, allocates
/// nothing.
class HttpResponseBody {
 public:
  /// An event stream has no end of its own, so the default knows none.
  static constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

  /// For no response: done.
  HttpResponseBody() noexcept = default;
  /// RFC 9112 sec. 6.3 says where the body ends: at once (to HEAD; 101, 204, 304), after the last chunk,
  /// after Content-Length bytes, else with the connection.
  /// @param answers_head    whether the request was HEAD
  /// @param max_body_bytes  of data, without the framing; a longer one fails with too_long
  explicit HttpResponseBody(const HttpResponseHead& head, bool answers_head = false,
                            std::uint64_t max_body_bytes = unlimited) noexcept;

  /// Takes bytes off the front, one piece of the body at a time: with need_more and data, call again; with
  /// need_more and no data, all bytes were taken.
  /// - done: the body was taken, and not one byte of what follows it; there may be data.
  /// - failed: see error().
  /// Lifetime: the data is a view of the bytes given.
  BodyStatus next(std::string_view& bytes, std::string_view& data) noexcept;

  /// What the end of the connection means here: no error if the body has ended, or ends so; cut_short if
  /// some of it is missing.
  std::error_code end_of_input() const noexcept;

  BodyStatus status() const noexcept { return status_; }
  /// Why it failed: malformed, invalid_length or too_long.
  std::error_code error() const noexcept { return error_; }

 private:
  enum class Framing : std::uint8_t { none, length, chunked, until_close };

  BodyStatus fail(std::error_code error) noexcept;

  Framing framing_ = Framing::none;
  BodyStatus status_ = BodyStatus::done;
  std::uint64_t left_ = 0;  // of Content-Length, or of what the limit allows until the connection closes
  HttpChunkedDecoder chunks_;
  std::error_code error_;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/http_response_parser.ipp>
#endif
