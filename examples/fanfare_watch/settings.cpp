#include "settings.hpp"

#include "../support/duration.hpp"
#include "../support/options.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

static examples::TakeValue one_more(std::vector<std::string>& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    if (value.empty()) return "a topic's name";
    to.emplace_back(value);
    return std::nullopt;
  };
}

static examples::TakeValue field(std::vector<fanfare::HttpField>& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    const std::size_t colon = value.find(':');
    if (colon == 0 || colon == std::string_view::npos || value.find_first_of("\r\n") != std::string_view::npos) {
      return "a field such as 'Authorization: Bearer abc'";
    }
    std::string_view content = value.substr(colon + 1);
    content.remove_prefix(std::min(content.find_first_not_of(' '), content.size()));
    to.push_back({std::string(value.substr(0, colon)), std::string(content)});
    return std::nullopt;
  };
}

std::optional<int> Settings::read(int argc, char** argv) {
  using examples::text;
  const auto take_url = [this](const std::vector<std::string_view>& words) -> std::optional<std::string> {
    if (words.size() != 1 || words.front().empty()) return "one URL, such as http://localhost:8080/jobs/demo";
    url = words.front();
    return std::nullopt;
  };
  const examples::Options options(
      "fanfare-watch",
      "Shows how far the jobs at a URL are: bars in a terminal, else lines. Its exit status is 0 when all are complete,\n"
      "1 when one has failed, or when a file or the output cannot be read or written (a --save file that cannot be\n"
      "written any more is only complained of), 2 for wrong options, 3 when it has given up on the connection.",
      {
          {"--topic", "T", "watch this one of the URL's topics; may be given again", one_more(topics)},
          {"--since", "P", "go on from that position, as --json shows it", text(since)},
          {"--json", "", "print each event as a line of JSON", examples::flag(json)},
          {"--save", "FILE", "keep there how far it is, and go on from there when it is started again", text(save)},
          {"--give-up", "SECONDS", "give up after so long without a connection, to 86400 (0: never)",
           examples::duration(give_up, 0, 86400)},
          {"--header", "FIELD", "send it with each request: 'Authorization: Bearer abc'; may be given again", field(fields)},
          {"--ca", "FILE", "trust these certificate authorities (PEM) instead of the system's", text(ca_file)},
      },
      {"URL", false, take_url});
  return options.parse(argc, argv);
}

std::string Settings::default_name() const {
  if (topics.size() == 1) return topics.front();
  std::string_view rest = url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
  const std::size_t query = rest.find('?');
  // "...?id=job_1" and "...?topic=a" name it.
  for (const std::string_view name : {"id=", "topic="}) {
    std::size_t at = query == std::string_view::npos ? query : rest.find(name, query + 1);
    if (at == std::string_view::npos || (rest[at - 1] != '?' && rest[at - 1] != '&')) continue;
    at += name.size();
    return std::string(rest.substr(at, rest.find_first_of("&#", at) - at));
  }
  rest = rest.substr(0, rest.find_first_of("?#"));
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t slash = rest.rfind('/');
  return std::string(slash == std::string_view::npos ? rest : rest.substr(slash + 1));
}

std::string Settings::subject() const {
  std::string all = url;
  for (const std::string& topic : topics) all += ' ' + topic;
  return all;
}
