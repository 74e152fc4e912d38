#pragma once

#include <fanfare/server/origin.hpp>

#include <algorithm>

namespace fanfare::detail {

/// Whether the Host field names the host and port of the origin. A proxy may write the default port, which
/// an origin leaves out (RFC 6454 sec. 6.2).
FANFARE_DECL bool is_same_host(std::string_view origin, std::string_view host) noexcept {
  const auto scheme = origin.find("://");
  if (scheme == origin.npos) return false;
  const std::string_view default_port = wire::same_field_name(origin.substr(0, scheme), "https") ? ":443" : ":80";
  const std::string_view authority = origin.substr(scheme + 3);
  if (wire::same_field_name(authority, host)) return true;
  return host.ends_with(default_port) &&
         wire::same_field_name(authority, host.substr(0, host.size() - default_port.size()));
}

FANFARE_DECL OriginPolicy::Verdict OriginPolicy::judge(const Request& request) const noexcept {
  const std::string* origin = wire::find_field(request.fields, "Origin");
  if (!origin) return Verdict::no_origin;
  const std::string* host = wire::find_field(request.fields, "Host");
  if (host && is_same_host(*origin, *host)) return Verdict::same;
  return lists(*origin) || lists("*") ? Verdict::listed : Verdict::foreign;
}

FANFARE_DECL bool OriginPolicy::lists(std::string_view origin) const noexcept {
  return std::any_of(origins_.begin(), origins_.end(),
                     [origin](const auto& listed) { return wire::same_field_name(listed, origin); });
}

FANFARE_DECL bool OriginPolicy::host_allowed(const Request& request) const noexcept {
  if (hosts_.empty()) return true;
  const std::string* field = wire::find_field(request.fields, "Host");
  if (!field) return false;
  std::string_view name = *field;
  // Cut the port, but not within an IPv6 literal.
  if (const auto colon = name.rfind(':'); colon != std::string_view::npos && name.find(']', colon) == std::string_view::npos) {
    name = name.substr(0, colon);
  }
  return std::any_of(hosts_.begin(), hosts_.end(), [name](const auto& host) { return wire::same_field_name(host, name); });
}

FANFARE_DECL void OriginPolicy::allow(const Request& request, std::vector<HttpField>& fields) const {
  const std::string origin = request.field("Origin");
  fields.push_back({"Access-Control-Expose-Headers", "Last-Event-ID, Retry-After"});
  if (!lists(origin)) {
    // Any origin may read, but none with the visitor's cookies.
    fields.push_back({"Access-Control-Allow-Origin", "*"});
    return;
  }
  fields.push_back({"Access-Control-Allow-Origin", origin});
  fields.push_back({"Access-Control-Allow-Credentials", "true"});
  fields.push_back({"Vary", "Origin"});
}

FANFARE_DECL Response OriginPolicy::preflight(const Request& request) const {
  Response response{204, {}, {}, {}};
  allow(request, response.fields);
  response.fields.push_back({"Access-Control-Allow-Methods", "GET, POST"});
  response.fields.push_back({"Access-Control-Allow-Headers", "Content-Type, Last-Event-ID, Authorization"});
  response.fields.push_back({"Access-Control-Max-Age", "600"});
  return response;
}

}  // namespace fanfare::detail
