#pragma once

#include <fanfare/client/client_request.hpp>
#include <fanfare/version.hpp>
#include <fanfare/wire/json_writer.hpp>
#include <fanfare/wire/uri.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace fanfare::detail {

#define FANFARE_DETAIL_TEXT(x) #x
#define FANFARE_DETAIL_VERSION(a, b, c) \
  FANFARE_DETAIL_TEXT(a) "." FANFARE_DETAIL_TEXT(b) "." FANFARE_DETAIL_TEXT(c)
inline constexpr std::string_view user_agent =
    "fanfare/" FANFARE_DETAIL_VERSION(FANFARE_VERSION_MAJOR, FANFARE_VERSION_MINOR, FANFARE_VERSION_PATCH);
#undef FANFARE_DETAIL_VERSION
#undef FANFARE_DETAIL_TEXT

/// A target whose query is put together.
class TargetWriter {
 public:
  explicit TargetWriter(std::string_view target) : parts_(wire::split_target(target)) {}

  /// Leaves out what the query says under this name.
  void drop(std::string_view name) { dropped_.push_back(name); }
  void add(std::string_view name, std::string_view value) {
    separate();
    wire::append_percent_encoded(added_, name);
    added_ += '=';
    wire::append_percent_encoded(added_, value);
  }
  std::string text() const {
    std::string out(parts_.path);
    char before = '?';
    for (std::string_view query = parts_.query; !query.empty();) {
      const std::string_view pair = query.substr(0, query.find('&'));
      query.remove_prefix(std::min(query.size(), pair.size() + 1));
      const auto name = wire::percent_decode(pair.substr(0, pair.find('=')), wire::Plus::space);
      if (pair.empty() || (name && std::find(dropped_.begin(), dropped_.end(), *name) != dropped_.end()))
        continue;
      out.append(1, std::exchange(before, '&')).append(pair);
    }
    if (!added_.empty()) out.append(1, before).append(added_);
    return out;
  }

 private:
  void separate() {
    if (!added_.empty()) added_ += '&';
  }

  wire::TargetParts parts_;
  std::vector<std::string_view> dropped_;
  std::string added_;
};

FANFARE_DECL std::string target_for(const wire::Url& url, const ClientOptions& options,
                                    const Asking& asking) {
  TargetWriter target(url.target);
  target.drop("protocol");
  target.add("protocol", "fanfare.v1");
  if (!options.topics.empty()) {
    target.drop("topic");
    for (const auto& topic : options.topics) target.add("topic", topic);
  }
  if (!options.types.empty()) {
    std::string all;
    for (const auto& type : options.types) all.append(all.empty() ? "" : ",").append(type);
    target.drop("types");
    target.add("types", all);
  }
  if (options.max_rate > 0) {
    std::string rate;
    wire::append_json_number(rate, options.max_rate);
    target.drop("max_rate");
    target.add("max_rate", rate);
  }
  // Where the URL itself began is not where to go on.
  if (!asking.position.empty()) {
    target.drop("since");
    target.drop("last_event_id");
    if (asking.transport != ClientTransport::sse) target.add("since", asking.position);
    if (asking.transport == ClientTransport::long_poll) {
      target.drop("wait");
      target.add("wait", std::to_string(poll_wait.count()));
    }
  }
  return target.text();
}

FANFARE_DECL NetworkRequest make_request(const wire::Url& url, const ClientOptions& options,
                                         const Asking& asking) {
  NetworkRequest request;
  request.url = with_scheme_for(url, asking.transport);
  request.url.target = target_for(url, options, asking);
  // Sooner than the whole, so that "nobody answers there" is told from "it does not answer".
  request.connect_timeout = options.open_timeout * 2 / 3;
  request.fields = asking.upgrade;
  request.fields.push_back({"User-Agent", std::string(user_agent)});
  if (asking.transport == ClientTransport::sse) {
    request.fields.push_back({"Accept", "text/event-stream"});
    request.fields.push_back({"Cache-Control", "no-cache"});
    if (!asking.position.empty()) request.fields.push_back({"Last-Event-ID", std::string(asking.position)});
  } else if (asking.transport == ClientTransport::long_poll) {
    request.fields.push_back({"Accept", "application/json"});
  }
  if (asking.own_origin)
    request.fields.insert(request.fields.end(), options.fields.begin(), options.fields.end());
  return request;
}

FANFARE_DECL wire::Url with_scheme_for(wire::Url url, ClientTransport transport) {
  const bool secure = url.is_secure();
  if (transport == ClientTransport::websocket)
    url.scheme = secure ? "wss" : "ws";
  else
    url.scheme = secure ? "https" : "http";
  return url;
}

FANFARE_DECL bool is_free_field(std::string_view name) noexcept {
  constexpr std::array taken{
      "Host",          "Connection",       "Upgrade",   "Transfer-Encoding", "Content-Length", "Accept",
      "Cache-Control", "Accept-Encoding",  "TE",        "Trailer",           "Expect",         "Keep-Alive",
      "Last-Event-ID", "Proxy-Connection", "User-Agent"};
  constexpr std::string_view websocket = "Sec-WebSocket-";
  return wire::is_token(name) && !wire::same_field_name(name.substr(0, websocket.size()), websocket) &&
         std::none_of(taken.begin(), taken.end(),
                      [&](std::string_view other) { return wire::same_field_name(name, other); });
}

}  // namespace fanfare::detail
