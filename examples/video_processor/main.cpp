// A video processor: takes a video, makes it smaller in several resolutions with ffmpeg, and tells how far it is.
// What it shows of fanfare:
//
//   vocabulary.hpp  events and a state of one's own, named as a contract wants them
//   api.cpp         uploads that are streamed to disk, a stream over SSE
//   video_job.cpp   a worker that publishes, whose last event is certain
//   main.cpp        a Broker, a Server, and their orderly end
//
// The rest is settings; jobs, of which some wait for their turn; folders; and what ffmpeg takes: media, its command
// lines, and process, which runs them. The page is in web/.

#include "api.hpp"
#include "folders.hpp"
#include "jobs.hpp"
#include "process.hpp"
#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/stop_signals.hpp"
#include "../support/web_page.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

static std::string look_up(const std::string& option, const std::string& program) {
  std::string path = find_program(program);
  if (path.empty())
    throw std::runtime_error(option + " is '" + program + "', which was not found (on Debian: apt-get install ffmpeg)");
  return path;
}

static JobsOptions jobs_options(const Settings& settings) {
  JobsOptions options;
  options.video.tools = {look_up("--ffmpeg", settings.ffmpeg), look_up("--ffprobe", settings.ffprobe), settings.preset,
                         settings.time, settings.every};
  options.jobs = settings.jobs;
  options.transcodes = settings.transcodes;
  options.keep = settings.keep;
  return options;
}

static void run(const Settings& settings) {
  examples::StopSignals signals;
  const Folders folders(settings.folder);
  fanfare::Broker broker({.log = [](fanfare::Level, std::string_view text) { std::cerr << text << '\n'; }});
  Jobs jobs(broker, folders, jobs_options(settings));
  fanfare::Server server = examples::listen(broker, {.port = settings.port, .address = settings.address});
  mount_api(server, broker, folders, jobs, settings);
  examples::mount_web_page(server, settings.web);
  server.start();
  std::cout << "video_processor: open " << server.url() << std::endl;

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
    std::cerr << "video_processor: " << failure.what() << '\n';
    return 1;
  }
}
