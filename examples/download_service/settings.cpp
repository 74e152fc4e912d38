#include "settings.hpp"

#include "../support/duration.hpp"
#include "../support/listen.hpp"
#include "../support/options.hpp"

std::optional<int> Settings::parse(int argc, char** argv) {
  using examples::byte_count, examples::duration, examples::ip_address, examples::number, examples::text;
  const examples::Options options(
      "download_service", "Runs downloads, and tells over WebSockets how far they are.",
      {
          {"--port", "N", "where to listen (8080); 0 picks a free port", number(port, 0, 65535)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", ip_address(address)},
          {"--dir", "FOLDER", "where the files go (download_service); made if it is missing", text(folder)},
          {"--rate", "BYTES", "per second of each job; 500k, 2M (2M; 0: as fast as it goes)",
           byte_count(rate, 1'000'000'000)},
          {"--workers", "N", "jobs at a time, 1 to 16 (2)", number(workers, 1, 16)},
          {"--heartbeat", "SECONDS", "a ping after so long without a message, 1 to 3600 (15)",
           duration(heartbeat, 1, 3600)},
          {"--web", "FOLDER", "serve the page from there, to work on it", text(web)},
      });
  return options.parse(argc, argv);
}
