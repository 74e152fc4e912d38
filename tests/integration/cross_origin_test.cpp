// Pages of other sites, as a visitor's browser lets them try.
#include <fanfare/server/server.hpp>

#include <atomic>
#include <string>

#include "support/catch.hpp"
#include "support/http_client.hpp"

using fanfare::Broker;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using fanfare::ServerOptions;

namespace {

struct Site {
  Broker broker;
  Server server;
  std::atomic<int> changes{0};

  explicit Site(ServerOptions options = {})
      : server(broker, [&] {
          options.port = 0;
          return options;
        }()) {
    (void)broker.topic("a");
    server.get("/read", [](const Request&) { return Response{200, "text/plain", "public", {}}; });
    server.post("/change", [this](const Request&) { return ++changes, Response::from({}); });
    server.get("/count", [this](const Request&) { return ++changes, Response::from({}); });
    server.stream("/live/{topic}");
    server.start();
  }
  std::uint16_t port() const { return server.port(); }
};

const std::string evil = "Origin: http://evil.example\r\n", app = "Origin: https://app.example\r\n";

}  // namespace

TEST_CASE("cross origin: foreign pages may neither change nor watch", "[integration][origin]") {
  Site site;
  CHECK(http::post(site.port(), "/change", "x", evil).status == 403);
  CHECK(http::post(site.port(), "/change", "", evil).status == 403);
  CHECK(http::get(site.port(), "/live/a", evil).status == 403);
  CHECK(site.changes == 0);
  // A plain GET is harmless: without CORS fields the page cannot read the answer.
  const auto read = http::get(site.port(), "/read", evil);
  CHECK(read.status == 200);
  CHECK(read.field("Access-Control-Allow-Origin").empty());
}

TEST_CASE("cross origin: the same origin and clients without one may", "[integration][origin]") {
  Site site;
  CHECK(http::post(site.port(), "/change", "x", "Origin: http://test\r\n").status == 204);
  CHECK(http::post(site.port(), "/change", "x").status == 204);
  CHECK(site.changes == 2);
  http::Watcher same(site.port(), "/live/a", "Origin: https://test\r\n");
  CHECK(same.head().field("Access-Control-Allow-Origin").empty());
}

TEST_CASE("cross origin: the body of a refused request is no request", "[integration][origin]") {
  Site site;
  const std::string inner = "POST /change HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n";
  for (const std::string& head : {"POST /change HTTP/1.1\r\nHost: test\r\n" + evil, "POST /read HTTP/1.1\r\nHost: test\r\n" + evil,
                                  "OPTIONS /change HTTP/1.1\r\nHost: test\r\n" + evil}) {
    http::Client client(site.port());
    client.send(head + "Content-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner);
    CHECK(client.answer().status == 403);
    CHECK(client.rest().empty());
  }
  CHECK(site.changes == 0);
}

TEST_CASE("cross origin: the body of a refused host is no request", "[integration][origin]") {
  Site site({.hosts = {"test"}});
  const std::string inner = "POST /change HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n";
  http::Client client(site.port());
  client.send("POST /change HTTP/1.1\r\nHost: evil.example\r\nContent-Length: " + std::to_string(inner.size()) + "\r\n\r\n" + inner);
  CHECK(client.answer().status == 403);
  CHECK(client.rest().empty());
  CHECK(site.changes == 0);
}

TEST_CASE("cross origin: a listed page may watch, change and read", "[integration][origin]") {
  Site site({.origins = {"https://app.example"}});
  http::Watcher watcher(site.port(), "/live/a", app);
  CHECK(watcher.head().field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(watcher.head().field("Access-Control-Allow-Credentials") == "true");
  CHECK(watcher.head().field("Vary") == "Origin");
  const auto changed = http::post(site.port(), "/change", "x", app);
  CHECK(changed.status == 204);
  CHECK(changed.field("Access-Control-Allow-Origin") == "https://app.example");
  const auto missing = http::get(site.port(), "/live/missing", app);
  CHECK(missing.status == 404);
  CHECK(missing.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(http::get(site.port(), "/live/a", evil).status == 403);
}

TEST_CASE("cross origin: a preflight of a listed page is answered, others are refused", "[integration][origin]") {
  Site site({.origins = {"https://app.example"}});
  const auto options = [&](const std::string& origin) {
    http::Client client(site.port());
    client.send("OPTIONS /change HTTP/1.1\r\nHost: test\r\n" + origin +
                "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n\r\n");
    return client.answer();
  };
  const auto allowed = options(app);
  CHECK(allowed.status == 204);
  CHECK(allowed.field("Access-Control-Allow-Origin") == "https://app.example");
  CHECK(allowed.field("Access-Control-Allow-Headers").find("Last-Event-ID") != std::string::npos);
  CHECK(options(evil).status == 403);
  CHECK(options(evil).field("Access-Control-Allow-Origin").empty());
}

TEST_CASE("cross origin: any page, when all are listed", "[integration][origin]") {
  Site site({.origins = {"*"}});
  http::Watcher watcher(site.port(), "/live/a", evil);
  CHECK(watcher.head().field("Access-Control-Allow-Origin") == "*");
  CHECK(watcher.head().field("Access-Control-Allow-Credentials").empty());
}

TEST_CASE("cross origin: a host that is not ours is refused, against DNS rebinding", "[integration][origin]") {
  Site site({.hosts = {"test", "localhost"}});
  CHECK(http::get(site.port(), "/read").status == 200);
  http::Client client(site.port());
  client.send("GET /read HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(client.answer().status == 403);
  http::Client absolute(site.port());
  absolute.send("GET http://evil.example/read HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(absolute.answer().status == 403);
}
