#pragma once

#include <fanfare/server/ip_address.hpp>

#include <asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace fanfare::detail {

/// The first 12 bytes of an IPv4-mapped address.
inline constexpr std::array<std::uint8_t, 12> v4_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

FANFARE_DECL IpAddress from_asio(const asio::ip::address& address) {
  IpAddress made;
  if (address.is_v6()) {
    made.bytes = address.to_v6().to_bytes();
  } else {
    const auto v4 = address.to_v4().to_bytes();
    std::copy(v4_mapped.begin(), v4_mapped.end(), made.bytes.begin());
    std::copy(v4.begin(), v4.end(), made.bytes.begin() + v4_mapped.size());
  }
  return made;
}

FANFARE_DECL std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // Asio would take a zone, and stop at a NUL.
  if (text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  std::error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return from_asio(address);
}

FANFARE_DECL bool IpAddress::is_v4() const noexcept {
  return std::equal(v4_mapped.begin(), v4_mapped.end(), bytes.begin());
}

FANFARE_DECL std::string IpAddress::str() const {
  if (!is_v4()) return asio::ip::address_v6(bytes).to_string();
  asio::ip::address_v4::bytes_type v4;
  std::copy(bytes.begin() + v4_mapped.size(), bytes.end(), v4.begin());
  return asio::ip::address_v4(v4).to_string();
}

FANFARE_DECL IpAddress IpAddress::network() const noexcept {
  IpAddress network = *this;
  if (!is_v4()) std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
  return network;
}

FANFARE_DECL std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  AddressRange range;
  const auto slash = text.find('/');
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  const auto first = IpAddress::parse(text.substr(0, slash));
  if (!first) return std::nullopt;
  range.first_ = *first;
  if (slash == std::string_view::npos) return range;

  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), range.bits_);
  const std::size_t most = dotted ? 32 : 128;
  if (error != std::errc() || end != digits.data() + digits.size() || range.bits_ > most) return std::nullopt;
  range.bits_ += 128 - most;
  return range;
}

FANFARE_DECL bool AddressRange::contains(const IpAddress& address) const noexcept {
  const std::size_t whole = bits_ / 8, rest = bits_ % 8;
  if (!std::equal(first_.bytes.begin(), first_.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.bytes.begin())) {
    return false;
  }
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return ((first_.bytes[whole] ^ address.bytes[whole]) & mask) == 0;
}

}  // namespace fanfare::detail
