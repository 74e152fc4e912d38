#include <fanfare/server/client_address.hpp>
#include <fanfare/server/server.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using Catch::Matchers::ContainsSubstring;
using fanfare::HttpField;
using fanfare::detail::IpAddress;
using fanfare::detail::TrustedProxies;

namespace {

/// Who the client is, by the X-Forwarded-For fields that a peer sent.
std::string client(const TrustedProxies& proxies, std::string_view peer,
                   const std::vector<std::string>& lists) {
  std::vector<HttpField> fields{{"Host", "test"}};
  for (const auto& list : lists) fields.push_back({"x-forwarded-for", list});
  fields.push_back({"Forwarded", "for=203.0.113.99"});
  return proxies.client(*IpAddress::parse(peer), fields).str();
}

}  // namespace

TEST_CASE("client address: without trusted proxies nobody is believed", "[server][client_address]") {
  const TrustedProxies none({});
  CHECK(client(none, "127.0.0.1", {"203.0.113.1"}) == "127.0.0.1");
  CHECK_FALSE(none.trusts(*IpAddress::parse("127.0.0.1")));
}

TEST_CASE("client address: a trusted proxy says who it serves", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "::1", "10.0.0.0/8"});
  CHECK(client(proxies, "127.0.0.1", {"203.0.113.1"}) == "203.0.113.1");
  CHECK(client(proxies, "::1", {"2001:db8::1"}) == "2001:db8::1");
  CHECK(client(proxies, "::ffff:127.0.0.1", {"203.0.113.1"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {}) == "127.0.0.1");
  CHECK(client(proxies, "192.0.2.1", {"203.0.113.1"}) == "192.0.2.1");  // a stranger's word
}

TEST_CASE("client address: what stands left of the first stranger is not believed, RFC 7239 sec. 8.1",
          "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.0/8"});
  CHECK(client(proxies, "127.0.0.1", {"198.51.100.9, 203.0.113.1"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"10.0.0.5, 203.0.113.1"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"127.0.0.1,203.0.113.1"}) == "203.0.113.1");
}

TEST_CASE("client address: a chain of trusted proxies is followed to its end", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.0/8"});
  CHECK(client(proxies, "127.0.0.1", {"198.51.100.9, 203.0.113.1, 10.0.0.5, 10.0.0.6"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"10.0.0.4, 10.0.0.5"}) == "10.0.0.4");  // the client is one of us
}

TEST_CASE("client address: several fields are one list, RFC 9110 sec. 5.3", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.0/8"});
  CHECK(client(proxies, "127.0.0.1", {"198.51.100.9", "203.0.113.1, 10.0.0.5"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"198.51.100.9, 203.0.113.1", "10.0.0.5"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"198.51.100.9", "203.0.113.1"}) == "203.0.113.1");
}

TEST_CASE("client address: empty members do not count, RFC 9110 sec. 5.6.1", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1"});
  CHECK(client(proxies, "127.0.0.1", {""}) == "127.0.0.1");
  CHECK(client(proxies, "127.0.0.1", {", 203.0.113.1 ,,"}) == "203.0.113.1");
}

TEST_CASE("client address: an entry that is no address ends the search at who wrote it",
          "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.0/8"});
  for (const auto* entry :
       {"unknown", "_hidden", "203.0.113.1 203.0.113.2", "203.0.113", "fe80::1%eth0", "\"203.0.113.1\""}) {
    INFO(entry);
    CHECK(client(proxies, "127.0.0.1", {std::string("203.0.113.7, ") + entry + ", 10.0.0.5"}) == "10.0.0.5");
  }
}

TEST_CASE("client address: entries may have brackets and ports", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1"});
  CHECK(client(proxies, "127.0.0.1", {"203.0.113.1:4711"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"[2001:db8::1]:4711"}) == "2001:db8::1");
  CHECK(client(proxies, "127.0.0.1", {"[2001:db8::1]"}) == "2001:db8::1");
  CHECK(client(proxies, "127.0.0.1", {"::ffff:203.0.113.1"}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {"["}) == "127.0.0.1");
  CHECK(client(proxies, "127.0.0.1", {"[]:80"}) == "127.0.0.1");
}

TEST_CASE("client address: a list as long as a head allows is read", "[server][client_address]") {
  const TrustedProxies proxies({"127.0.0.1", "10.0.0.0/8"});
  std::string list = "203.0.113.1";
  for (int i = 0; i < 2000; ++i) list += ", 10.0.0.5";
  CHECK(client(proxies, "127.0.0.1", {list}) == "203.0.113.1");
  CHECK(client(proxies, "127.0.0.1", {std::string(16000, ',')}) == "127.0.0.1");
}

TEST_CASE("client address: a proxy that is no address is refused with option and value",
          "[server][client_address]") {
  CHECK_THROWS_AS(TrustedProxies({"10.0.0.0/8", "proxy.example"}), std::invalid_argument);
  CHECK_THROWS_WITH(TrustedProxies({"10.0.0.0/33"}), ContainsSubstring("ServerOptions::trusted_proxies") &&
                                                         ContainsSubstring("'10.0.0.0/33'"));
}
