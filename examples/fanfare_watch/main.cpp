// fanfare-watch: shows in a terminal what a fanfare server, or any other event stream, tells of its jobs:
//
//     fanfare-watch http://localhost:8080/jobs/demo
//
// session  what the client's thread hears, for the one that prints; watched  the topics' state, made of their events
// (other_vocabulary: of those that are no fanfare::Job's); drawing  that state as lines (drawn_line, figures); screen
// those lines on a terminal; teller  what is printed where there is none; saved  the file that a later run goes on from.

#include "drawing.hpp"
#include "exit_status.hpp"
#include "saved.hpp"
#include "screen.hpp"
#include "session.hpp"
#include "settings.hpp"

#include "../support/notices.hpp"
#include "../support/standard_files.hpp"

#include <fanfare/client/client.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

using examples::Notices;
using Clock = std::chrono::steady_clock;

static constexpr std::chrono::milliseconds frame_interval{100};
static constexpr std::chrono::milliseconds save_interval{1000};

static bool says_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;  // the first that is set counts (POSIX.1 sec. 8.2)
    const std::string_view locale = value;
    return locale.find("UTF-8") != std::string_view::npos || locale.find("utf8") != std::string_view::npos;
  }
  return false;
}

static bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  return !no || !*no;
}

class Program {
 public:
  Program(const Settings& settings, Output output)
      : settings_(settings),
        output_(output),
        notices_{SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT},
        session_(settings, output, [] { Notices::tell(Notices::told); }),
        screen_(STDOUT_FILENO),
        sheet_{.colour = wants_colour(), .blocks = says_utf8()} {
    fanfare::ClientOptions options{.topics = settings.topics, .since = settings.since, .fields = settings.fields};
    options.give_up_after = settings.give_up;
    options.tls.ca_file = settings.ca_file;
    if (!settings.save.empty()) {
      prepare_file(options);
      options.save = [this](const std::string& position) { session_.on_position(position); };
    }
    client_ = std::make_unique<fanfare::Client>(settings.url, std::move(options));
    session_.attach(*client_);
  }

  int run() {
    client_->start();
    for (print(); !over_ && signal_ == 0; print()) {
      save(false);
      wait();
    }
    if (signal_ != 0) client_->stop();
    screen_.leave();
    save(true);
    if (signal_ != 0) return done;  // who called us sees to it
    const int status = session_.status();
    if (status == given_up) std::cerr << "fanfare-watch: gave up: " << session_.why() << '\n';
    else if (!session_.has_heard()) std::cerr << "fanfare-watch: the server says that nothing is to come\n";
    return status;
  }
  /// The signal that ended it; 0: none did.
  int signal() const noexcept { return signal_; }

  /// Waits for a moment until the client is gone. It is not while the system looks its server's name up, which cannot be
  /// cancelled: then this object must stay, for its thread.
  bool end_client() {
    std::promise<void> gone;
    const std::future<void> is_gone = gone.get_future();
    std::thread([client = std::move(client_), gone = std::move(gone)]() mutable {
      client.reset();
      gone.set_value();
    }).detach();
    return is_gone.wait_for(std::chrono::seconds(1)) == std::future_status::ready;
  }

 private:
  void prepare_file(fanfare::ClientOptions& options) {
    auto saved = load(settings_.save);
    if (saved && !saved->url.empty() && saved->url != settings_.subject()) {
      throw std::invalid_argument("--save is '" + settings_.save + "', which is about " + saved->url +
                                  "; name another file for this one");
    }
    if (!saved) ::save(settings_.save, {settings_.subject(), {}, {}});  // says at once if it cannot
    if (!saved || !settings_.since.empty()) return;
    options.since = saved->position;
    session_.restore(*std::move(saved));
  }

  // Until there is something new, and time to show it.
  void wait() {
    const bool soon = session_.save_is_due();
    pollfd file{notices_.file(), POLLIN, 0};
    ::poll(&file, 1, soon ? static_cast<int>(save_interval.count()) : -1);
    // A signal shall not wait; what else comes gathers until the next frame.
    take_notices();
    const auto next = last_frame_ + frame_interval;
    while (signal_ == 0 && Clock::now() < next) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
      if (::poll(&file, 1, static_cast<int>(left.count())) <= 0) continue;
      take_notices();
    }
  }

  void take_notices() {
    while (const char notice = notices_.next()) {
      if (notice == SIGINT || notice == SIGTERM || notice == SIGHUP) signal_ = notice;
    }
  }

  void print() {
    last_frame_ = Clock::now();
    ToPrint now = session_.take();
    over_ = now.over;
    if (output_ == Output::bars) {
      const ScreenSize size = screen_.size();
      // The last column stays free: a character there leaves the cursor in doubt. So does a row, for what scrolls.
      sheet_.columns = size.columns > 1 ? size.columns - 1 : 1;
      sheet_.rows = size.rows > 1 ? size.rows - 1 : 1;
      check(screen_.show(now.lines, draw(now.topics, now.link, sheet_)));
      return;
    }
    std::ostream& to = output_ == Output::json ? std::cerr : std::cout;
    errno = 0;
    for (const std::string& line : now.lines) to << line << '\n';
    to.flush();
    if (!std::cout) check({errno != 0 ? errno : EIO, std::generic_category()});
    check(session_.output_error());
  }

  void check(std::error_code error) {
    if (!error) return;
    take_notices();  // a terminal that goes says so by SIGHUP, too
    if (signal_ == 0) throw std::system_error(error, "cannot write the output");
  }

  void save(bool last) {
    if (settings_.save.empty() || (!last && Clock::now() < last_save_ + save_interval)) return;
    const auto saved = session_.to_save();
    if (!saved) return;
    last_save_ = Clock::now();
    try {
      ::save(settings_.save, *saved);
    } catch (const std::exception& failure) {  // a full disk is no reason to stop watching
      if (!save_failed_) std::cerr << "fanfare-watch: " << failure.what() << '\n';
      save_failed_ = true;
    }
  }

  const Settings& settings_;
  const Output output_;
  Notices notices_;
  Session session_;
  Screen screen_;
  Sheet sheet_;
  std::unique_ptr<fanfare::Client> client_;  // after what its handlers use
  Clock::time_point last_frame_{}, last_save_{};
  bool over_ = false, save_failed_ = false;
  int signal_ = 0;
};

// Everything is put in order; now it ends as if it had not caught the signal, so that a shell sees why.
static int die_of(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
  return 128 + signal;
}

int main(int argc, char** argv) {
  examples::open_standard_files();
  Settings settings;
  if (const auto status = settings.read(argc, argv)) return *status;
  int signal = 0;
  try {
    const Output output = settings.json ? Output::json : can_be_drawn_on(STDOUT_FILENO) ? Output::bars : Output::lines;
    Program program(settings, output);
    const int status = program.run();
    signal = program.signal();
    if (!program.end_client()) std::_Exit(signal != 0 ? die_of(signal) : status);  // what it wrote is flushed
    if (signal == 0) return status;
  } catch (const std::invalid_argument& failure) {
    std::cerr << "fanfare-watch: " << failure.what() << '\n';
    return wrong_use;
  } catch (const std::exception& failure) {
    std::cerr << "fanfare-watch: " << failure.what() << '\n';
    return failed;
  }
  return die_of(signal);
}
