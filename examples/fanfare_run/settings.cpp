#include "settings.hpp"

#include "../support/duration.hpp"
#include "../support/listen.hpp"
#include "../support/options.hpp"

#include <string_view>

static examples::TakeValue parse_mode(ParseMode& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    const auto mode = parse_mode_of(value);
    if (!mode) return "ffmpeg, curl, percent, auto or none";
    to = *mode;
    return std::nullopt;
  };
}

static examples::TakeValue port_number(std::optional<std::uint16_t>& to) {
  return [&to](std::string_view value) { return examples::number(to.emplace(), 0, 65535)(value); };
}

static examples::TakeValue seconds(std::optional<std::chrono::seconds>& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    std::chrono::seconds read{0};
    if (examples::duration(read, 0, 86400)(value)) return "seconds from 0 to 86400";
    to = read;
    return std::nullopt;
  };
}

static examples::TakeValue yes_or_no(std::optional<bool>& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    if (value != "yes" && value != "no") return "yes or no";
    to = value == "yes";
    return std::nullopt;
  };
}

// What can stand in a URL as it is.
static examples::TakeValue topic_name(std::string& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    const bool fits = !value.empty() && value.size() <= 64 && value != "." && value != ".." &&
                      value.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
                          std::string_view::npos;
    if (!fits) return "1 to 64 letters, digits, '.', '_' or '-', such as build-7";
    to = value;
    return std::nullopt;
  };
}

std::optional<int> Settings::read(int argc, char** argv) {
  const auto take_command = [this](const std::vector<std::string_view>& words) -> std::optional<std::string> {
    if (words.empty() || words.front().empty()) return "a command to run, such as: fanfare-run -- make -j4";
    command.assign(words.begin(), words.end());
    return std::nullopt;
  };
  const examples::Options options(
      "fanfare-run",
      "Runs a command, and shows in a browser, and to fanfare-watch, how far it is: percentages in its output become\n"
      "progress, lines become a log. Its exit status is the command's; 125: the command could not be watched, 126 and\n"
      "127: it could not be run, 2: wrong options. If this program is killed (SIGKILL), on Linux the command is sent\n"
      "SIGTERM; elsewhere it goes on.",
      {
          {"--port", "N", "where to listen (8080, or if that is taken a free one); 0 picks a free one", port_number(port)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", examples::ip_address(address)},
          {"--topic", "NAME", "what it is called in the URL (run)", topic_name(topic)},
          {"--title", "TEXT", "what it is called for people (the command line)", examples::text(title)},
          {"--parse", "HOW", "where progress is read from: ffmpeg, curl, percent, none, or whichever fits (auto)",
           parse_mode(parse)},
          {"--cancel", "yes|no", "whether who watches may stop it (yes if only this machine can watch)",
           yes_or_no(may_cancel)},
          {"--kill-after", "SECONDS", "how long it has to stop before it is killed, 0 to 86400 (5)",
           examples::duration(kill_after, 0, 86400)},
          {"--linger", "SECONDS", "stay that long after its end, 0 to 86400 (3 if somebody watched, else 0)",
           seconds(linger)},
          {"--quiet", "", "do not print what it prints", examples::flag(quiet)},
      },
      {"-- COMMAND...", true, take_command});
  return options.parse(argc, argv);
}

bool Settings::watchers_may_cancel() const { return may_cancel.value_or(!examples::names_of(address).empty()); }

std::chrono::seconds Settings::linger_time(bool watched) const {
  return linger.value_or(std::chrono::seconds(watched ? 3 : 0));
}
