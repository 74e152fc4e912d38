// A download manager: a web page starts downloads, and shows how far they are, live. What it shows of
// fanfare:
//
//   download_job.cpp  a Job with a Task for each file, log lines, cancelling, and a question that a watcher
//   answers http_transfer.cpp, local_copy.cpp  where the work is done, and a Task advances api.cpp a stream
//   by topic with an admission of one's own, JSON in and out, answers and commands main.cpp          a
//   Broker, a Server, and their orderly end
//
// The rest is what downloading takes: url, file_names, folder and part_file; downloader; downloads, which are
// the jobs that run; settings, and the page in web/.

#include "api.hpp"
#include "curl.hpp"
#include "downloads.hpp"
#include "folder.hpp"
#include "settings.hpp"

#include "../support/web_page.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// Ctrl-C and SIGTERM, for a thread to wait for. REQUIRES: made before other threads, which inherit the mask.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // TLS writes to sockets that a server has closed
  }
  /// After this the next one ends the program at once.
  void wait() {
    int received = 0;
    sigwait(&signals_, &received);
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
  }

 private:
  sigset_t signals_{};
};

/// The names that the server answers to. A web site may have its own name lead to this machine, and would
/// then pass for the page's origin (DNS rebinding). Only a server that nobody else can reach knows all of its
/// names.
static std::vector<std::string> names_of(const std::string& address) {
  const bool loopback = address.starts_with("127.") || address == "::1";
  return loopback ? std::vector<std::string>{"localhost", address, "[" + address + "]"}
                  : std::vector<std::string>{};
}

static fanfare::Server listen(fanfare::Broker& broker, const Settings& settings) {
  try {
    return fanfare::Server(
        broker, {.port = settings.port, .address = settings.address, .hosts = names_of(settings.address)});
  } catch (const std::system_error& failure) {
    throw std::runtime_error("cannot listen on " + settings.address + " port " +
                             std::to_string(settings.port) + " (" + failure.code().message() +
                             "); choose others with --port, where 0 picks a free one, and --address");
  }
}

static void run(const Settings& settings) {
  StopSignals signals;
  const CurlLibrary curl;
  Folder folder(settings.folder);
  fanfare::Broker broker({.log = [](fanfare::Level, std::string_view text) { std::cerr << text << '\n'; }});
  Downloads downloads(broker, folder);
  fanfare::Server server = listen(broker, settings);
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
