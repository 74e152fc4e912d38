#pragma once

#include <fanfare/client/impl/tls_context.hpp>
#include <fanfare/error.hpp>

#if FANFARE_WITH_TLS

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ssl/error.hpp>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace fanfare::detail {

FANFARE_DECL TlsContext::TlsContext(const TlsOptions& options)
    : context_(asio::ssl::context::tls_client), verify_(options.verify) {
  // RFC 8996: older versions are not to be used.
  SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
  // RFC 7301: otherwise a server may take it for HTTP/2.
  static constexpr unsigned char protocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context_.native_handle(), protocols, sizeof protocols - 1);
  if (!verify_) {
    context_.set_verify_mode(asio::ssl::verify_none);
    return;
  }
  context_.set_verify_mode(asio::ssl::verify_peer);
  std::error_code error;
  if (options.ca_file.empty()) {
    context_.set_default_verify_paths(error);
  } else {
    context_.load_verify_file(options.ca_file, error);
  }
  if (error) {
    throw std::system_error(error, options.ca_file.empty()
                                       ? "the system's certificate authorities cannot be read"
                                       : "TlsOptions::ca_file '" + options.ca_file + "'");
  }
}

FANFARE_DECL std::error_code TlsContext::expect(TlsStream& stream, const std::string& host) const noexcept {
  SSL* const ssl = stream.native_handle();
  std::error_code no_address;
  asio::ip::make_address(host, no_address);
  bool done = true;
  // RFC 6066 sec. 3: addresses are not permitted there.
  if (no_address) done = SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (verify_) {
    X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
    // RFC 9525 sec. 2: not the common name; sec. 6.3: a wildcard is a whole label.
    X509_VERIFY_PARAM_set_hostflags(
        wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    done = done && (no_address ? X509_VERIFY_PARAM_set1_host(wanted, host.data(), host.size())
                               : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str())) == 1;
  }
  return done ? std::error_code() : std::make_error_code(std::errc::not_enough_memory);
}

FANFARE_DECL std::error_code TlsContext::explain(TlsStream& stream, std::error_code failure) const noexcept {
  const long verdict = SSL_get_verify_result(stream.native_handle());
  switch (verify_ ? verdict : X509_V_OK) {
    case X509_V_OK: break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return Error::certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return Error::certificate_wrong_host;
    default: return Error::certificate_refused;
  }
  if (failure == asio::error::eof || failure == asio::ssl::error::stream_truncated) return Error::tls_failed;
  return failure.category() == asio::error::get_system_category() ? failure
                                                                  : make_error_code(Error::tls_failed);
}

}  // namespace fanfare::detail

#endif
