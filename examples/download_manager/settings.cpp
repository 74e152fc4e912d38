#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/options.hpp"

std::optional<int> Settings::parse(int argc, char** argv) {
  using examples::byte_count, examples::ip_address, examples::number, examples::text;
  const examples::Options options(
      "download_manager", "Downloads what a web page tells it to, and shows how far it is.",
      {
          {"--port", "N", "where to listen (8080); 0 picks a free port", number(port, 0, 65535)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", ip_address(address)},
          {"--dir", "FOLDER", "where downloads go (downloads); made if it is missing", text(folder)},
          {"--rate-limit", "BYTES", "per second, for a job that names no limit; 500k, 2M (0: none)",
           byte_count(downloads.rate_limit, max_rate_limit)},
          {"--parallel", "N", "files at a time, for a job that names no number, 1 to 16 (3)",
           number(downloads.parallel, 1, max_parallel)},
          {"--web", "FOLDER", "serve the page from there, to work on it", text(web)},
      });
  return options.parse(argc, argv);
}
