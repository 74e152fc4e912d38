/// The head of an HTTP/1.1 request (RFC 9112), parsed strictly and from any pieces: request line, fields, and
/// what they say about the body and the connection. Neither reads the body nor decodes the target (see
/// http_chunked.hpp, uri.hpp).
///
/// Stricter than RFC 9112 asks, since two readers that disagree about a message are how requests are smuggled
/// (sec. 11.2): a lone LF, a folded line, a repeated Content-Length, a transfer coding besides chunked are
/// refused.
#pragma once

#include <fanfare/wire/http_field.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fanfare::wire {

struct HeadLimits {
  /// Request line, fields, line ends and the empty line; else 431, or 414 within the request line.
  std::size_t max_head_bytes = 16 * 1024;
  std::size_t max_target_bytes = 8 * 1024;  ///< else 414; RFC 9112 sec. 3 asks for at least 8000
  std::size_t max_fields = 100;             ///< else 431
};

struct HttpRequestHead {
  /// A token, case counts; never CONNECT.
  std::string method = {};
  /// In origin-form ("/a?b"), or "*"; of an absolute-form what follows the authority.
  std::string target = {};
  /// Host and port as written: of an absolute-form, else of Host; empty only in HTTP/1.0.
  std::string host = {};
  /// In their order. The value of Host is the one above, even if the target overrode it.
  std::vector<HttpField> fields = {};
  /// Never together with chunked. Neither: no body.
  std::optional<std::uint64_t> content_length = {};
  int minor_version = 1;         ///< 0 or 1; a higher one counts as 1 (RFC 9110 sec. 2.5)
  bool chunked = false;          ///< the body is in chunks
  bool keep_alive = false;       ///< the client will use the connection again (RFC 9112 sec. 9.3)
  bool expect_continue = false;  ///< it waits for 100 before the body (RFC 9110 sec. 10.1.1)
  bool upgrade = false;  ///< Connection has "upgrade" (RFC 9110 sec. 7.8); the Upgrade field says to what

  /// The value of the first field of that name, in either case; empty if there is none.
  /// For lists, which may be spread over several fields, see field_has_member.
  std::string_view field(std::string_view name) const noexcept;
};

enum class HeadStatus { need_more, done, failed };

/// Distinct objects on any threads. Memory: at most about twice max_head_bytes, and 64 bytes for each field.
class HttpRequestHeadParser {
 public:
  explicit HttpRequestHeadParser(HeadLimits limits = {}) noexcept : limits_(limits) {}

  /// Takes bytes off the front. The outcome is the same however the bytes were split.
  /// - need_more: all were taken.
  /// - done: the head was taken, and not one byte of what follows it: body, or the next request. Stays so
  /// until reset.
  /// - failed: see refusal(). How much was taken means nothing: answer and close. Stays so until reset.
  /// Complexity: linear in the bytes taken, even one at a time.
  HeadStatus parse(std::string_view& bytes) noexcept;

  /// REQUIRES: done. Lifetime: until the next reset or take.
  const HttpRequestHead& head() const noexcept { return head_; }
  /// Moves the head out. REQUIRES: done, and a reset before the next parse.
  HttpRequestHead take() noexcept { return std::move(head_); }

  /// Why it failed: malformed, too_long, unsupported_version, invalid_host, invalid_length, invalid_encoding,
  /// unsafe_field or not_enough_memory, with the status to answer. RFC 9112 sec. 2.2 wants the connection
  /// closed then.
  const HttpRefusal& refusal() const noexcept { return refusal_; }

  /// Whether bytes of a head came that is not complete: between requests a peer may leave, within one it
  /// broke off.
  bool in_progress() const noexcept { return stage_ < Stage::done && (head_bytes_ != 0 || !line_.empty()); }

  /// Ready for the next request.
  void reset() noexcept;

 private:
  enum class Stage : std::uint8_t { request_line, request_line_after_empty, fields, done, failed };

  void advance(std::string_view& bytes);
  void take_line(std::string_view line);
  void take_request_line(std::string_view line);
  bool take_version(std::string_view version);
  bool take_target(std::string_view target);
  void take_field(std::string_view line);
  bool note_field(std::string_view name, std::string_view value);
  bool note_host(std::string_view value);
  void note_connection(std::string_view value) noexcept;
  bool note_content_length(std::string_view value);
  bool note_transfer_encoding(std::string_view value);
  void finish();
  bool refuse(std::error_code error, int status, std::string_view reason) noexcept;  // returns false

  HeadLimits limits_;
  Stage stage_ = Stage::request_line;
  bool has_host_ = false, has_close_ = false, has_keep_alive_ = false;
  std::size_t head_bytes_ = 0;  // of whole lines
  std::string line_;            // an unfinished line; empty while lines arrive whole
  HttpRequestHead head_;
  HttpRefusal refusal_;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/http_request_head.ipp>
#endif
