#pragma once

#include <fanfare/wire/impl/ascii.hpp>
#include <fanfare/wire/permessage_deflate.hpp>

#include <algorithm>

namespace fanfare {
namespace detail {

/// The parameters of one offer or response, as they were written.
struct WrittenDeflate {
  bool server_no_context_takeover = false, client_no_context_takeover = false;
  bool client_max_window_bits_without_value = false;  // only an offer may leave it out
  std::optional<int> server_max_window_bits = {}, client_max_window_bits = {};
};

// RFC 7692 sec. 7.1.2.1: a decimal integer from 8 to 15, without leading zeros.
FANFARE_DECL std::optional<int> read_window_bits(const std::optional<std::string>& text) noexcept {
  if (!text || text->empty() || text->size() > 2 ||
      !std::all_of(text->begin(), text->end(), is_ascii_digit)) {
    return std::nullopt;
  }
  if (text->front() == '0') return std::nullopt;
  int bits = 0;
  for (const char digit : *text) bits = bits * 10 + (digit - '0');
  if (bits < wire::min_window_bits || bits > wire::max_window_bits) return std::nullopt;
  return bits;
}

// False for a parameter that is not known, has come before, or whose value is not valid (sec. 7.1).
FANFARE_DECL bool note_deflate_parameter(const wire::ExtensionParameter& parameter,
                                         WrittenDeflate& out) noexcept {
  const auto note_flag = [&parameter](bool& flag) {
    if (flag || parameter.value) return false;
    return flag = true;
  };
  const auto note_bits = [&parameter](std::optional<int>& bits) {
    if (bits) return false;
    bits = read_window_bits(parameter.value);
    return bits.has_value();
  };
  if (parameter.name == "server_no_context_takeover") return note_flag(out.server_no_context_takeover);
  if (parameter.name == "client_no_context_takeover") return note_flag(out.client_no_context_takeover);
  if (parameter.name == "server_max_window_bits") return note_bits(out.server_max_window_bits);
  if (parameter.name != "client_max_window_bits") return false;
  if (parameter.value) {
    return !out.client_max_window_bits_without_value && note_bits(out.client_max_window_bits);
  }
  return !out.client_max_window_bits && note_flag(out.client_max_window_bits_without_value);
}

FANFARE_DECL std::optional<WrittenDeflate> read_deflate(const wire::WebSocketExtension& extension) noexcept {
  if (extension.name != wire::permessage_deflate) return std::nullopt;
  WrittenDeflate out;
  for (const wire::ExtensionParameter& parameter : extension.parameters) {
    if (!note_deflate_parameter(parameter, out)) return std::nullopt;
  }
  return out;
}

FANFARE_DECL void append_window_bits(std::string& out, std::string_view name, int bits) {
  out.append("; ").append(name).append("=").append(std::to_string(bits));
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::optional<DeflateAgreement> accept_deflate(const WebSocketExtension& offer,
                                                            const DeflateServerOptions& options) {
  const std::optional<detail::WrittenDeflate> asked = detail::read_deflate(offer);
  if (!asked) return std::nullopt;
  const int server_asked = asked->server_max_window_bits.value_or(max_window_bits);
  if (server_asked < options.min_server_window_bits) return std::nullopt;

  DeflateAgreement agreement;
  DeflateParameters& agreed = agreement.parameters;
  std::string& response = agreement.response;
  response = permessage_deflate;
  // Sec. 7.1.1.1, 7.1.1.2: both may be in the response whether they were asked for or not.
  agreed.server_no_context_takeover = asked->server_no_context_takeover || options.server_no_context_takeover;
  if (agreed.server_no_context_takeover) response += "; server_no_context_takeover";
  agreed.client_no_context_takeover = asked->client_no_context_takeover || options.client_no_context_takeover;
  if (agreed.client_no_context_takeover) response += "; client_no_context_takeover";
  // Sec. 7.1.2.1: asked for, it MUST be answered, with the same value or a smaller one; it may be said
  // unasked.
  agreed.server_max_window_bits = std::min(server_asked, options.server_max_window_bits);
  if (asked->server_max_window_bits || agreed.server_max_window_bits < max_window_bits) {
    detail::append_window_bits(response, "server_max_window_bits", agreed.server_max_window_bits);
  }
  // Sec. 7.1.2.2: only a client that mentioned it may be told.
  if (asked->client_max_window_bits || asked->client_max_window_bits_without_value) {
    agreed.client_max_window_bits =
        std::min(asked->client_max_window_bits.value_or(max_window_bits), options.client_max_window_bits);
    if (agreed.client_max_window_bits < max_window_bits) {
      detail::append_window_bits(response, "client_max_window_bits", agreed.client_max_window_bits);
    }
  }
  return agreement;
}

FANFARE_DECL std::string deflate_offer(const DeflateClientOptions& options) {
  std::string offer(permessage_deflate);
  if (options.server_no_context_takeover) offer += "; server_no_context_takeover";
  if (options.client_no_context_takeover) offer += "; client_no_context_takeover";
  if (options.server_max_window_bits < max_window_bits) {
    detail::append_window_bits(offer, "server_max_window_bits", options.server_max_window_bits);
  }
  if (options.client_max_window_bits < max_window_bits) {
    detail::append_window_bits(offer, "client_max_window_bits", options.client_max_window_bits);
  } else {
    offer += "; client_max_window_bits";
  }
  return offer;
}

FANFARE_DECL std::optional<DeflateParameters> check_deflate_response(const WebSocketExtension& response,
                                                                     const DeflateClientOptions& options) {
  const std::optional<detail::WrittenDeflate> said = detail::read_deflate(response);
  if (!said || said->client_max_window_bits_without_value) return std::nullopt;
  DeflateParameters agreed;
  // Sec. 7.1.1.1, 7.1.2.1: what was asked of the server is in its response, or it did not agree.
  if (options.server_no_context_takeover && !said->server_no_context_takeover) return std::nullopt;
  agreed.server_no_context_takeover = said->server_no_context_takeover;
  agreed.server_max_window_bits = said->server_max_window_bits.value_or(max_window_bits);
  if (agreed.server_max_window_bits > options.server_max_window_bits) return std::nullopt;
  // Sec. 7.1.1.2, 7.1.2.2: what it asks of us binds us; the smaller one holds.
  agreed.client_no_context_takeover = said->client_no_context_takeover || options.client_no_context_takeover;
  agreed.client_max_window_bits = options.client_max_window_bits;
  if (said->client_max_window_bits) {
    if (*said->client_max_window_bits > options.client_max_window_bits) return std::nullopt;
    agreed.client_max_window_bits = *said->client_max_window_bits;
  }
  return agreed;
}

}  // namespace wire
}  // namespace fanfare
