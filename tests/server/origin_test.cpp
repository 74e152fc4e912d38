#include <fanfare/server/origin.hpp>
#include <fanfare/server/server.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"

using fanfare::HttpField;
using fanfare::Request;
using fanfare::detail::OriginPolicy;
using Verdict = OriginPolicy::Verdict;

namespace {

Request from(std::string origin, std::string host = "example.com") {
  Request request;
  if (!host.empty()) request.add_field("Host", host);
  if (!origin.empty()) request.add_field("Origin", origin);
  return request;
}
Verdict judge(const Request& request, std::vector<std::string> origins = {}) {
  return OriginPolicy(std::move(origins), {}).judge(request);
}
bool host_allowed(std::string host, std::vector<std::string> hosts) {
  return OriginPolicy({}, std::move(hosts)).host_allowed(from("", std::move(host)));
}
std::string text(const std::vector<HttpField>& fields) {
  std::string all;
  for (const auto& [name, value] : fields) all += name + ": " + value + "\n";
  return all;
}

}  // namespace

// RFC 6454 sec. 4 and 7
TEST_CASE("origin: none, the same, a foreign one", "[server][origin]") {
  CHECK(judge(from("")) == Verdict::no_origin);
  CHECK(judge(from("http://example.com")) == Verdict::same);
  CHECK(judge(from("https://example.com")) == Verdict::same);  // a proxy may speak TLS
  CHECK(judge(from("http://EXAMPLE.com")) == Verdict::same);
  CHECK(judge(from("http://example.com:8080", "example.com:8080")) == Verdict::same);
  CHECK(judge(from("http://example.com:8080")) == Verdict::foreign);
  CHECK(judge(from("http://example.com", "example.com:8080")) == Verdict::foreign);
  CHECK(judge(from("http://evil.example.com")) == Verdict::foreign);
  CHECK(judge(from("http://example.com.evil.net")) == Verdict::foreign);
  CHECK(judge(from("http://evil.net/example.com")) == Verdict::foreign);
  CHECK(judge(from("http://evil.net://example.com")) == Verdict::foreign);
  CHECK(judge(from("null")) == Verdict::foreign);
  CHECK(judge(from("example.com")) == Verdict::foreign);
  CHECK(judge(from("http://")) == Verdict::foreign);
  CHECK(judge(from("http://example.com", "")) == Verdict::foreign);  // HTTP/1.0 without Host
}

TEST_CASE("origin: IPv6 hosts", "[server][origin]") {
  CHECK(judge(from("http://[::1]:8080", "[::1]:8080")) == Verdict::same);
  CHECK(judge(from("http://[::1]", "[::1]")) == Verdict::same);
  CHECK(judge(from("http://[::1]:8080", "[::1]")) == Verdict::foreign);
  CHECK(judge(from("http://[::2]", "[::1]")) == Verdict::foreign);
}

TEST_CASE("origin: the default port may be written or left out", "[server][origin]") {
  CHECK(judge(from("https://example.com", "example.com:443")) == Verdict::same);
  CHECK(judge(from("http://example.com", "example.com:80")) == Verdict::same);
  CHECK(judge(from("http://[::1]", "[::1]:80")) == Verdict::same);
  CHECK(judge(from("http://example.com", "example.com:443")) == Verdict::foreign);
  CHECK(judge(from("https://example.com", "example.com:80")) == Verdict::foreign);
  CHECK(judge(from("https://example.com", "example.com:4430")) == Verdict::foreign);
}

TEST_CASE("origin: listed ones", "[server][origin]") {
  const std::vector<std::string> listed{"https://app.example", "http://localhost:3000"};
  CHECK(judge(from("https://app.example"), listed) == Verdict::listed);
  CHECK(judge(from("HTTPS://App.Example"), listed) == Verdict::listed);
  CHECK(judge(from("http://app.example"), listed) == Verdict::foreign);
  CHECK(judge(from("http://localhost:3000"), listed) == Verdict::listed);
  CHECK(judge(from("http://localhost"), listed) == Verdict::foreign);
  CHECK(judge(from("null"), listed) == Verdict::foreign);
  CHECK(judge(from("https://anything"), {"*"}) == Verdict::listed);
  CHECK(judge(from("null"), {"*"}) == Verdict::listed);
  CHECK(judge(from("http://example.com"), {"*"}) == Verdict::same);
}

// Fetch sec. 3.2.5
TEST_CASE("origin: a listed one may read with cookies, any other without", "[server][origin]") {
  std::vector<HttpField> listed, any;
  OriginPolicy({"https://app.example"}, {}).allow(from("https://app.example"), listed);
  CHECK(text(listed).find("Access-Control-Allow-Origin: https://app.example\n") != std::string::npos);
  CHECK(text(listed).find("Access-Control-Allow-Credentials: true\n") != std::string::npos);
  CHECK(text(listed).find("Vary: Origin\n") != std::string::npos);
  OriginPolicy({"*"}, {}).allow(from("https://app.example"), any);
  CHECK(text(any).find("Access-Control-Allow-Origin: *\n") != std::string::npos);
  CHECK(text(any).find("Credentials") == std::string::npos);
}

TEST_CASE("origin: scripts may see when to come back, and where they were", "[server][origin]") {
  std::vector<HttpField> fields;
  OriginPolicy({"*"}, {}).allow(from("https://app.example"), fields);
  CHECK(text(fields).find("Access-Control-Expose-Headers: Last-Event-ID, Retry-After\n") != std::string::npos);
}

TEST_CASE("origin: a preflight is answered with what is allowed", "[server][origin]") {
  const auto answer = OriginPolicy({"https://app.example"}, {}).preflight(from("https://app.example"));
  CHECK(answer.status == 204);
  const std::string fields = text(answer.fields);
  CHECK(fields.find("Access-Control-Allow-Origin: https://app.example\n") != std::string::npos);
  CHECK(fields.find("Access-Control-Allow-Methods: GET, POST\n") != std::string::npos);
  CHECK(fields.find("Last-Event-ID") != std::string::npos);
  CHECK(fields.find("Content-Type") != std::string::npos);
}

TEST_CASE("origin: hosts, against DNS rebinding", "[server][origin]") {
  CHECK(host_allowed("anything", {}));
  CHECK(host_allowed("", {}));
  CHECK(host_allowed("example.com", {"example.com"}));
  CHECK(host_allowed("Example.COM:8080", {"example.com"}));
  CHECK(host_allowed("[::1]:8080", {"[::1]"}));
  CHECK(host_allowed("[::1]", {"[::1]"}));
  CHECK(host_allowed("localhost", {"example.com", "localhost"}));
  CHECK_FALSE(host_allowed("evil.net", {"example.com"}));
  CHECK_FALSE(host_allowed("example.com.evil.net", {"example.com"}));
  CHECK_FALSE(host_allowed("evil.net:example.com", {"example.com"}));
  CHECK_FALSE(host_allowed("", {"example.com"}));
  CHECK_FALSE(host_allowed("[::2]", {"[::1]"}));
}
