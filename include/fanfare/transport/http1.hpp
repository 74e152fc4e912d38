/// http1: any transport as the bytes of an HTTP/1.1 response: head, then one chunk per event, so that
/// images can be laid end to end freely (RFC 9112 sec. 7.1). What the built-in server writes.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/transport.hpp>

namespace fanfare {

/// Adds response head and chunks to a transport, for hosts that own a raw socket. An HTTP/1.0 client gets
/// the body without chunks, delimited by the end of the connection.
TransportFactory http1(TransportFactory inner);

namespace detail {

/// Wraps an image of another format into one chunk.
class ChunkedFormat final : public Format {
 public:
  explicit ChunkedFormat(const Format& inner) noexcept : inner_(inner) {}
  FANFARE_DECL void encode(const Event& event, std::string& out) const override;
  FANFARE_DECL wire::Checksum encode_summed(const Event& event, std::string& out) const override;

  /// The one for that format in the process, so that all of its connections share images. Never destroyed.
  static const ChunkedFormat& around(const Format& inner);

 private:
  const Format& inner_;
};

/// A transport inside an HTTP/1.1 response.
std::unique_ptr<Transport> wrap_http1(std::unique_ptr<Transport> inner, unsigned http_minor);
/// A whole answer that is no stream. `close` announces that the connection ends after it. What cannot be
/// sent (unsafe fields) becomes a 500.
void append_http1_response(std::string& out, const Response& response, bool close, bool head_only = false);

}  // namespace detail
}  // namespace fanfare
