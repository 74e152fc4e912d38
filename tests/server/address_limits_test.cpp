#include <fanfare/server/address_limits.hpp>
#include <fanfare/server/server.hpp>

#include <atomic>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using fanfare::detail::AddressLimits;
using fanfare::detail::IpAddress;

namespace {

IpAddress at(std::string_view text) {
  return *IpAddress::parse(text);
}

}  // namespace

TEST_CASE("address limits: an address gets so many places and no more", "[server][address_limits]") {
  AddressLimits limits(2);
  const auto one = limits.take(at("192.0.2.1"));
  {
    const auto two = limits.take(at("192.0.2.1"));
    CHECK(one);
    CHECK(two);
    CHECK_FALSE(limits.take(at("192.0.2.1")));
    CHECK(limits.take(at("192.0.2.2")));
  }
  CHECK(limits.take(at("192.0.2.1")));
}

TEST_CASE("address limits: IPv6 counts by /64, and IPv4-mapped IPv6 as IPv4", "[server][address_limits]") {
  AddressLimits limits(1);
  const auto six = limits.take(at("2001:db8:0:1::1"));
  CHECK_FALSE(limits.take(at("2001:db8:0:1:ffff:ffff:ffff:ffff")));
  CHECK(limits.take(at("2001:db8:0:2::1")));
  const auto four = limits.take(at("192.0.2.1"));
  CHECK(four);
  CHECK_FALSE(limits.take(at("::ffff:192.0.2.1")));
}

TEST_CASE("address limits: who holds no place costs no memory", "[server][address_limits]") {
  AddressLimits limits(1);
  {
    std::vector<AddressLimits::Place> places;
    for (const auto* address : {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"})
      places.push_back(limits.take(at(address)));
    CHECK(limits.addresses() == 3);
    CHECK_FALSE(limits.take(at("192.0.2.1")));
    CHECK(limits.addresses() == 3);
  }
  CHECK(limits.addresses() == 0);
}

TEST_CASE("address limits: a limit of 0 is none, and counts nobody", "[server][address_limits]") {
  AddressLimits limits(0);
  std::vector<AddressLimits::Place> places;
  for (int i = 0; i < 100; ++i) {
    places.push_back(limits.take(at("192.0.2.1")));
    CHECK(places.back());
  }
  CHECK(limits.addresses() == 0);
}

TEST_CASE("address limits: a place is given back once, however it moved", "[server][address_limits]") {
  AddressLimits limits(2);
  auto first = limits.take(at("192.0.2.1"));
  auto second = limits.take(at("192.0.2.1"));
  auto moved = std::move(first);
  CHECK_FALSE(limits.take(at("192.0.2.1")));
  moved = std::move(second);  // gives back what it held
  CHECK(moved);
  const auto third = limits.take(at("192.0.2.1"));
  CHECK(third);
  CHECK_FALSE(limits.take(at("192.0.2.1")));
  moved = {};
  CHECK_FALSE(moved);
  CHECK(limits.take(at("192.0.2.1")));
  CHECK(limits.addresses() == 1);
}

TEST_CASE("address limits: threads never hold more places than there are", "[server][address_limits]") {
  constexpr int most = 3;
  AddressLimits limits(most);
  std::atomic<int> held{0}, granted{0}, too_many{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) {
          const auto one = limits.take(at("192.0.2.1")), two = limits.take(at("192.0.2.1"));
          const int mine = (one ? 1 : 0) + (two ? 1 : 0);
          granted += mine;
          if (held.fetch_add(mine) + mine > most) ++too_many;
          held -= mine;
        }
      });
    }
  }
  CHECK(granted > 0);
  CHECK(too_many == 0);
  CHECK(limits.addresses() == 0);
}
