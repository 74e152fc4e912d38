#pragma once

#include <fanfare/server/impl/upload_file.hpp>
#include <fanfare/server/server.hpp>
#include <fanfare/server/server_core.hpp>

#include <algorithm>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <tuple>

namespace fanfare {

FANFARE_DECL Server::Server(Broker& broker, ServerOptions options)
    : core_(std::make_shared<detail::ServerCore>(broker.core(), std::move(options))) {
  core_->bind();
}

FANFARE_DECL Server::~Server() { core_->join(); }

FANFARE_DECL void Server::stream(std::string path, StreamOptions options) {
  detail::Route route;
  route.kind = detail::Route::Kind::stream;
  route.pattern = std::move(path);
  route.stream = std::move(options);
  core_->mount(std::move(route));
}

FANFARE_DECL void Server::get(std::string path, Hook<Response> handler) {
  detail::Route route;
  route.pattern = std::move(path);
  route.handler = std::move(handler);
  core_->mount(std::move(route));
}

FANFARE_DECL void Server::post(std::string path, Hook<Response> handler, BodyOptions options) {
  detail::Route route;
  route.method = "POST";
  route.pattern = std::move(path);
  route.handler = std::move(handler);
  route.max_body_bytes = options.max_bytes;
  if (!options.upload_dir.empty()) route.upload_dir = detail::check_upload_dir(route.pattern, options.upload_dir);
  core_->mount(std::move(route));
}

FANFARE_DECL void Server::files(std::string path, std::string directory) {
  if (!std::filesystem::is_directory(directory)) {
    throw std::invalid_argument("files '" + path + "': '" + directory + "' is not a folder");
  }
  detail::Route route;
  route.kind = detail::Route::Kind::files;
  route.pattern = std::move(path);
  route.directory = std::move(directory);
  core_->mount(std::move(route));
}

FANFARE_DECL void Server::start() { core_->start(); }
FANFARE_DECL void Server::drain(std::chrono::milliseconds window) { core_->drain(window); }
FANFARE_DECL void Server::stop() { core_->stop(); }
FANFARE_DECL void Server::wait() { core_->wait(); }
FANFARE_DECL std::uint16_t Server::port() const noexcept { return core_->port(); }

FANFARE_DECL std::string Server::url() const {
  const std::string& address = core_->options().address;
  const std::string host = address == "0.0.0.0" || address == "::"               ? "localhost"
                           : address.find(':') != std::string::npos ? "[" + address + "]"
                                                                                 : address;
  return "http://" + host + ":" + std::to_string(port()) + "/";
}

FANFARE_DECL std::vector<ConnectionInfo> Server::connections() const {
  auto rows = core_->census().take(std::chrono::seconds(1));
  std::sort(rows.begin(), rows.end(), [](const ConnectionInfo& a, const ConnectionInfo& b) {
    return std::tie(a.created, a.id) < std::tie(b.created, b.id);
  });
  return rows;
}

FANFARE_DECL Stream Server::open(Request request) {
  const auto match = core_->router().find(request.method, request.path());
  Admission admission;
  std::vector<TransportFactory> transports{sse()};
  if (!match.route || match.route->kind != detail::Route::Kind::stream) {
    admission = Admission::refuse(404, "no stream at " + std::string(request.path()));
  } else {
    request.params = match.params;
    detail::name_topics(request);
    auto promise = std::make_shared<std::promise<std::optional<Admission>>>();
    auto answer = promise->get_future();
    {
      const Reply<Admission> reply([promise](std::optional<Admission> given) { promise->set_value(std::move(given)); });
      try {
        core_->decide(*match.route, request, reply);
      } catch (...) {
        reply(Admission::refuse(500, "the admission hook failed"));
      }
    }  // a hook that kept no copy has answered now
    const bool in_time = answer.wait_for(core_->options().hook_timeout) == std::future_status::ready;
    auto given = in_time ? answer.get() : std::nullopt;
    admission = given ? *std::move(given) : Admission::refuse(503, "the admission hook gave no answer");
    transports = core_->transports(*match.route);
  }
  const auto first_that_serves = [transports](const Request& asked) -> std::unique_ptr<Transport> {
    for (const auto& factory : transports) {
      if (auto transport = factory(asked)) return transport;
    }
    return nullptr;
  };
  return {core_->broker(), first_that_serves, std::move(request), std::move(admission)};
}

}  // namespace fanfare
