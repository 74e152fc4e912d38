/// Who the client is when proxies stand before the server: the address that the outermost trusted one saw.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/ip_address.hpp>
#include <fanfare/wire/http_field.hpp>

#include <string>
#include <vector>

namespace fanfare::detail {

/// The proxies whose X-Forwarded-For is believed. Thread: any, constant once made.
class TrustedProxies {
 public:
  /// @param ranges  addresses or prefixes, as AddressRange reads them
  /// Throws std::invalid_argument with the option's name and the value.
  explicit TrustedProxies(const std::vector<std::string>& ranges);

  bool trusts(const IpAddress& address) const noexcept;
  /// The peer, unless it is trusted; then what it says of whom it serves, and so on while that is a trusted
  /// proxy, too. Each proxy appends the address that it saw, so the list is read from its right end, and what
  /// stands left of the first stranger is his own invention (RFC 7239 sec. 8.1). An entry that is no address
  /// ends the search at the proxy that wrote it. Several fields are one list (RFC 9110 sec. 5.3).
  /// Complexity: linear in the fields, which the limit on heads bounds.
  IpAddress client(const IpAddress& peer, const std::vector<HttpField>& fields) const;

 private:
  std::vector<AddressRange> ranges_;
};

}  // namespace fanfare::detail
