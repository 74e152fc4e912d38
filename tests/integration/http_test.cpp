// HTTP/1.1 as the server speaks it, by the byte (RFC 9112, RFC 9110).
#include <fanfare/server/server.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/http_client.hpp"

using fanfare::Broker;
using fanfare::Reply;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using fanfare::ServerOptions;
using namespace std::chrono_literals;

namespace {

/// A server whose handlers say what they were asked.
struct Echo {
  Broker broker;
  Server server;

  explicit Echo(ServerOptions options = {})
      : server(broker, [&] {
          options.port = 0;
          return options;
        }()) {
    server.get("/hello", [](const Request&) { return Response{200, "text/plain", "hello", {}}; });
    server.get("/echo/{what}", [](const Request& request) { return Response{200, "text/plain", request.param("what"), {}}; });
    server.post("/echo", [](const Request& request) { return Response{200, "text/plain", request.body, {}}; });
    server.post("/small", [](const Request& request) { return Response{200, "text/plain", request.body, {}}; }, {.max_bytes = 10});
    // Answers from another thread, the sooner the later it was asked.
    server.get("/later/{what}", [](Request request, Reply<Response> reply) {
      std::thread([what = request.param("what"), reply] { reply(Response{200, "text/plain", what, {}}); }).detach();
    });
    server.start();
  }
  http::Client client() const { return http::Client(server.port()); }
  /// What follows one raw request, up to the end.
  http::Answer raw(std::string_view bytes) const {
    auto connection = client();
    connection.send(bytes);
    const auto answer = connection.answer();
    CHECK(connection.rest().empty());
    return answer;
  }
};

}  // namespace

TEST_CASE("http: an answer has status, type, length and date", "[integration][http]") {
  const Echo echo;
  const auto answer = http::get(echo.server.port(), "/hello");
  CHECK(answer.status == 200);
  CHECK(answer.field("Content-Type") == "text/plain");
  CHECK(answer.field("Content-Length") == "5");
  CHECK(answer.field("Date").size() == 29);  // RFC 9110 sec. 6.6.1
  CHECK(answer.body == "hello");
}

TEST_CASE("http: requests arrive in any pieces", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  const std::string_view request = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc";
  for (const char byte : request) client.send({&byte, 1});
  CHECK(client.answer().body == "abc");
  const std::string_view chunked =
      "\r\nPOST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: z\r\n\r\n";
  for (const char byte : chunked) client.send({&byte, 1});
  CHECK(client.answer().body == "abc");
}

TEST_CASE("http: malformed requests get their status, and the connection is closed", "[integration][http]") {
  const Echo echo;
  const struct {
    std::string_view request;
    int status;
  } cases[] = {
      {"GET /hello HTTP/1.1\r\n\r\n", 400},                                     // no Host
      {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {" GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /hello\r\nHost: a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: a\n\n", 400},
      {"GET hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"G@T /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n: a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nX: a\x01z\r\n\r\n", 400},
      {"\r\n\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -2\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\nab", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x2\r\n\r\nab", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {"GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"\x16\x03\x01\x02\x0a", 0},  // the start of TLS: no whole line, hence nothing yet to refuse
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
  };
  for (const auto& [request, status] : cases) {
    INFO(request);
    if (status == 0) {
      echo.client().send(request);
      continue;
    }
    const auto answer = echo.raw(request);
    CHECK(answer.status == status);
    CHECK(answer.field("Connection") == "close");
    CHECK(answer.field("Content-Type") == "application/json");
    CHECK(answer.body.starts_with("{\"error\":\""));
  }
  CHECK(http::get(echo.server.port(), "/hello").status == 200);
}

TEST_CASE("http: what follows a malformed request is never served", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  client.send("GET /hello HTTP/1.1\r\nHost : a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.answer().status == 400);
  CHECK(client.rest().empty());
}

TEST_CASE("http: heads and targets have limits", "[integration][http]") {
  const Echo echo({.max_head_bytes = 2000});
  auto client = echo.client();
  client.get("/hello", "X: " + std::string(1900, 'x') + "\r\n");
  CHECK(client.answer().status == 200);
  const std::string filler(3000, 'x');
  CHECK(echo.raw("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + filler + "\r\n\r\n").status == 431);
  CHECK(echo.raw("GET /" + filler + " HTTP/1.1\r\nHost: a\r\n\r\n").status == 414);
}

TEST_CASE("http: a malformed path is 400, and the connection goes on", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  CHECK(client.get("/%zz").answer().status == 400);
  CHECK(client.get("/a%00b").answer().status == 400);
  CHECK(client.get("/hello").answer().status == 200);
}

TEST_CASE("http: a head that takes too long is 408", "[integration][http]") {
  const Echo echo({.head_timeout = 500ms});  // who has said nothing by then gets no answer
  CHECK(echo.raw("GET /hello HT").status == 408);
  auto client = echo.client();
  client.send("G");
  // A byte now and then gains no time.
  while (client.input().empty() && !client.ended()) {
    if (!client.try_send("E")) break;
    try {
      (void)client.read(4096, 5ms);
    } catch (const http::Failure&) {
    }
  }
  CHECK(client.answer().status == 408);
}

TEST_CASE("http: who says nothing is closed without a word", "[integration][http]") {
  const Echo echo({.head_timeout = 50ms});
  CHECK(echo.client().rest().empty());
}

TEST_CASE("http: a body that takes too long is 408", "[integration][http]") {
  const Echo echo({.body_timeout = 50ms});
  CHECK(echo.raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab").status == 408);
}

TEST_CASE("http: bodies have limits, of the server and of the route", "[integration][http]") {
  const Echo echo({.max_body_bytes = 100});
  auto client = echo.client();
  CHECK(client.post("/echo", std::string(100, 'x')).answer().body.size() == 100);
  CHECK(client.post("/small", "0123456789").answer().status == 200);
  const auto too_large = client.post("/echo", std::string(101, 'x')).answer();
  CHECK(too_large.status == 413);
  CHECK(too_large.field("Connection") == "close");
  CHECK(client.rest().empty());
  CHECK(http::post(echo.server.port(), "/small", "0123456789a").status == 413);
  CHECK(echo.raw("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n70\r\n").status == 413);
  std::string chunks = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 30; ++i) chunks += "4\r\nabcd\r\n";
  CHECK(echo.raw(chunks).status == 413);
  CHECK(echo.raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n").status == 413);
  CHECK(echo.raw("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n").status == 400);
}

TEST_CASE("http: who sends a large body without asking still gets to read why it was refused", "[integration][http]") {
  const Echo echo({.max_body_bytes = 1000});
  for (const std::string_view target : {"/echo", "/missing", "/hello"}) {
    auto client = echo.client();
    const std::string body(8 << 20, 'x');
    INFO(target);
    CHECK(client
              .try_send("POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                        "\r\n\r\n" + body));
    const auto answer = client.answer();
    CHECK(answer.status == (target == "/echo" ? 413 : target == "/hello" ? 405 : 404));
    CHECK(client.rest().empty());
  }
}

// RFC 9110 sec. 10.1.1
TEST_CASE("http: who expects 100 gets it before the body, or the refusal instead", "[integration][http]") {
  const Echo echo({.max_body_bytes = 100});
  auto client = echo.client();
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK(client.answer().body == "abc");
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.answer().status == 413);
  CHECK(echo.raw("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").status == 404);
}

// RFC 9112 sec. 9.3.2
TEST_CASE("http: pipelined requests are answered in order", "[integration][http]") {
  const Echo echo;
  for (const std::string kind : {"echo", "later", "mixed"}) {
    auto client = echo.client();
    std::string requests;
    for (int i = 0; i < 200; ++i) {
      const std::string path = kind == "mixed" ? (i % 3 == 0 ? "later" : "echo") : kind;
      requests += "GET /" + path + "/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      if (i % 10 == 0) requests += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
      if (i % 10 == 1) requests += "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n";
    }
    client.send(requests);
    for (int i = 0; i < 200; ++i) {
      CHECK(client.answer().body == std::to_string(i));
      if (i % 10 == 0) CHECK(client.answer().body == "body");
      if (i % 10 == 1) CHECK(client.answer(true).field("Content-Length") == "5");
    }
    CHECK(client.input().empty());
  }
}

TEST_CASE("http: pipelined answers larger than any buffer", "[integration][http]") {
  Echo echo;
  http::Client client(echo.server.port(), 4096);
  const std::string body(300'000, 'x');
  for (int i = 0; i < 3; ++i) client.post("/echo", body);
  for (int i = 0; i < 3; ++i) CHECK(client.answer().body == body);
}

TEST_CASE("http: a connection is kept for the next request, for a while", "[integration][http]") {
  const Echo echo({.keep_alive_timeout = 1s});
  auto client = echo.client();
  for (int i = 0; i < 3; ++i) CHECK(client.get("/hello").answer().status == 200);
  CHECK(client.rest().empty());
}

TEST_CASE("http: who asks for the end of the connection gets it", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  client.get("/hello", "Connection: close\r\n").get("/hello");
  CHECK(client.answer().field("Connection") == "close");
  CHECK(client.rest().empty());
}

// RFC 9112 sec. 9.3
TEST_CASE("http: HTTP 1.0 closes, unless it asks not to", "[integration][http]") {
  const Echo echo;
  const auto once = echo.raw("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(once.status == 200);
  CHECK(once.field("Connection") == "close");
  auto client = echo.client();
  for (int i = 0; i < 2; ++i) {
    client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    CHECK(client.answer().field("Connection") == "keep-alive");
  }
}

TEST_CASE("http: HEAD has the fields of GET and no body", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  for (const std::string_view path : {"/hello", "/missing"}) {
    client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto head = client.answer(true);
    const auto got = client.get(path).answer();
    CHECK(head.status == got.status);
    CHECK(head.field("Content-Length") == got.field("Content-Length"));
    CHECK(head.field("Content-Type") == got.field("Content-Type"));
  }
}

TEST_CASE("http: a method that a path does not have is 405", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  client.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.answer();
  CHECK(answer.status == 405);
  CHECK(answer.field("Allow") == "GET");
}

TEST_CASE("http: a body that nobody wants is not taken for the next request", "[integration][http]") {
  const Echo echo;
  auto client = echo.client();
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET /echo/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = client.answer();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(client.rest().empty());
}

TEST_CASE("http: a client that leaves at any point does no harm", "[integration][http]") {
  const Echo echo;
  const std::string_view request = "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t cut = 0; cut <= request.size(); cut += 3) {
    auto polite = echo.client(), rude = echo.client();
    polite.send(request.substr(0, cut)).half_close();
    rude.send(request.substr(0, cut)).reset();
    (void)polite.rest();
  }
  CHECK(http::get(echo.server.port(), "/hello").status == 200);
}

TEST_CASE("http: files", "[integration][http]") {
  // The folder of this program's tests is as good as any: one file is enough.
  Broker broker;
  Server server(broker, {.port = 0});
  const std::string here(__FILE__);
  server.files("/tests", here.substr(0, here.rfind('/')));
  server.start();
  auto client = http::Client(server.port());
  const auto answer = client.get("/tests/http_test.cpp").answer();
  CHECK(answer.status == 200);
  CHECK(answer.body.find("HTTP/1.1 as the server speaks it") != std::string::npos);
  CHECK(client.get("/tests/http_test.cpp", "If-None-Match: " + answer.field("ETag") + "\r\n").answer().status == 304);
  CHECK(client.get("/tests/..%2Fserver/router_test.cpp").answer().status == 404);
  CHECK(client.get("/tests/../server/router_test.cpp").answer().status == 404);
  CHECK(client.get("/tests/missing").answer().status == 404);
}
