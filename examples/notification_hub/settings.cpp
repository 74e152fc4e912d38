#include "settings.hpp"

#include "../support/duration.hpp"
#include "../support/listen.hpp"
#include "../support/options.hpp"

std::optional<int> Settings::parse(int argc, char** argv) {
  using examples::duration, examples::ip_address, examples::number, examples::text;
  const examples::Options options(
      "notification_hub", "One stream of notifications for everyone, filtered, with a page to watch it.",
      {
          {"--port", "N", "where to listen (8080); 0 picks a free port", number(port, 0, 65535)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", ip_address(address)},
          {"--heartbeat", "SECONDS", "a ping after so long without an event, 1 to 3600 (30)",
           duration(heartbeat, 1, 3600)},
          {"--stall-limit", "SECONDS", "streams that took nothing for so long are closed, 1 to 86400 (300)",
           duration(stall_limit, 1, 86400)},
          {"--max-per-address", "N", "connections from one address, 1 to 10000 (100)",
           number(max_per_address, 1, 10000)},
          {"--users", "FILE", "only those may listen and send; lines of name:password", text(users)},
          {"--demo", "MS", "shows summaries that come along, one step each MS, 1 to 60000 (0: none)",
           duration(demo, 0, 60000)},
          {"--web", "FOLDER", "serve the page from there, to work on it", text(web)},
      });
  return options.parse(argc, argv);
}
