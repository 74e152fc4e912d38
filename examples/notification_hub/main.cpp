// A notification hub: one stream for everyone, of which each client takes the types that it wants, and events
// for one session alone. What it shows of fanfare:
//
//   hub.hpp   events of one's own, and a state that tells a newcomer what is going on
//   api.cpp   an admission with a filter, an audience, a greeting and an end; events to an audience; JSON of
//             all kinds; the list of connections; revoking
//   main.cpp  a Broker, a Server with limits, and their orderly end
//
// The rest is settings, sessions and a demo, and the page in web/.

#include "api.hpp"
#include "demo.hpp"
#include "hub.hpp"
#include "sessions.hpp"
#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/stop_signals.hpp"
#include "../support/web_page.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string_view>

static void run(const Settings& settings) {
  examples::StopSignals signals;
  Sessions sessions = settings.users.empty() ? Sessions() : Sessions(settings.users);
  fanfare::Broker broker({.log = [](fanfare::Level, std::string_view text) { std::cerr << text << '\n'; }});
  const Hub hub = broker.topic("hub", HubState{});
  fanfare::Server server = examples::listen(broker, {.port = settings.port,
                                                     .address = settings.address,
                                                     .max_connections_per_address = settings.max_per_address,
                                                     .stall_limit = settings.stall_limit});
  mount_api(server, broker, hub, sessions, settings);
  examples::mount_web_page(server, settings.web);
  server.start();
  std::cout << "notification_hub: open " << server.url() << std::endl;

  std::optional<Demo> demo;
  if (settings.demo.count() > 0) demo.emplace(hub, settings.demo);
  signals.wait();
  demo.reset();
  server.drain(std::chrono::seconds(1));
  server.wait();
}

int main(int argc, char** argv) {
  Settings settings;
  if (const auto status = settings.parse(argc, argv)) return *status;
  try {
    run(settings);
  } catch (const std::exception& failure) {
    std::cerr << "notification_hub: " << failure.what() << '\n';
    return 1;
  }
}
