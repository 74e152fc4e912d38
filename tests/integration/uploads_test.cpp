// Forms with files over real sockets (RFC 7578): streamed to disk, bounded, and gone when anything goes wrong.
#include <fanfare/server/server.hpp>
#include <fanfare/wire/http_chunked.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/catch.hpp"
#include "support/curl.hpp"
#include "support/deadline.hpp"
#include "support/http_client.hpp"
#include "support/temporary_folder.hpp"

using fanfare::Broker;
using fanfare::Request;
using fanfare::Response;
using fanfare::Server;
using fanfare::ServerOptions;
using namespace std::chrono_literals;

namespace {

/// A server that says what it got, and leaves the files where they are.
struct Host {
  TemporaryFolder folder;
  std::mutex mutex;
  std::string said;
  Broker broker{{.log = [this](fanfare::Level, std::string_view text) {
    const std::lock_guard lock(mutex);
    said += text;
  }}};
  Server server;

  explicit Host(ServerOptions options = {})
      : server(broker, [&] {
          options.port = 0;
          return options;
        }()) {
    server.post("/upload", [](const Request& request) {
      std::string text;
      for (const auto& upload : request.uploads) text += upload.file_name + " " + std::to_string(upload.bytes) + " " + upload.path + "\n";
      return Response{200, "text/plain", text + request.form("title"), {}};
    }, {.max_bytes = 8 << 20, .upload_dir = folder.path()});
    server.post("/fails", [](const Request&) -> Response { throw std::runtime_error("no"); }, {.upload_dir = folder.path()});
    server.post("/form", [](const Request& request) { return Response{200, "text/plain", request.form("title"), {}}; });
    server.start();
  }
  bool empties() { return eventually([this] { return folder.names().empty(); }); }
};

constexpr std::string_view form_type = "Content-Type: multipart/form-data; boundary=B\r\n";

std::string form(std::string_view data) {
  return "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp4\"\r\n\r\n" + std::string(data) +
         "\r\n--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA day\r\n--B--\r\n";
}

/// What a client of a big upload sends first.
std::string head(std::size_t length, std::string_view fields = form_type, std::string_view path = "/upload") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(length) + "\r\n" +
         std::string(fields) + "\r\n";
}

}  // namespace

TEST_CASE("uploads: a form with a file, and the connection goes on", "[integration][uploads]") {
  Host host;
  const std::string data(300'000, 'v');
  http::Client client(host.server.port());
  for (int i = 1; i <= 2; ++i) {
    const auto answer = client.post("/upload", form(data), form_type).answer();
    CHECK(answer.status == 200);
    CHECK(answer.body.starts_with("a.mp4 300000 " + host.folder.path() + "/upload-"));
    CHECK(answer.body.ends_with("\nA day"));
    CHECK(host.folder.names().size() == static_cast<std::size_t>(i));
  }
  for (const auto& name : host.folder.names()) CHECK(file_bytes(host.folder.path() + "/" + name) == data);
}

TEST_CASE("uploads: curl sends a file, with Expect and in chunks", "[integration][uploads]") {
  if (!curl::available()) return;
  Host host;
  const TemporaryFolder here;
  const std::string data(3 << 20, 'c');  // more than curl sends without asking first
  std::ofstream(here.path() + "/a file.mp4") << data;
  const std::string target = host.server.url() + "upload";
  for (const char* how : {"", "-H 'Expect: 100-continue'", "-H 'Transfer-Encoding: chunked'"}) {
    const auto outcome = curl::run(std::string(how) + " -f -F title='A day' -F 'file=@" + here.path() + "/a file.mp4' " + target);
    CHECK(outcome.code == 0);
    CHECK(outcome.output.starts_with("a file.mp4 3145728 "));
    CHECK(outcome.output.ends_with("\nA day"));
  }
  for (const auto& name : host.folder.names()) CHECK(file_bytes(host.folder.path() + "/" + name) == data);
}

TEST_CASE("uploads: what is too large or no form is refused before it is read", "[integration][uploads]") {
  Host host;
  const struct {
    std::string request;
    int status;
  } cases[] = {
      {head((8 << 20) + 1), 413},
      {head(100, "Content-Type: application/json\r\n"), 415},
      {head(100, ""), 415},
      {head(100, "Content-Type: multipart/form-data\r\n"), 400},
      // Expect: the refusal instead of 100 (RFC 9110 sec. 10.1.1).
      {head((8 << 20) + 1, std::string(form_type) + "Expect: 100-continue\r\n"), 413},
      {head(100, "Content-Type: text/plain\r\nExpect: 100-continue\r\n"), 415},
  };
  for (const auto& [request, status] : cases) {
    INFO(request);
    http::Client client(host.server.port());
    CHECK(client.send(request).answer().status == status);
    CHECK(client.rest().empty());
  }
  http::Client client(host.server.port());
  client.send(head(form("x").size(), std::string(form_type) + "Expect: 100-continue\r\n"));
  CHECK(client.head().status == 100);
  CHECK(client.send(form("x")).answer().status == 200);
  CHECK(client.post("/upload", "").answer().status == 200);  // without a body there is nothing to refuse
}

TEST_CASE("uploads: a body in chunks beyond the limit leaves nothing", "[integration][uploads]") {
  Host host;
  http::Client client(host.server.port());
  client.send("POST /upload HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n" + std::string(form_type) + "\r\n");
  std::string chunk;
  fanfare::wire::append_chunk(chunk, form(std::string(1 << 20, 'x')).substr(0, 1 << 20));
  for (int i = 0; i < 9 && client.try_send(chunk); ++i) {
  }
  CHECK(client.answer().status == 413);
  CHECK(host.empties());
}

TEST_CASE("uploads: a connection that is cut leaves nothing", "[integration][uploads]") {
  Host host;
  for (const bool reset : {false, true}) {
    http::Client client(host.server.port());
    client.send(head(1 << 20) + form(std::string(200'000, 'x')).substr(0, 200'000));
    CHECK(eventually([&] { return host.folder.names().size() == 1; }));
    reset ? client.reset() : client.close();
    CHECK(host.empties());
  }
}

TEST_CASE("uploads: a server that stops leaves nothing of what was under way", "[integration][uploads]") {
  Host host;
  http::Client client(host.server.port());
  client.send(head(1 << 20) + form(std::string(200'000, 'x')).substr(0, 200'000));
  CHECK(eventually([&] { return host.folder.names().size() == 1; }));
  host.server.stop();
  host.server.wait();
  CHECK(host.folder.names().empty());
}

TEST_CASE("uploads: a handler that throws leaves nothing", "[integration][uploads]") {
  Host host;
  http::Client client(host.server.port());
  CHECK(client.post("/fails", form("x"), form_type).answer().status == 500);
  CHECK(host.folder.names().empty());
}

TEST_CASE("uploads: a folder that is gone is said to the log, and not to the client", "[integration][uploads]") {
  Host host;
  std::filesystem::remove(host.folder.path());
  const auto answer = http::post(host.server.port(), "/upload", form("x"), form_type);
  CHECK(answer.status == 500);
  CHECK(answer.body == R"({"error":"the file cannot be stored"})");
  const std::lock_guard lock(host.mutex);
  CHECK(host.said.find("upload: No such file or directory") != std::string::npos);
}

TEST_CASE("uploads: a slow one has its time as long as it moves on, a trickle has not", "[integration][uploads]") {
  Host host({.body_timeout = 1500ms});
  {
    http::Client client(host.server.port());
    const std::string body = form(std::string(160 << 10, 'x'));
    client.send(head(body.size()));
    const auto began = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < body.size(); at += 16 << 10) {
      client.send(std::string_view(body).substr(at, 16 << 10));
      const auto due = began + 320ms * static_cast<int>(1 + at / (16 << 10));
      while (std::chrono::steady_clock::now() < due) client.read_some();
    }
    CHECK(client.answer().status == 200);
    CHECK(std::chrono::steady_clock::now() - began > 3000ms);  // twice the limit
  }
  for (const auto& name : host.folder.names()) std::filesystem::remove(host.folder.path() + "/" + name);
  http::Client client(host.server.port());
  client.send(head(1 << 20) + form(std::string(1000, 'x')).substr(0, 1000));
  for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end && client.input().empty();) {
    if (!client.try_send("x")) break;
    const auto due = std::chrono::steady_clock::now() + 50ms;
    while (std::chrono::steady_clock::now() < due && !client.read_some()) {
    }
  }
  CHECK(client.answer().status == 408);
  CHECK(host.empties());
}

TEST_CASE("uploads: a plain form has its fields, too", "[integration][uploads]") {
  Host host;
  const auto answer = http::post(host.server.port(), "/form", "a=1&title=A+day%21",
                                 "Content-Type: application/x-www-form-urlencoded\r\n");
  CHECK(answer.body == "A day!");
}
