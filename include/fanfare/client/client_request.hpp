/// The request with which a client asks for events, for each transport.
#pragma once

#include <fanfare/client/client_options.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/wire/url.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// How long a long-poll asks to be held. Below what proxies in between cut at (often 30 s).
inline constexpr std::chrono::seconds poll_wait{20};

struct Asking {
  ClientTransport transport = ClientTransport::sse;
  std::string_view position = {};       ///< empty: none
  bool own_origin = true;               ///< the URL's; else the host's own fields stay at home
  std::vector<HttpField> upgrade = {};  ///< WebSocket: what asks for it
};

/// @param url  the one given, or where it was redirected to
NetworkRequest make_request(const wire::Url& url, const ClientOptions& options, const Asking& asking);

/// The URL with the scheme that the transport needs: ws for http, and back.
wire::Url with_scheme_for(wire::Url url, ClientTransport transport);

/// Whether a host may add a field of that name to requests: not those that the client says itself, nor those
/// that decide about connection and framing.
bool is_free_field(std::string_view name) noexcept;

}  // namespace fanfare::detail
