/// Router: which handler serves a path. Literal segments win over {names}, file folders come last.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/server/server.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// What is mounted on one path for one method.
struct Route {
  enum class Kind { stream, handler, files };

  Kind kind = Kind::handler;
  std::string method = "GET";
  std::string pattern;
  std::vector<std::string> segments;  // "{name}" as written
  StreamOptions stream = {};
  Hook<Response> handler = {};
  std::size_t max_body_bytes = 0;
  std::string upload_dir = {};  // absolute; empty: bodies are held in memory
  std::string directory = {};
};

/// Thread: filled before the server starts, then read by all.
class Router {
 public:
  /// Throws std::logic_error: a malformed pattern, or one that is mounted already for the method.
  void add(Route route);

  struct Match {
    const Route* route = nullptr;   ///< null: see status
    int status = 404;               ///< 400 malformed path, 404, 405
    std::string allow = {};         ///< for 405
    std::vector<HttpField> params = {};
    std::vector<std::string> rest = {};  ///< below a file folder
  };
  /// HEAD is served by GET routes that are no streams.
  Match find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

/// Adds what a matched request asks for to its topics: what {topic} matched, what {topics} matched, cut at
/// commas (so a name with a comma needs {topic}), then `?topic=`. Leaves out empty names and those that are
/// there already; at most 1024.
void name_topics(Request& request);

}  // namespace fanfare::detail
