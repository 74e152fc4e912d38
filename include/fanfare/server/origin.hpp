/// Origin and Host checks: which pages may use the server through their visitors' browsers.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Thread: any, constant once made.
class OriginPolicy {
 public:
  OriginPolicy(std::vector<std::string> origins, std::vector<std::string> hosts)
      : origins_(std::move(origins)), hosts_(std::move(hosts)) {}

  enum class Verdict { no_origin, same, listed, foreign };
  /// Same origin: the Origin field (RFC 6454 sec. 7) names the host and port of the Host field. The scheme
  /// is left out, for a proxy in front may speak TLS.
  Verdict judge(const Request& request) const noexcept;
  /// Whether the Host field names this server; always when no hosts are configured.
  bool host_allowed(const Request& request) const noexcept;
  /// The fields that let a listed origin read the answer (Fetch sec. 3.2.5).
  void allow(const Request& request, std::vector<HttpField>& fields) const;
  /// The answer to a preflight of a listed origin.
  Response preflight(const Request& request) const;

 private:
  bool lists(std::string_view origin) const noexcept;

  const std::vector<std::string> origins_, hosts_;
};

}  // namespace fanfare::detail
