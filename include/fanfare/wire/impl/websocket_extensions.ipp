#pragma once

#include <fanfare/error.hpp>
#include <fanfare/wire/http_field.hpp>
#include <fanfare/wire/impl/http_field.ipp>
#include <fanfare/wire/websocket_extensions.hpp>

#include <new>

namespace fanfare {
namespace detail {

/// Takes tokens, quoted strings and separators off the front of a field's value.
class ExtensionReader {
 public:
  explicit ExtensionReader(std::string_view text) noexcept : text_(wire::trim_ows(text)) {}

  bool empty() const noexcept { return text_.empty(); }

  /// Whether the separator came next; takes it, and the spaces on both sides.
  bool take(char separator) noexcept {
    text_ = skip_ows(text_);
    if (!text_.starts_with(separator)) return false;
    text_ = skip_ows(text_.substr(1));
    return true;
  }

  /// Empty if no token comes next.
  std::string_view take_token() noexcept {
    std::size_t size = 0;
    while (size < text_.size() && is_http(text_[size], http_token)) ++size;
    const std::string_view token = text_.substr(0, size);
    text_.remove_prefix(size);
    return token;
  }

  /// A token, bare or quoted. Sec. 9.1: what a quoted string holds must be a token once it is unescaped, so
  /// that everything else is refused, an unclosed quote included. Empty if none comes next.
  std::string take_value() {
    if (!text_.starts_with('"')) return std::string(take_token());
    std::string value;
    for (std::size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return value;
      }
      if (text_[i] == '\\' && ++i == text_.size()) break;
      if (!is_http(text_[i], http_token)) break;
      value.push_back(text_[i]);
    }
    return {};
  }

 private:
  static std::string_view skip_ows(std::string_view text) noexcept {
    while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
    return text;
  }

  std::string_view text_;
};

// One extension with its parameters.
FANFARE_DECL std::error_code take_extension(ExtensionReader& reader, wire::WebSocketExtension& out) {
  out.name = reader.take_token();
  if (out.name.empty()) return Error::malformed;
  while (reader.take(';')) {
    if (out.parameters.size() == wire::max_extension_parameters) return Error::too_long;
    wire::ExtensionParameter& parameter = out.parameters.emplace_back();
    parameter.name = reader.take_token();
    if (parameter.name.empty()) return Error::malformed;
    if (!reader.take('=')) continue;
    parameter.value = reader.take_value();
    if (parameter.value->empty()) return Error::malformed;
  }
  return {};
}

}  // namespace detail

namespace wire {

FANFARE_DECL std::error_code parse_websocket_extensions(std::string_view value,
                                                        std::vector<WebSocketExtension>& out) noexcept {
  try {
    const std::size_t before = out.size();
    detail::ExtensionReader reader(value);
    while (!reader.empty()) {
      if (reader.take(',')) continue;
      if (out.size() == max_websocket_extensions) return Error::too_long;
      if (const std::error_code error = detail::take_extension(reader, out.emplace_back())) return error;
      if (!reader.empty() && !reader.take(',')) return Error::malformed;
    }
    if (out.size() == before) return Error::malformed;
    return {};
  } catch (const std::bad_alloc&) {
    return std::make_error_code(std::errc::not_enough_memory);
  }
}

}  // namespace wire
}  // namespace fanfare
