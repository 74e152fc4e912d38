// The client's connections with TLS: whom it trusts, and what it says when it does not. The certificates are
// made here.
#include <fanfare/client/network.hpp>
#include <fanfare/error.hpp>

#include <chrono>
#include <csignal>
#include <string>

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/exchanges.hpp"
#include "support/raw_server.hpp"

using certificates::Identity;
using exchanges::Fetch;
using exchanges::get;
using fanfare::Condition;
using fanfare::Error;
using fanfare::TlsOptions;
using namespace std::chrono_literals;

namespace {

const std::string both_names = "DNS:localhost,IP:127.0.0.1,IP:::1";

const Identity& authority() {
  static const Identity made = certificates::make_authority();
  return made;
}
const std::string& authority_file() {
  static const certificates::File file(authority());
  return file.path();
}
TlsOptions trusting() {
  return {.ca_file = authority_file()};
}

// Whoever writes to a connection that was closed gets an error instead of a signal.
void ignore_sigpipe() {
  std::signal(SIGPIPE, SIG_IGN);
}

class TlsServer {
 public:
  using Script = std::function<void(certificates::Session&)>;

  explicit TlsServer(Identity identity, Script script = answer, int max_version = TLS1_3_VERSION)
      : identity_(std::move(identity)),
        context_(identity_, max_version),
        server_([this, script = std::move(script)](raw::Peer& peer) {
          ignore_sigpipe();
          certificates::Session session(context_, peer.descriptor());
          if (session.accept()) script(session);
        }) {}

  std::string url(const std::string& host = "localhost") const { return server_.url("https", host); }

  static void answer(certificates::Session& session) {
    session.read_until("\r\n\r\n");
    session.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  }

 private:
  const Identity identity_;
  const certificates::Context context_;
  raw::Server server_;
};

void check_refused(Identity identity, Error expected, const std::string& host = "localhost",
                   TlsOptions tls = trusting()) {
  std::string request;
  TlsServer server(std::move(identity),
                   [&](certificates::Session& session) { request = session.read_until("\r\n\r\n"); });
  Fetch fetch(get(server.url(host), {{"Authorization", "secret"}}), tls);
  fetch.run();
  CAPTURE(fetch.end.message(), host);
  CHECK(fetch.end == expected);
  CHECK(fetch.end == Condition::not_trusted);
  CHECK(fetch.calls == "e");
  CHECK(request.empty());
}

}  // namespace

TEST_CASE("client tls: a server with a certificate for its name is trusted", "[integration][client][tls]") {
  std::string name, protocol;
  TlsServer server(certificates::make("any", {.names = "DNS:localhost"}, &authority()),
                   [&](certificates::Session& session) {
                     name = session.server_name();
                     protocol = session.protocol();
                     TlsServer::answer(session);
                   });
  Fetch fetch(get(server.url()), trusting());
  fetch.run();
  CHECK_FALSE(fetch.end);
  CHECK(fetch.body == "hello");
  CHECK(name == "localhost");
  CHECK(protocol == "http/1.1");
}

TEST_CASE("client tls: RFC 9110 sec 4-3-5 an address is looked for among the addresses",
          "[integration][client][tls]") {
  std::string name = "none yet";
  TlsServer server(certificates::make("any", {.names = "IP:127.0.0.1"}, &authority()),
                   [&](certificates::Session& session) {
                     name = session.server_name();
                     TlsServer::answer(session);
                   });
  Fetch fetch(get(server.url("127.0.0.1")), trusting());
  fetch.run();
  CHECK_FALSE(fetch.end);
  CHECK(name.empty());  // RFC 6066 sec. 3
  check_refused(certificates::make("127.0.0.1", {.names = "DNS:127.0.0.1"}, &authority()),
                Error::certificate_wrong_host, "127.0.0.1");
}

TEST_CASE("client tls: a certificate for another host is refused", "[integration][client][tls]") {
  for (const char* names :
       {"DNS:example.org", "DNS:localhost.example.org", "DNS:*.localhost", "IP:127.0.0.1", "DNS:*"}) {
    check_refused(certificates::make("localhost", {.names = names}, &authority()),
                  Error::certificate_wrong_host);
  }
}

TEST_CASE("client tls: a certificate that has expired or is not valid yet is refused",
          "[integration][client][tls]") {
  check_refused(
      certificates::make("any", {.names = both_names, .valid_from = -7200, .valid_until = -60}, &authority()),
      Error::certificate_expired);
  check_refused(
      certificates::make("any", {.names = both_names, .valid_from = 3600, .valid_until = 7200}, &authority()),
      Error::certificate_expired);
}

TEST_CASE("client tls: a certificate of an unknown authority is refused", "[integration][client][tls]") {
  const Identity other = certificates::make_authority("another authority");
  check_refused(certificates::make("any", {.names = both_names}, &other), Error::certificate_refused);
  check_refused(certificates::make("any", {.names = both_names}),
                Error::certificate_refused);  // signed by itself
  // One that has the authority's name, but not its key.
  const Identity false_one = certificates::make_authority();
  check_refused(certificates::make("any", {.names = both_names}, &false_one), Error::certificate_refused);
  // Not even a good one counts when the system's authorities do not know it.
  check_refused(certificates::make("any", {.names = both_names}, &authority()), Error::certificate_refused,
                "localhost", {});
}

TEST_CASE("client tls: a certificate is no authority", "[integration][client][tls]") {
  const Identity leaf = certificates::make("localhost", {.names = both_names}, &authority());
  check_refused(certificates::make("any", {.names = both_names}, &leaf), Error::certificate_refused);
}

TEST_CASE("client tls: without verification any certificate will do", "[integration][client][tls]") {
  TlsServer server(certificates::make("any", {.names = "DNS:example.org", .valid_until = -60}));
  Fetch fetch(get(server.url()), {.verify = false});
  fetch.run();
  CHECK_FALSE(fetch.end);
  CHECK(fetch.body == "hello");
}

TEST_CASE("client tls: a server that speaks none, or only what is too old", "[integration][client][tls]") {
  raw::Server plain([](raw::Peer& peer) {
    peer.read();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  Fetch fetch(get(plain.url("https", "localhost")), trusting());
  fetch.run();
  CHECK(fetch.end == Error::tls_failed);
  raw::Server silent([](raw::Peer& peer) { peer.read(); });
  Fetch nothing(get(silent.url("https", "localhost")), trusting());
  nothing.run();
  CAPTURE(nothing.end.message());
  CHECK((nothing.end == Error::tls_failed || nothing.end == std::errc::connection_reset));
  // RFC 8996.
  TlsServer old(certificates::make("any", {.names = both_names}, &authority()), TlsServer::answer,
                TLS1_1_VERSION);
  Fetch too_old(get(old.url()), trusting());
  too_old.run();
  CHECK(too_old.end == Error::tls_failed);
}

TEST_CASE("client tls: a handshake that stands still", "[integration][client][tls]") {
  raw::Server silent([](raw::Peer& peer) { peer.wait_for_end(); });
  auto request = get(silent.url("https", "localhost"));
  request.connect_timeout = 100ms;
  Fetch fetch(std::move(request), trusting());
  fetch.run();
  CHECK(fetch.end == Error::connect_timeout);
}

TEST_CASE("client tls: RFC 8446 sec 6-1 only a farewell ends a body that has no length",
          "[integration][client][tls]") {
  for (const bool says_end : {true, false}) {
    TlsServer server(certificates::make("any", {.names = both_names}, &authority()),
                     [&](certificates::Session& session) {
                       session.read_until("\r\n\r\n");
                       session.write("HTTP/1.1 200 OK\r\n\r\nhello");
                       if (says_end) session.say_end();
                     });
    Fetch fetch(get(server.url()), trusting());
    fetch.run();
    CHECK(fetch.body == "hello");
    CHECK(fetch.end == (says_end ? std::error_code() : make_error_code(Error::cut_short)));
  }
}

TEST_CASE("client tls: after 101 bytes go both ways at once", "[integration][client][tls]") {
  const std::string piece(32 << 10, 'x');
  TlsServer server(certificates::make("any", {.names = both_names}, &authority()),
                   [&](certificates::Session& session) {
                     session.read_until("\r\n\r\n");
                     session.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
                     for (int i = 0; i < 20; ++i) session.write(piece);
                     session.write(session.read_until("."));
                     session.say_end();
                   });
  const std::string url = server.url().replace(0, 5, "wss");
  Fetch fetch(get(url, {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}}), trusting());
  fetch.after_head = [&] { fetch.exchange->send("from "); };
  bool sent = false;
  fetch.after_bytes = [&] {
    if (!std::exchange(sent, true)) fetch.exchange->send("me.");
  };
  fetch.run();
  CHECK_FALSE(fetch.end);
  CHECK(fetch.body.size() == 20 * piece.size() + 8);
  CHECK(fetch.body.substr(fetch.body.size() - 8) == "from me.");
}

TEST_CASE("client tls: a file of authorities that is none", "[integration][client][tls]") {
  CHECK_THROWS_AS(fanfare::detail::make_asio_network({}, {.ca_file = "/no/such/file.pem"}),
                  std::system_error);
  CHECK_THROWS_AS(fanfare::detail::make_asio_network({}, {.ca_file = "/dev/null"}), std::system_error);
}
