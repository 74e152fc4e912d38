/// A client's core on a scripted network, and what it told.
#pragma once

#include <fanfare/client/client_core.hpp>
#include <fanfare/client/client_options.hpp>

#include "client/scripted_network.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace clients {

/// Writes down what it is told, one line each.
class RecordingHost final : public fanfare::detail::ClientHost {
 public:
  bool on_event(fanfare::Event event, std::optional<std::string> position) override {
    events.push_back(event);
    lines.push_back(std::string(event.type()) + ' ' + std::string(event.json()) +
                    (position ? " @" + *position : std::string()));
    return --room > 0;
  }
  void on_position(std::string position) override { lines.push_back('@' + position); }
  void on_link(fanfare::Link link, std::error_code why) override {
    links.push_back(link);
    error = why;
  }
  void on_problem(fanfare::Problem problem) override { problems.push_back(std::move(problem)); }
  void on_transport(fanfare::ClientTransport now, bool say) override { transport = now, can_say = say; }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
  fanfare::Link link() const { return links.back(); }

  std::vector<fanfare::Event> events;
  std::vector<std::string> lines;
  std::vector<fanfare::Link> links;
  std::vector<fanfare::Problem> problems;
  std::error_code error;
  fanfare::ClientTransport transport = fanfare::ClientTransport::sse;
  bool can_say = false;
  long room = 1'000'000;
};

/// Started, and asking for its first connection. The jitter is always one half of what it may be.
struct Following {
  explicit Following(fanfare::ClientOptions options = {}, std::string_view url_text = "http://host/events")
      : network(clock) {
    fanfare::wire::Url url;
    REQUIRE_FALSE(fanfare::wire::parse_url(url_text, url));
    if (!options.random) options.random = [] { return 0.5; };
    core = std::make_unique<fanfare::detail::ClientCore>(url, std::move(options), network, clock, host);
    network.on_timer([this] { core->on_timer(); });
    core->start();
  }

  std::string target() const { return network.asked.back().url.target; }
  std::string url() const { return network.asked.back().url.text(); }

  fanfare::ManualClock clock;
  ScriptedNetwork network;
  RecordingHost host;
  std::unique_ptr<fanfare::detail::ClientCore> core;
};

inline const std::string epoch = "aaaaaaaaaaaab";  ///< of positions of fanfare

/// An event of fanfare as it stands in an event stream.
inline std::string sse_event(std::uint64_t n, std::string_view type = "note", std::string_view data = "{}") {
  const std::string id = epoch + '.' + std::to_string(n);
  return "id: " + id + "\nevent: " + std::string(type) + "\ndata: {\"topic\":\"t\",\"id\":\"" + id +
         "\",\"seq\":" + std::to_string(n) + ",\"type\":\"" + std::string(type) +
         "\",\"data\":" + std::string(data) + "}\n\n";
}

}  // namespace clients
