#include <fanfare/server/ip_address.hpp>
#include <fanfare/server/server.hpp>

#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using fanfare::detail::AddressRange;
using fanfare::detail::IpAddress;

namespace {

/// As it is written again, or "none".
std::string again(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->str() : "none";
}

bool contains(std::string_view range, std::string_view address) {
  const auto parsed = AddressRange::parse(range);
  const auto inside = IpAddress::parse(address);
  REQUIRE(parsed);
  REQUIRE(inside);
  return parsed->contains(*inside);
}

}  // namespace

TEST_CASE("ip address: addresses are read and written again", "[server][ip_address]") {
  CHECK(again("192.0.2.7") == "192.0.2.7");
  CHECK(again("2001:db8::1") == "2001:db8::1");
  CHECK(again("2001:0DB8:0:0:0:0:0:1") == "2001:db8::1");  // RFC 5952 sec. 4
  CHECK(again("::1") == "::1");
  CHECK(again("::") == "::");
}

TEST_CASE("ip address: IPv4-mapped IPv6 is the IPv4 address, RFC 4291 sec. 2.5.5.2", "[server][ip_address]") {
  CHECK(again("::ffff:192.0.2.7") == "192.0.2.7");
  CHECK(again("::ffff:c000:207") == "192.0.2.7");
  CHECK(IpAddress::parse("::ffff:192.0.2.7") == IpAddress::parse("192.0.2.7"));
  CHECK(IpAddress::parse("192.0.2.7")->is_v4());
  CHECK_FALSE(IpAddress::parse("::192.0.2.7")->is_v4());
}

TEST_CASE("ip address: everything else is none", "[server][ip_address]") {
  for (const auto text :
       {"", " ", "a", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:80", "[::1]",
        "fe80::1%eth0", "::1::", ":::", "1:2:3:4:5:6:7", "unknown", "localhost", "0x7f.0.0.1", "1.2.3.4/8"}) {
    INFO(text);
    CHECK(again(text) == "none");
  }
  CHECK(again(std::string_view("1.2.3.4\0", 8)) == "none");
}

TEST_CASE("ip address: IPv6 clients are their /64, IPv4 clients themselves", "[server][ip_address]") {
  CHECK(IpAddress::parse("2001:db8:1:2:3:4:5:6")->network().str() == "2001:db8:1:2::");
  CHECK(IpAddress::parse("192.0.2.7")->network().str() == "192.0.2.7");
  CHECK(IpAddress::parse("::1")->network() != IpAddress::parse("0.0.0.0")->network());
}

TEST_CASE("address range: an address is a range of one", "[server][ip_address]") {
  CHECK(contains("192.0.2.7", "192.0.2.7"));
  CHECK_FALSE(contains("192.0.2.7", "192.0.2.6"));
  CHECK(contains("::1", "::1"));
  CHECK_FALSE(contains("::1", "::"));
  CHECK(contains("127.0.0.1", "::ffff:127.0.0.1"));
}

TEST_CASE("address range: as many leading bits count as the prefix says", "[server][ip_address]") {
  CHECK(contains("10.0.0.0/8", "10.255.255.255"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("10.1.2.3/8", "10.9.9.9"));  // what is behind the prefix does not count
  CHECK(contains("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  CHECK(contains("192.0.2.128/25", "192.0.2.255"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
  CHECK(contains("192.0.2.7/32", "192.0.2.7"));
  CHECK_FALSE(contains("192.0.2.7/32", "192.0.2.6"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::"));
  CHECK(contains("::1/128", "::1"));
}

TEST_CASE("address range: a prefix of 0 is all of its family, and ::/0 is everybody",
          "[server][ip_address]") {
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("::/0", "2001:db8::1"));
  CHECK(contains("::/0", "203.0.113.9"));
  CHECK(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
}

TEST_CASE("address range: everything else is none", "[server][ip_address]") {
  for (const auto text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8 ", "10.0.0.0/ 8",
        "10.0.0.0/8/8", "10.0.0.0/0x8", "::/129", "::/99999999999999999999999", "10.0/8", "proxy.example"}) {
    INFO(text);
    CHECK_FALSE(AddressRange::parse(text));
  }
}
