/// IpAddress: an IPv4 or IPv6 address as 16 bytes; and AddressRange: all that share a prefix. No ports, no
/// zones, no names.
#pragma once

#include <fanfare/config.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Thread: a value. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291 sec. 2.5.5.2), so that a client is one and the
/// same whether it came to a listener of IPv4 or of both.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  /// "192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7". None for anything else: zones ("fe80::1%eth0"), ports,
  /// shortened or octal IPv4.
  static std::optional<IpAddress> parse(std::string_view text);
  bool is_v4() const noexcept;
  /// As people write it: IPv4 with dots, IPv6 as RFC 5952 wants it.
  std::string str() const;
  /// Whom one line of a provider's stands for: an IPv4 address, or the /64 that it lies in, of which a
  /// subscriber has at least one (RFC 6177 sec. 2).
  IpAddress network() const noexcept;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// Thread: a value.
class AddressRange {
 public:
  /// An address, or one and the number of leading bits that count: "10.0.0.0/8", "2001:db8::/32". Bits behind
  /// those may be set and do not count. None for anything else.
  static std::optional<AddressRange> parse(std::string_view text);
  bool contains(const IpAddress& address) const noexcept;

 private:
  IpAddress first_;
  std::size_t bits_ = 128;  // of the 16 bytes: 96 more than an IPv4 prefix says
};

}  // namespace fanfare::detail
