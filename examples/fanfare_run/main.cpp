// fanfare-run: runs any command as a job that can be watched in a browser, or with fanfare-watch:
//
//     fanfare-run -- ffmpeg -i in.mp4 out.webm
//
// command  the other program; run  the loop between it and us; reporter  what becomes of output: events of a
// fanfare::Job, with progress_parser, which knows ffmpeg, curl and percentages; settings  the command line.

#include "command.hpp"
#include "reporter.hpp"
#include "run.hpp"
#include "settings.hpp"

#include "../support/listen.hpp"
#include "../support/notices.hpp"
#include "../support/plain_text.hpp"
#include "../support/standard_files.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job.hpp>
#include <fanfare/server/server.hpp>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

using examples::Notices;

static constexpr int could_not_be_watched = 125;

// What the command made of the terminal is taken back if it had no time to do so itself.
class TerminalMode {
 public:
  TerminalMode() : known_(::tcgetattr(STDIN_FILENO, &before_) == 0) {}
  // In the background, changing a terminal would stop us.
  ~TerminalMode() {
    if (known_ && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  }
  TerminalMode(const TerminalMode&) = delete;
  TerminalMode& operator=(const TerminalMode&) = delete;

 private:
  termios before_{};
  bool known_;
};

static fanfare::Server make_server(fanfare::Broker& broker, const Settings& settings) {
  fanfare::ServerOptions options{.port = settings.port.value_or(Settings::usual_port), .address = settings.address};
  if (settings.port) return examples::listen(broker, std::move(options));
  try {
    options.hosts = examples::names_of(options.address);
    return fanfare::Server(broker, options);
  } catch (const std::system_error& failure) {
    if (failure.code() == std::errc::address_in_use) options.port = 0;  // several commands may run at once
    return examples::listen(broker, std::move(options));
  }
}

static void mount(fanfare::Server& server, fanfare::Broker& broker, const Settings& settings,
                  std::atomic<bool>& watched) {
  const std::string path = "/jobs/" + settings.topic;
  const bool may_cancel = settings.watchers_may_cancel();
  const auto admit = [&watched, topic = settings.topic, may_cancel](const fanfare::Request&) {
    watched = true;
    fanfare::Admission admission{.topics = {topic}};
    admission.may_command = may_cancel;
    return admission;
  };
  server.stream(path, {.admit = admit, .page = true});
  server.post(path + "/cancel", [&broker, topic = settings.topic, may_cancel](const fanfare::Request&) {
    if (!may_cancel) return fanfare::Response::error(403, "it was started with --cancel no");
    return fanfare::Response::from(broker.cancel(topic));
  });
  server.get("/", [path](const fanfare::Request&) { return fanfare::Response{302, "text/plain", "", {{"Location", path}}}; });
}

static void start(fanfare::Server& server) {
  try {
    server.start();
  } catch (const std::system_error& failure) {
    throw std::runtime_error("nobody could watch the command, so it was ended: the server does not start (" +
                             failure.code().message() + ")");
  }
}

static std::string title_of(const Settings& settings) {
  std::string title = settings.title;
  if (title.empty()) {
    for (const std::string& word : settings.command) title += (title.empty() ? "" : " ") + word;
  }
  title = examples::clipped(examples::plain_text(title), 80);
  return title.empty() ? "command" : title;  // a name like "\b"
}

static void end(fanfare::Job& job, const RunResult& result, const Reporter& reporter) {
  if (result.cancelled) return job.fail("cancelled");
  if (result.status == 0) return job.finish();
  std::string reason = describe_status(result.status);
  if (!reporter.last_words().empty()) reason += ": " + reporter.last_words();
  job.fail(reason);
}

// Until that time, or a signal that means "enough".
static void stay(Notices& notices, std::chrono::seconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    pollfd file{notices.file(), POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    ::poll(&file, 1, static_cast<int>(left.count()));
    while (const char notice = notices.next()) {
      if (notice == SIGINT || notice == SIGTERM || notice == SIGHUP || notice == SIGQUIT) return;
    }
  }
}

static int run_watched(const Settings& settings) {
  const InheritedFiles inherited;
  const TerminalMode terminal;
  std::signal(SIGPIPE, SIG_IGN);
  Notices notices{SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCHLD};

  std::atomic<bool> watched = false;
  fanfare::Broker broker;
  fanfare::Server server = make_server(broker, settings);
  mount(server, broker, settings, watched);
  const std::string title = title_of(settings);
  fanfare::Job job(broker, settings.topic, {.stages = fanfare::Stages{{title, 0, 100}}});

  inherited.hide_others();
  Command command(settings.command, settings.kill_after);
  start(server);
  std::string url = server.url();
  std::cerr << "fanfare-run: watch it at " << url << "jobs/" << settings.topic << std::endl;

  const std::stop_callback cancelled(job.stop_token(), [] { Notices::tell(Notices::told); });
  Reporter reporter(job, title, ProgressParser(settings.parse, settings.command.front()));
  const RunResult result = run(command, notices, reporter, {!settings.quiet, settings.kill_after});
  end(job, result, reporter);

  stay(notices, settings.linger_time(watched));
  server.drain(std::chrono::seconds(1));
  server.wait();
  return result.status;
}

int main(int argc, char** argv) {
  examples::open_standard_files();
  Settings settings;
  if (const auto status = settings.read(argc, argv)) return *status;
  try {
    return run_watched(settings);
  } catch (const CommandFailed& failure) {
    std::cerr << "fanfare-run: " << failure.what() << '\n';
    return failure.status;
  } catch (const std::exception& failure) {
    std::cerr << "fanfare-run: " << failure.what() << '\n';
    return could_not_be_watched;
  }
}
