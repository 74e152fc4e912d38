#pragma once

#include <fanfare/core/request.hpp>
#include <fanfare/wire/uri.hpp>

namespace fanfare {
namespace detail {

/// Pairs of a query that are looked at, and values of a list: a stream may ask for as many topics.
inline constexpr std::size_t max_query_pairs = 1024;

/// Calls `visit` with each part between separators, white space trimmed.
template <class Visit>
void split(std::string_view text, char separator, Visit&& visit) {
  while (true) {
    const auto end = text.find(separator);
    visit(wire::trim_ows(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

FANFARE_DECL bool accepts(const Request& request, std::string_view media_type, bool exactly) noexcept {
  const std::string_view family = media_type.substr(0, media_type.find('/') + 1);
  bool asked = false, acceptable = false;
  int best = -1;  // how precisely the deciding range names the type
  const auto weigh = [&](std::string_view range) {
    const auto name = wire::trim_ows(range.substr(0, range.find(';')));
    const bool any_of_family = name.size() == family.size() + 1 && name.ends_with('*') &&
                               wire::same_field_name(name.substr(0, family.size()), family);
    const int precision = wire::same_field_name(name, media_type) ? 2 : any_of_family ? 1 : name == "*/*" ? 0 : -1;
    if (precision <= best || (exactly && precision < 2)) return;
    best = precision;
    acceptable = true;
    split(range, ';', [&](std::string_view parameter) {
      if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') return;
      acceptable = parameter.find_first_of("123456789", 2) != std::string_view::npos;
    });
  };
  for (const auto& [name, value] : request.fields) {
    if (!wire::same_field_name(name, "Accept")) continue;
    asked = true;
    split(value, ',', weigh);
  }
  return asked ? acceptable : !exactly;
}

}  // namespace detail

FANFARE_DECL std::string Request::field(std::string_view name) const {
  const std::string* value = wire::find_field(fields, name);
  return value ? *value : std::string();
}

FANFARE_DECL std::string Request::bearer() const {
  const std::string* value = wire::find_field(fields, "Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (!value || value->size() <= scheme.size() ||
      !wire::same_field_name(std::string_view(*value).substr(0, scheme.size()), scheme)) {
    return {};
  }
  return std::string(wire::trim_ows(std::string_view(*value).substr(scheme.size())));
}

FANFARE_DECL std::string_view Request::path() const noexcept { return wire::split_target(target).path; }

FANFARE_DECL std::string Request::query(std::string_view name) const {
  std::vector<wire::QueryPair> pairs;
  if (wire::parse_query(wire::split_target(target).query, pairs, detail::max_query_pairs)) return {};
  const std::string* value = wire::find_query(pairs, name);
  return value ? *value : std::string();
}

FANFARE_DECL std::string Request::param(std::string_view name) const {
  for (const auto& parameter : params) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

FANFARE_DECL std::string Request::cookie(std::string_view name) const {
  std::string found;
  for (const auto& [field_name, value] : fields) {
    if (!wire::same_field_name(field_name, "Cookie")) continue;
    detail::split(value, ';', [&](std::string_view pair) {
      const auto equals = pair.find('=');
      if (found.empty() && equals != std::string_view::npos && pair.substr(0, equals) == name) {
        found = std::string(pair.substr(equals + 1));
      }
    });
  }
  return found;
}

FANFARE_DECL std::string Request::form(std::string_view name) const {
  std::vector<wire::QueryPair> pairs;
  if (wire::parse_query(body, pairs, detail::max_query_pairs)) return {};
  const std::string* value = wire::find_query(pairs, name);
  return value ? *value : std::string();
}

FANFARE_DECL std::vector<std::string> Request::list(std::string_view name) const {
  constexpr std::size_t most = detail::max_query_pairs;
  std::vector<std::string> values;
  std::vector<wire::QueryPair> pairs;
  if (wire::parse_query(wire::split_target(target).query, pairs, most)) return values;
  for (const auto& pair : pairs) {
    if (pair.name != name) continue;
    detail::split(pair.value, ',', [&](std::string_view value) {
      if (!value.empty() && values.size() < most) values.emplace_back(value);
    });
  }
  return values;
}

}  // namespace fanfare
