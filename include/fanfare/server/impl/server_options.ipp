#pragma once

#include <fanfare/server/server_core.hpp>

#include <algorithm>
#include <stdexcept>

namespace fanfare::detail {

[[noreturn]] FANFARE_DECL void refuse_option(std::string_view name, const std::string& value,
                                             std::string_view wanted) {
  throw std::invalid_argument("ServerOptions::" + std::string(name) + " is " + value + "; it must be " +
                              std::string(wanted));
}

/// "https://app.example", with a port if need be: what a browser sends as Origin (RFC 6454 sec. 7).
FANFARE_DECL bool is_origin(std::string_view text) noexcept {
  const auto authority = text.find("://");
  return authority != text.npos && authority > 0 && authority + 3 < text.size() &&
         text.find_first_of("/?# ", authority + 3) == text.npos;
}

FANFARE_DECL void check_options(const ServerOptions& options) {
  if (options.shards < 1 || options.shards > 64)
    refuse_option("shards", std::to_string(options.shards), "1 to 64");
  if (options.max_connections < 1) refuse_option("max_connections", "0", "at least 1");
  if (options.max_head_bytes < 256)
    refuse_option("max_head_bytes", std::to_string(options.max_head_bytes), "at least 256");

  if (options.coalescing_window.count() < 0 || options.coalescing_window > std::chrono::seconds(1)) {
    refuse_option("coalescing_window", std::to_string(options.coalescing_window.count()) + " us", "0 to 1 s");
  }

  const struct {
    std::string_view name;
    std::chrono::milliseconds value;
  } times[] = {{"head_timeout", options.head_timeout},
               {"body_timeout", options.body_timeout},
               {"keep_alive_timeout", options.keep_alive_timeout},
               {"hook_timeout", options.hook_timeout},
               {"stall_limit", options.stall_limit}};
  for (const auto& [name, value] : times) {
    if (value < std::chrono::milliseconds(1) || value > std::chrono::hours(24)) {
      refuse_option(name, std::to_string(value.count()) + " ms", "1 ms to 24 h");
    }
  }

  // What could never match would silently refuse everybody.
  for (const auto& origin : options.origins) {
    if (origin != "*" && !is_origin(origin)) {
      refuse_option("origins", "'" + origin + "'",
                    "'*', or as browsers send it: https://app.example, without a slash at the end");
    }
  }
  for (const auto& host : options.hosts) {
    const bool port = host.find(':') != host.npos && !(host.starts_with('[') && host.ends_with(']'));
    if (host.empty() || port || host.find('/') != host.npos) {
      refuse_option("hosts", "'" + host + "'",
                    "a name without scheme and port, such as app.example, or an address such as [::1]");
    }
  }
}

}  // namespace fanfare::detail
