#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/base64.hpp>
#include <fanfare/wire/impl/http_field.ipp>
#include <fanfare/wire/sha1.hpp>
#include <fanfare/wire/websocket_handshake.hpp>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

namespace fanfare {
namespace detail {

inline constexpr std::string_view websocket_version = "13";

/// More in one request is refused, since each is compared with those before it.
inline constexpr std::size_t max_offered_subprotocols = 32;

/// The value of a field that may come once only; none if it does not come, or comes more often.
FANFARE_DECL const std::string* find_only_field(const std::vector<HttpField>& fields,
                                                std::string_view name) noexcept {
  const std::string* found = nullptr;
  for (const HttpField& field : fields) {
    if (!wire::same_field_name(field.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &field.value;
  }
  return found;
}

// RFC 6455 sec. 4.2.1, item 5: base64 that decodes to 16 bytes.
FANFARE_DECL bool is_websocket_key(std::string_view key) {
  const std::optional<std::string> nonce = wire::decode_base64(key);
  return nonce && nonce->size() == 16;
}

/// Builds the answer to one request.
class WebSocketAcceptor {
 public:
  WebSocketAcceptor(const wire::HttpRequestHead& head, const wire::WebSocketServerOptions& options) noexcept
      : head_(head), options_(options) {}

  wire::WebSocketUpgrade run() {
    if (!check_request() || !check_version() || !check_key() || !choose_subprotocol() ||
        !choose_extensions()) {
      return std::move(out_);
    }
    std::vector<HttpField> fields = {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}};
    fields.push_back({"Sec-WebSocket-Accept", wire::websocket_accept_key(*key_)});
    if (!out_.subprotocol.empty()) fields.push_back({"Sec-WebSocket-Protocol", out_.subprotocol});
    if (out_.deflate) fields.push_back({"Sec-WebSocket-Extensions", std::move(extensions_)});
    out_.fields = std::move(fields);
    return std::move(out_);
  }

 private:
  bool check_request();
  bool check_version();
  bool check_key();
  bool choose_subprotocol();
  bool choose_extensions();

  bool refuse(Error error, int status, std::string_view reason) noexcept {
    out_.refusal = {error, status, reason};
    return false;
  }

  const wire::HttpRequestHead& head_;
  const wire::WebSocketServerOptions& options_;
  wire::WebSocketUpgrade out_;
  const std::string* key_ = nullptr;
  std::string extensions_;
};

FANFARE_DECL bool WebSocketAcceptor::check_request() {
  // Sec. 4.2.1, items 1 to 4.
  if (head_.method != "GET") {
    out_.fields.push_back({"Allow", "GET"});
    return refuse(Error::malformed, 405, "a WebSocket handshake that is not GET");
  }
  if (!wire::asks_for_websocket(head_)) {
    // RFC 9110 sec. 15.5.22, 7.8: 426 names what to upgrade to, and Upgrade goes with Connection.
    out_.fields.push_back({"Upgrade", "websocket"});
    out_.fields.push_back({"Connection", "Upgrade"});
    return refuse(Error::malformed, 426, "no Upgrade to websocket with HTTP/1.1");
  }
  if (head_.host.empty()) return refuse(Error::invalid_host, 400, "a WebSocket handshake without Host");
  if (head_.chunked || head_.content_length.value_or(0) != 0) {
    return refuse(Error::malformed, 400, "a WebSocket handshake with a body");
  }
  return true;
}

FANFARE_DECL bool WebSocketAcceptor::check_version() {
  // Sec. 4.2.1, item 6, and 4.4: another version is told which one is spoken here. Sec. 11.3.5: once at most.
  const std::string* version = wire::find_field(head_.fields, "Sec-WebSocket-Version");
  if (version != nullptr && find_only_field(head_.fields, "Sec-WebSocket-Version") == nullptr) {
    return refuse(Error::malformed, 400, "a repeated Sec-WebSocket-Version");
  }
  if (version != nullptr && *version == websocket_version) return true;
  out_.fields.push_back({"Sec-WebSocket-Version", std::string(websocket_version)});
  out_.fields.push_back({"Upgrade", "websocket"});
  out_.fields.push_back({"Connection", "Upgrade"});
  return refuse(Error::unsupported_version, 426, "Sec-WebSocket-Version is not 13");
}

FANFARE_DECL bool WebSocketAcceptor::check_key() {
  // Sec. 11.3.1: the key comes once.
  key_ = find_only_field(head_.fields, "Sec-WebSocket-Key");
  if (key_ == nullptr) return refuse(Error::malformed, 400, "Sec-WebSocket-Key is missing or repeated");
  if (!is_websocket_key(*key_))
    return refuse(Error::malformed, 400, "Sec-WebSocket-Key is not 16 bytes in base64");
  return true;
}

FANFARE_DECL bool WebSocketAcceptor::choose_subprotocol() {
  // Sec. 4.1, item 10: tokens, no two the same, most wanted first.
  std::vector<std::string_view> asked;
  for (const HttpField& field : head_.fields) {
    if (!wire::same_field_name(field.name, "Sec-WebSocket-Protocol")) continue;
    const std::size_t before = asked.size();
    for (std::string_view list = field.value; !list.empty();) {
      const std::size_t comma = list.find(',');
      const std::string_view name = wire::trim_ows(list.substr(0, comma));
      list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
      if (name.empty()) continue;
      if (!wire::is_token(name) || std::find(asked.begin(), asked.end(), name) != asked.end()) {
        return refuse(Error::malformed, 400,
                      "Sec-WebSocket-Protocol has a name that is no token, or one twice");
      }
      if (asked.size() == max_offered_subprotocols) {
        return refuse(Error::too_long, 400, "too many names in Sec-WebSocket-Protocol");
      }
      asked.push_back(name);
    }
    if (asked.size() == before) return refuse(Error::malformed, 400, "an empty Sec-WebSocket-Protocol");
  }
  for (const std::string_view name : asked) {
    if (std::find(options_.subprotocols.begin(), options_.subprotocols.end(), name) ==
        options_.subprotocols.end()) {
      continue;
    }
    out_.subprotocol = name;
    break;
  }
  return true;
}

FANFARE_DECL bool WebSocketAcceptor::choose_extensions() {
  // Sec. 9.1: a value outside the grammar MUST fail, whatever is negotiated here. What is declined is left
  // out.
  std::vector<wire::WebSocketExtension> offers;
  for (const HttpField& field : head_.fields) {
    if (!wire::same_field_name(field.name, "Sec-WebSocket-Extensions")) continue;
    const std::error_code error = wire::parse_websocket_extensions(field.value, offers);
    if (error == std::errc::not_enough_memory) throw std::bad_alloc();
    if (error == Error::too_long) return refuse(Error::too_long, 400, "too many extensions or parameters");
    if (error) return refuse(Error::malformed, 400, "Sec-WebSocket-Extensions is malformed");
  }
  if (!wire::has_deflate || !options_.deflate) return true;
  for (const wire::WebSocketExtension& offer : offers) {
    if (std::optional<wire::DeflateAgreement> agreement = wire::accept_deflate(offer, *options_.deflate)) {
      out_.deflate = agreement->parameters;
      extensions_ = std::move(agreement->response);
      break;
    }
  }
  return true;
}

}  // namespace detail

namespace wire {

FANFARE_DECL bool asks_for_websocket(const HttpRequestHead& head) noexcept {
  return head.minor_version >= 1 && head.upgrade && field_has_member(head.fields, "Upgrade", "websocket");
}

FANFARE_DECL WebSocketUpgrade accept_websocket(const HttpRequestHead& head,
                                               const WebSocketServerOptions& options) noexcept {
  try {
    return detail::WebSocketAcceptor(head, options).run();
  } catch (const std::bad_alloc&) {
    WebSocketUpgrade out;
    out.refusal = {std::make_error_code(std::errc::not_enough_memory), 503, "out of memory"};
    return out;
  }
}

FANFARE_DECL std::string websocket_accept_key(std::string_view key) {
  const Sha1Digest digest = sha1(std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  std::string out;
  append_base64(out, {reinterpret_cast<const char*>(digest.data()), digest.size()});
  return out;
}

}  // namespace wire
}  // namespace fanfare
