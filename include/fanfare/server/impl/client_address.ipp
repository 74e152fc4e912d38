#pragma once

#include <fanfare/server/client_address.hpp>

#include <algorithm>
#include <stdexcept>

namespace fanfare::detail {

FANFARE_DECL TrustedProxies::TrustedProxies(const std::vector<std::string>& ranges) {
  for (const auto& text : ranges) {
    const auto range = AddressRange::parse(text);
    if (!range) {
      throw std::invalid_argument("ServerOptions::trusted_proxies has '" + text +
                                  "'; it must hold IP addresses or prefixes such as 10.0.0.0/8 or ::1");
    }
    ranges_.push_back(*range);
  }
}

FANFARE_DECL bool TrustedProxies::trusts(const IpAddress& address) const noexcept {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const auto& range) { return range.contains(address); });
}

/// An entry of X-Forwarded-For: an address, with brackets or a port as some proxies write it.
FANFARE_DECL std::optional<IpAddress> forwarded_address(std::string_view entry) {
  if (entry.starts_with('[')) return IpAddress::parse(entry.substr(1, entry.find(']') - 1));
  const auto colon = entry.find(':');
  const bool has_port = colon != std::string_view::npos && entry.find('.') < colon;
  return IpAddress::parse(has_port ? entry.substr(0, colon) : entry);
}

FANFARE_DECL IpAddress TrustedProxies::client(const IpAddress& peer,
                                              const std::vector<HttpField>& fields) const {
  IpAddress client = peer;
  for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
    if (!wire::same_field_name(field->name, "X-Forwarded-For")) continue;
    for (std::string_view list = field->value; trusts(client);) {
      const auto comma = list.rfind(',');
      const std::string_view entry = wire::trim_ows(list.substr(comma == list.npos ? 0 : comma + 1));
      if (!entry.empty()) {  // RFC 9110 sec. 5.6.1.2: empty members do not count
        const auto address = forwarded_address(entry);
        if (!address) return client;
        client = *address;
      }
      if (comma == list.npos) break;
      list = list.substr(0, comma);
    }
  }
  return client;
}

}  // namespace fanfare::detail
