// A download manager: a web page starts downloads, and shows how far they are, live. What it shows of fanfare:
//
//   download_job.cpp                   a Job with a Task for each file, log lines, cancelling, and a question that a
//                                      watcher answers
//   http_transfer.cpp, local_copy.cpp  where the work is done, and a Task advances
//   api.cpp                            a stream by topic with an admission of one's own, JSON in and out, answers and
//                                      commands
//   main.cpp                           a Broker, a Server, and their orderly end
//
// The rest is what downloading takes: url, file_names, folder and part_file; downloader; downloads, which are the jobs that
// run; settings, and the page in web/.

#include "api.hpp"
#include "curl.hpp"
#include "downloads.hpp"
#include "folder.hpp"
#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/stop_signals.hpp"
#include "../support/web_page.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string_view>

static void run(const Settings& settings) {
  examples::StopSignals signals;
  const CurlLibrary curl;
  Folder folder(settings.folder);
  fanfare::Broker broker({.log = [](fanfare::Level, std::string_view text) { std::cerr << text << '\n'; }});
  Downloads downloads(broker, folder);
  fanfare::Server server = examples::listen(broker, {.port = settings.port, .address = settings.address});
  mount_api(server, broker, downloads, settings.downloads);
  examples::mount_web_page(server, settings.web);
  server.start();
  std::cout << "download_manager: open " << server.url() << std::endl;

  signals.wait();
  downloads.stop();  // first, so that those who watch are told
  server.drain(std::chrono::seconds(1));
  server.wait();
}

int main(int argc, char** argv) {
  Settings settings;
  if (const auto status = settings.parse(argc, argv)) return *status;
  try {
    run(settings);
  } catch (const std::exception& failure) {
    std::cerr << "download_manager: " << failure.what() << '\n';
    return 1;
  }
}
