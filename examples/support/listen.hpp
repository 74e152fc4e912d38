/// listen: makes an example's server, and says in one sentence what is wrong when it cannot be.
#pragma once

#include "options.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <arpa/inet.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace examples {

/// The value of --address.
inline TakeValue ip_address(std::string& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    const std::string text(value);
    unsigned char bytes[sizeof(in6_addr)];
    if (inet_pton(AF_INET, text.c_str(), bytes) != 1 && inet_pton(AF_INET6, text.c_str(), bytes) != 1) {
      return "an IP address, such as 127.0.0.1, or 0.0.0.0 for all";
    }
    to = text;
    return std::nullopt;
  };
}

/// The names that the server answers to. A web site may have its own name lead to this machine, and would
/// then pass for the page's origin (DNS rebinding). Only a server that nobody else can reach knows all of its
/// names.
inline std::vector<std::string> names_of(const std::string& address) {
  const bool loopback = address.starts_with("127.") || address == "::1";
  return loopback ? std::vector<std::string>{"localhost", address, "[" + address + "]"}
                  : std::vector<std::string>{};
}

/// A server on options.address and options.port. Throws std::runtime_error: that cannot be listened on.
inline fanfare::Server listen(fanfare::Broker& broker, fanfare::ServerOptions options) {
  const std::string where = options.address + " port " + std::to_string(options.port);
  options.hosts = names_of(options.address);
  try {
    return fanfare::Server(broker, std::move(options));
  } catch (const std::system_error& failure) {
    throw std::runtime_error("cannot listen on " + where + " (" + failure.code().message() +
                             "); choose others with --port, where 0 picks a free one, and --address");
  }
}

}  // namespace examples
