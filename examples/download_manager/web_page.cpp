#include "web_page.hpp"

#include <embedded/web.hpp>

#include <filesystem>
#include <stdexcept>

void mount_web_page(fanfare::Server& server, const std::string& folder) {
  if (!folder.empty()) {
    if (!std::filesystem::is_directory(folder))
      throw std::runtime_error("--web is '" + folder + "', which is no folder");
    return server.files("/", folder);
  }
  for (const web::EmbeddedFile& file : web::files()) {
    const auto answer = [&file](const fanfare::Request&) {
      return fanfare::Response{200,
                               std::string(file.content_type),
                               std::string(file.bytes),
                               {{"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}}};
    };
    server.get(std::string(file.path), answer);
    if (file.path == "/index.html") server.get("/", answer);
  }
}
