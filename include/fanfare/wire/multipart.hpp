/// Reads multipart/form-data bodies (RFC 7578, RFC 2046 sec. 5.1): what an HTML form with a file sends. Holds no
/// data: a part's bytes are handed on as they come. Knows no files, no HTTP framing, and writes none.
#pragma once

#include <fanfare/wire/http_field.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare::wire {

struct MultipartLimits {
  std::size_t max_parts = 100;                ///< files and fields; else 413
  std::size_t max_part_head_bytes = 8 << 10;  ///< of each part, with line ends; else 431
  std::size_t max_preamble_bytes = 1 << 10;   ///< before the first part, where nobody sends anything; else 400
};

/// What a part's head says. All of it is the client's text.
struct MultipartPart {
  std::string name = {};
  /// Arbitrary bytes without control characters, mostly UTF-8: "a/b", "..", "C:\\a" are possible. Never a path.
  std::string file_name = {};
  std::string content_type = "text/plain";  ///< the default of RFC 7578 sec. 4.4
  bool is_file = false;                     ///< it has a file name, maybe an empty one
};

enum class MultipartStatus {
  need_more,  ///< all bytes were taken
  part,       ///< part() begins
  data,       ///< data() are the next bytes of the part
  part_end,   ///< the part was whole
  done,       ///< the last part was; whatever follows is taken and dropped
  failed,     ///< see refusal(); it stays failed
};

/// The parameter `boundary` of a Content-Type field that says multipart/form-data; empty if it says anything else,
/// or if the boundary is none (RFC 2046 sec. 5.1.1: 1 to 70 characters of bchars, no space at the end).
/// Throws only bad_alloc.
std::string multipart_boundary(std::string_view content_type);

/// Whether a Content-Type field says multipart/form-data, whatever its parameters.
bool is_multipart_form(std::string_view content_type) noexcept;

/// One body, from its first byte.
///
///     for (;;) switch (parser.parse(bytes)) { case MultipartStatus::data: write(parser.data()); break; ... }
///
/// Strict, since who disagrees with a filter in between about where a part begins lets things pass that it does
/// not: lines end in CRLF, a part says `Content-Disposition: form-data` with a name, once; a parameter twice,
/// `filename*` (forbidden by RFC 7578 sec. 4.2) and transfer encodings that change the bytes are refused.
///
/// Distinct objects on any threads. Memory: a part's head. Complexity: linear in the bytes taken, however they
/// were split.
class MultipartParser {
 public:
  static constexpr std::size_t max_boundary_bytes = 70;  // RFC 2046 sec. 5.1.1

  /// @param boundary  as of multipart_boundary; with an empty one every body is refused
  explicit MultipartParser(std::string_view boundary, MultipartLimits limits = {}) noexcept;
  MultipartParser(const MultipartParser&) = delete;  // data() may point into it
  MultipartParser& operator=(const MultipartParser&) = delete;

  /// Takes bytes off the front, up to the next thing to report. The outcome is the same however the bytes were
  /// split, but for where data is cut.
  MultipartStatus parse(std::string_view& bytes) noexcept;

  /// The part that began last. Valid until the next one begins.
  const MultipartPart& part() const noexcept { return part_; }
  /// Never empty. A view of the bytes given, or of the parser; until the next call of parse.
  std::string_view data() const noexcept { return data_; }
  /// Whether the body was whole.
  bool done() const noexcept { return state_ == State::done; }
  /// Why it failed: malformed, invalid_encoding, too_long or not_enough_memory, with the status to answer.
  const HttpRefusal& refusal() const noexcept { return refusal_; }

 private:
  enum class State : std::uint8_t { preamble, data, delimiter_end, padding, dashes, line_end, head, done, failed };

  std::string_view delimiter() const noexcept { return {delimiter_.data(), delimiter_size_}; }
  MultipartStatus take_data(std::string_view& bytes) noexcept;
  std::size_t find_delimiter(std::string_view bytes) const noexcept;
  MultipartStatus report(std::string_view data) noexcept;
  MultipartStatus end_data() noexcept;
  bool take_delimiter_end(char c) noexcept;
  MultipartStatus take_head(std::string_view& bytes);
  bool take_line(std::string_view line);
  bool take_disposition(std::string_view value);
  MultipartStatus begin_part() noexcept;
  bool refuse(std::error_code error, int status, std::string_view reason) noexcept;  // returns false

  MultipartLimits limits_;
  std::array<char, 4 + max_boundary_bytes> delimiter_;  // CRLF, "--", boundary
  std::size_t delimiter_size_ = 0;
  // How much of the delimiter the input ended with, and how much of that is no data if it turns out to be none:
  // at the start of the body and of a part's data the CRLF is not there, or belongs to the head.
  std::size_t matched_ = 2, borrowed_ = 2;
  State state_ = State::preamble;
  bool has_disposition_ = false, has_content_type_ = false;
  std::size_t parts_ = 0;
  std::size_t skipped_ = 0;  // of the preamble
  std::size_t head_bytes_ = 0;
  std::string line_;  // of a head, without its end
  MultipartPart part_;
  std::string_view data_;
  HttpRefusal refusal_;
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/multipart.ipp>
#endif
