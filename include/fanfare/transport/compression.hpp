/// Streams compressed for HTTP (RFC 9110 sec. 8.4.1): each event alone and once, for all who get it; a
/// connection has only the frame around them: header, and a trailer that is put together from their checksums.
/// Not for transports whose clients talk: a WebSocket has its own compression.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/transport.hpp>
#include <fanfare/wire/http_field.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// A content coding (RFC 9110 sec. 8.4.1).
enum class Coding : std::uint8_t {
  identity,
  gzip,     ///< RFC 1952, ends with a CRC-32
  deflate,  ///< RFC 1950, ends with an Adler-32
};

/// The coding that a request's Accept-Encoding likes most (RFC 9110 sec. 12.5.3). On a tie the first of gzip,
/// deflate, identity; identity without the field, and for whom nothing suits. Complexity: linear.
Coding choose_coding(const std::vector<HttpField>& fields) noexcept;

/// Its name in a Content-Encoding; empty for identity.
std::string_view name_of(Coding coding) noexcept;

#if FANFARE_WITH_ZLIB

inline constexpr bool can_compress = true;

/// Appends the text as deflate blocks that end with a whole octet, none of them the stream's last, and refer to
/// nothing before them (RFC 1951 sec. 3.2). At most 5 octets, and 5 for each 65535 of the text, more than it;
/// nothing for an empty text. Thread: any, with a compressor for each thread that calls it.
void append_deflated(std::string_view text, std::string& out);

/// The text alone as a whole stream of that coding. REQUIRES: a coding other than identity. Thread: any, as above.
std::string compressed(std::string_view text, Coding coding);

/// What a format writes, as blocks. The coding is only about the checksum: all codings have the same blocks.
class CompressedFormat final : public Format {
 public:
  /// REQUIRES: a coding other than identity.
  CompressedFormat(const Format& inner, Coding coding) noexcept : inner_(inner), coding_(coding) {}
  FANFARE_DECL void encode(const Event& event, std::string& out) const override;
  /// Sums up the text before it is compressed.
  FANFARE_DECL wire::Checksum encode_summed(const Event& event, std::string& out) const override;

  /// The one for that format in the process, so that all of its connections share images. Never destroyed.
  static const CompressedFormat& around(const Format& inner, Coding coding);

 private:
  const Format& inner_;
  const Coding coding_;
};

#else

inline constexpr bool can_compress = false;

#endif

/// A transport whose bytes are one gzip or zlib stream, in which all that it says can be read at once; the same
/// transport for identity. REQUIRES: can_compress, else identity; an inner transport that streams and whose client
/// does not talk.
std::unique_ptr<Transport> wrap_compressed(std::unique_ptr<Transport> inner, Coding coding);

}  // namespace fanfare::detail
