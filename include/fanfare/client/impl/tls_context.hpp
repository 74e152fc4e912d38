/// TlsContext: what a client trusts, and how it names its peer, over OpenSSL. One for all connections of a
/// network.
#pragma once

#include <fanfare/client/tls_options.hpp>
#include <fanfare/config.hpp>

#if FANFARE_WITH_TLS

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <asio/ssl/stream.hpp>

#include <string>
#include <system_error>

namespace fanfare::detail {

using ClientSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
using TlsStream = asio::ssl::stream<ClientSocket&>;

/// Distinct objects on any threads.
class TlsContext {
 public:
  /// Throws std::system_error when the authorities' file cannot be read.
  explicit TlsContext(const TlsOptions& options);

  asio::ssl::context& context() noexcept { return context_; }

  /// Before the handshake: says which host is meant (RFC 6066 sec. 3), and that its certificate must be for
  /// it (RFC 9110 sec. 4.3.4). An IP address is not said, and is looked for among the certificate's
  /// addresses.
  /// @return  not_enough_memory
  std::error_code expect(TlsStream& stream, const std::string& host) const noexcept;

  /// What a failed handshake means: certificate_expired, certificate_wrong_host or certificate_refused; the
  /// system's error when the connection broke; else tls_failed.
  std::error_code explain(TlsStream& stream, std::error_code failure) const noexcept;

 private:
  asio::ssl::context context_;
  const bool verify_;
};

}  // namespace fanfare::detail

#else

namespace fanfare::detail {
class TlsContext {};
}  // namespace fanfare::detail

#endif
