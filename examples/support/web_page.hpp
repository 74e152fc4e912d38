/// mount_web_page: an example's page, which is the files of its web/, those that all of them share, and the
/// browser module as /fanfare/fanfare.js.
#pragma once

#include <fanfare/server/server.hpp>

// Made by cmake/embed_files.cmake.
#include <embedded/browser_module.hpp>
#include <embedded/shared.hpp>
#include <embedded/web.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace examples {

inline void mount_file(fanfare::Server& server, const std::string& path, std::string_view type,
                       std::string_view bytes) {
  server.get(path, [type, bytes](const fanfare::Request&) {
    return fanfare::Response{200,
                             std::string(type),
                             std::string(bytes),
                             {{"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}}};
  });
}

/// @param folder  serve web/ from there instead, as it is at each request. Empty: what is compiled in
/// Throws std::runtime_error when it is no folder.
inline void mount_web_page(fanfare::Server& server, const std::string& folder) {
  for (const auto& file : browser_module::files())
    mount_file(server, "/fanfare" + std::string(file.path), file.content_type, file.bytes);
  for (const auto& file : shared::files())
    mount_file(server, std::string(file.path), file.content_type, file.bytes);
  if (!folder.empty()) {
    if (!std::filesystem::is_directory(folder))
      throw std::runtime_error("--web is '" + folder + "', which is no folder");
    return server.files("/", folder);
  }
  for (const auto& file : web::files()) {
    mount_file(server, std::string(file.path), file.content_type, file.bytes);
    if (file.path == "/index.html") mount_file(server, "/", file.content_type, file.bytes);
  }
}

}  // namespace examples
