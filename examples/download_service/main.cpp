// A download service: jobs that a worker runs, watched over WebSockets or by polling. What it shows of
// fanfare:
//
//   status.hpp  a topic whose state is its last event
//   work.cpp    a worker that knows its topic and nothing of the web; percentages from stages
//   api.cpp     the same topic by WebSocket and by polling
//   main.cpp    a Broker, a Server, and their orderly end
//
// The rest is settings and jobs, which are the threads that work, and the page in web/.

#include "api.hpp"
#include "jobs.hpp"
#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/stop_signals.hpp"
#include "../support/web_page.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <system_error>

static void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) throw std::runtime_error("--dir is '" + folder + "', which cannot be made: " + error.message());
}

static void run(const Settings& settings) {
  examples::StopSignals signals;
  make_folder(settings.folder);
  fanfare::Broker broker({.log = [](fanfare::Level, std::string_view text) { std::cerr << text << '\n'; }});
  Jobs jobs(broker, {settings.folder, settings.rate}, settings.workers);
  fanfare::Server server = examples::listen(broker, {.port = settings.port, .address = settings.address});
  mount_api(server, broker, jobs, settings);
  examples::mount_web_page(server, settings.web);
  server.start();
  std::cout << "download_service: open " << server.url() << std::endl;

  signals.wait();
  jobs.stop();  // first, so that those who watch are told
  server.drain(std::chrono::seconds(1));
  server.wait();
}

int main(int argc, char** argv) {
  Settings settings;
  if (const auto status = settings.parse(argc, argv)) return *status;
  try {
    run(settings);
  } catch (const std::exception& failure) {
    std::cerr << "download_service: " << failure.what() << '\n';
    return 1;
  }
}
