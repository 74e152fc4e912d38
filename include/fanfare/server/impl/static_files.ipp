#pragma once

#include <fanfare/server/static_files.hpp>
#include <fanfare/wire/uri.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace fanfare::detail {

FANFARE_DECL std::string_view content_type_of(std::string_view name) noexcept {
  constexpr std::pair<std::string_view, std::string_view> types[] = {
      {".html", "text/html; charset=utf-8"},      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},  {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},              {".svg", "image/svg+xml"},
      {".png", "image/png"},                      {".jpg", "image/jpeg"},
      {".ico", "image/x-icon"},                   {".txt", "text/plain; charset=utf-8"},
      {".woff2", "font/woff2"},                   {".wasm", "application/wasm"},
      {".webmanifest", "application/manifest+json"}, {".mp4", "video/mp4"},
      {".webm", "video/webm"}};
  for (const auto& [ending, type] : types) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

FANFARE_DECL bool has_current(const Request& request, std::string_view etag) {
  const auto named = [&](std::string_view tag) { return wire::field_has_member(request.fields, "If-None-Match", tag); };
  // Weakly compared, for a proxy that compresses makes the validator a weak one.
  return named(etag) || named("W/" + std::string(etag)) || named("*");
}

FANFARE_DECL Response static_file(const std::string& directory, const std::vector<std::string>& segments,
                                  const Request& request) {
  namespace fs = std::filesystem;
  const Response missing = Response::error(404, "no such file");
  std::vector<std::string> parts = segments;
  std::erase(parts, "");
  const bool hidden = std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.front() == '.'; });
  if (hidden || (!parts.empty() && !wire::is_safe_relative_path(parts))) return missing;

  std::error_code error;
  const fs::path root = fs::canonical(directory, error);
  if (error) return missing;
  fs::path path = root;
  for (const auto& part : parts) path /= part;
  const bool folder = fs::is_directory(path, error);
  if (folder) path /= "index.html";
  path = fs::canonical(path, error);  // links resolved, so that the next check sees where they lead
  if (error || !fs::is_regular_file(path, error)) return missing;
  if (std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first != root.end()) return missing;

  const auto target = wire::split_target(request.target);
  if (folder && !target.path.ends_with('/')) {
    // The links of an index are relative to its folder. Relative itself, so that it leads to no other host.
    std::string there = "./" + std::string(target.path.substr(target.path.rfind('/') + 1)) + "/";
    if (!target.query.empty()) there += "?" + std::string(target.query);
    return {301, {}, {}, {{"Location", std::move(there)}}};
  }

  const auto size = fs::file_size(path, error);
  if (error || size > max_static_file_bytes) return missing;
  const auto changed = fs::last_write_time(path, error).time_since_epoch().count();
  const std::string etag = "\"" + std::to_string(size) + "-" + std::to_string(changed) + "\"";
  Response response{200, std::string(content_type_of(path.filename().string())), {},
                    {{"ETag", etag}, {"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}}};
  if (has_current(request, etag)) {
    response.status = 304;
    return response;
  }
  std::ifstream file(path, std::ios::binary);
  response.body.resize(size);
  file.read(response.body.data(), static_cast<std::streamsize>(size));
  if (file.gcount() != static_cast<std::streamsize>(size)) return missing;
  return response;
}

}  // namespace fanfare::detail
