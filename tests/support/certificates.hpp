/// Authorities and certificates that a test makes for itself, and TLS on the server's side of a connection.
/// Needs OpenSSL.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace certificates {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

inline void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

struct Identity {
  Key key;
  Certificate certificate;
};

struct Request {
  std::string names = {};        ///< "DNS:localhost,IP:127.0.0.1"; empty: an authority
  long valid_from = -3600;       ///< seconds from now
  long valid_until = 24 * 3600;  ///< seconds from now
};

inline void extend(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  require(extension && X509_add_ext(certificate, extension, -1) == 1, "extension");
  X509_EXTENSION_free(extension);
}

/// Signed by the issuer, or by itself if there is none.
inline Identity make(const std::string& common_name, const Request& request,
                     const Identity* issuer = nullptr) {
  static long serial = 0;
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  X509* const x = made.certificate.get();
  require(made.key && x, "key");
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), request.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(x), request.valid_until);
  X509_set_pubkey(x, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->certificate.get() : x));
  if (request.names.empty()) {
    extend(x, NID_basic_constraints, "critical,CA:TRUE");
    extend(x, NID_key_usage, "critical,keyCertSign");
  } else {
    extend(x, NID_subject_alt_name, request.names);
  }
  require(X509_sign(x, issuer ? issuer->key.get() : made.key.get(), EVP_sha256()) > 0, "sign");
  return made;
}

inline Identity make_authority(const std::string& name = "test authority") {
  return make(name, {});
}

/// A PEM file with the certificate, which is gone with this.
class File {
 public:
  explicit File(const Identity& identity)
      : path_((std::filesystem::temp_directory_path() / "fanfare_test_XXXXXX").string()) {
    const int descriptor = ::mkstemp(path_.data());
    std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "w");
    require(file && PEM_write_X509(file, identity.certificate.get()) == 1, "file");
    std::fclose(file);
  }
  ~File() { std::remove(path_.c_str()); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

/// The server's side of TLS.
class Context {
 public:
  explicit Context(const Identity& identity, int max_version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method())) {
    require(context_ && SSL_CTX_use_certificate(context_.get(), identity.certificate.get()) == 1 &&
                SSL_CTX_use_PrivateKey(context_.get(), identity.key.get()) == 1,
            "context");
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    if (max_version < TLS1_2_VERSION) {
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
      SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    }
    const auto take_first = [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                               unsigned, void*) {
      *size = in[0];
      *out = in + 1;
      return SSL_TLSEXT_ERR_OK;
    };
    SSL_CTX_set_alpn_select_cb(context_.get(), take_first, nullptr);
  }
  SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
};

/// One connection of a server. Blocks as its socket does.
class Session {
 public:
  Session(const Context& context, int socket) : ssl_(SSL_new(context.get())) {
    require(ssl_ && SSL_set_fd(ssl_.get(), socket) == 1, "session");
  }

  bool accept() { return SSL_accept(ssl_.get()) == 1; }
  std::string read_until(std::string_view end) {
    std::string out;
    char buffer[4096];
    while (out.find(end) == out.npos) {
      const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (got <= 0) break;
      out.append(buffer, static_cast<std::size_t>(got));
    }
    return out;
  }
  bool write(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// Says that nothing follows (close_notify).
  void say_end() { SSL_shutdown(ssl_.get()); }

  /// The host that the client asked for; empty: none.
  std::string server_name() const {
    const char* const name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name ? name : "";
  }
  /// What ALPN agreed upon.
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }

 private:
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
};

}  // namespace certificates
