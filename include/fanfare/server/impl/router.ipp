#pragma once

#include <fanfare/core/impl/request.ipp>
#include <fanfare/server/router.hpp>
#include <fanfare/wire/uri.hpp>

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

namespace fanfare::detail {

FANFARE_DECL bool is_name(std::string_view segment) noexcept {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

FANFARE_DECL void Router::add(Route route) {
  wire::UriPath path;
  if (route.pattern.empty() || route.pattern.front() != '/' || wire::parse_path(route.pattern, path)) {
    throw std::logic_error("route '" + route.pattern + "': a path starts with '/' and has segments like name or {name}");
  }
  route.segments = std::move(path.segments);
  if (route.kind == Route::Kind::files && !route.segments.empty() && route.segments.back().empty()) {
    route.segments.pop_back();
  }
  for (const auto& segment : route.segments) {
    if (!is_name(segment) && segment.find_first_of("{}") != std::string::npos) {
      throw std::logic_error("route '" + route.pattern + "': '" + segment + "' must be all name or all literal");
    }
  }
  for (const auto& other : routes_) {
    const bool both_folders_or_none = (other.kind == Route::Kind::files) == (route.kind == Route::Kind::files);
    if (other.pattern == route.pattern && other.method == route.method && both_folders_or_none) {
      throw std::logic_error("route '" + route.pattern + "' is mounted already");
    }
  }
  routes_.push_back(std::move(route));
}

FANFARE_DECL Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match best;
  wire::UriPath parsed;
  if (wire::parse_path(path, parsed) || parsed.has_control) {
    best.status = 400;
    return best;
  }
  const auto& segments = parsed.segments;
  std::size_t best_literals = 0;
  for (const Route& route : routes_) {
    const bool folder = route.kind == Route::Kind::files;
    if (folder ? segments.size() < route.segments.size() : segments.size() != route.segments.size()) continue;
    Match match;
    std::size_t literals = folder ? 0 : 1;  // a folder loses against any route
    bool fits = true;
    for (std::size_t i = 0; i < route.segments.size() && fits; ++i) {
      const std::string& wanted = route.segments[i];
      if (is_name(wanted)) {
        fits = !segments[i].empty();
        match.params.push_back({wanted.substr(1, wanted.size() - 2), segments[i]});
      } else {
        fits = wanted == segments[i];
        literals += 2;
      }
    }
    if (!fits) continue;
    const bool serves = method == route.method ||
                        (method == "HEAD" && route.method == "GET" && route.kind != Route::Kind::stream);
    if (!serves) {
      if (!best.route && best.allow.find(route.method) == std::string::npos && !folder) {
        best.status = 405;
        best.allow += (best.allow.empty() ? "" : ", ") + route.method;
      }
      continue;
    }
    if (best.route && literals <= best_literals) continue;
    best_literals = literals;
    match.route = &route;
    match.status = 200;
    if (folder) {
      if (parsed.has_encoded_slash) continue;
      match.rest.assign(segments.begin() + static_cast<std::ptrdiff_t>(route.segments.size()), segments.end());
    }
    best = std::move(match);
  }
  return best;
}

FANFARE_DECL void name_topics(Request& request) {
  std::vector<std::string> topics;
  std::unordered_set<std::string> seen;
  const auto add = [&](std::string_view name) {
    if (name.empty() || topics.size() == max_query_pairs || !seen.emplace(name).second) return;
    topics.emplace_back(name);
  };
  for (const auto& topic : request.topics) add(topic);
  add(request.param("topic"));
  split(request.param("topics"), ',', add);
  for (const auto& topic : request.list("topic")) add(topic);
  request.topics = std::move(topics);
}

}  // namespace fanfare::detail
