#pragma once

#include <fanfare/client/client.hpp>
#include <fanfare/client/client_request.hpp>
#include <fanfare/client/client_shell.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace fanfare {
namespace detail {

template <class T>
void check_range(std::string_view option, T value, T least, T most) {
  if (value >= least && value <= most) return;
  throw std::invalid_argument("client: " + std::string(option) + " is " + std::to_string(value) +
                              ", which must be " + std::to_string(least) + " to " + std::to_string(most));
}

FANFARE_DECL void check_time(std::string_view option, std::chrono::milliseconds value,
                             std::chrono::milliseconds least, std::chrono::milliseconds most) {
  check_range(std::string(option) + " (ms)", value.count(), least.count(), most.count());
}

FANFARE_DECL ClientOptions checked(ClientOptions options) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds day = 24h;
  check_time("backoff.base", options.backoff.base, 1ms, 1h);
  check_time("backoff.cap", options.backoff.cap, options.backoff.base, day);
  check_time("backoff.stable", options.backoff.stable, 0ms, day);
  check_time("give_up_after", options.give_up_after, 0ms, 365 * day);
  check_time("open_timeout", options.open_timeout, 1ms, 1h);
  check_time("heartbeat", options.heartbeat, 0ms, day);
  constexpr std::size_t least_bytes = 1 << 10, most_bytes = 1 << 30;
  check_range("max_event_bytes", options.max_event_bytes, least_bytes, most_bytes);
  check_range("max_answer_bytes", options.max_answer_bytes, least_bytes, most_bytes);
  check_range("max_queued_events", options.max_queued_events, std::size_t{1}, std::size_t{1'000'000});
  if (!(options.max_rate >= 0 && options.max_rate < 1e9))
    throw std::invalid_argument("client: max_rate must be 0 to 1e9");
  if (!options.since.empty() && !is_usable_id(options.since)) {
    throw std::invalid_argument(
        "client: since holds what no position does: control characters, blanks at an end, or too much");
  }
  for (const auto& [name, value] : options.fields) {
    if (is_free_field(name) && wire::is_field_value(value)) continue;
    throw std::invalid_argument("client: the field '" + name + "' is not allowed, or its value is none");
  }
  auto transports = options.transports;
  std::sort(transports.begin(), transports.end());
  if (std::adjacent_find(transports.begin(), transports.end()) != transports.end()) {
    throw std::invalid_argument("client: a transport comes twice");
  }
  return options;
}

FANFARE_DECL wire::Url checked_url(std::string_view text) {
  wire::Url url;
  if (const std::error_code error = wire::parse_url(text, url)) {
    throw std::invalid_argument("client: '" + std::string(text) + "' is no URL as http://host:port/path (" + error.message() +
                                ")");
  }
#if !defined(FANFARE_WITH_TLS) || !FANFARE_WITH_TLS
  if (url.is_secure()) {
    throw std::invalid_argument("client: '" + std::string(text) +
                                "' needs TLS, and the library was built without FANFARE_WITH_TLS");
  }
#endif
  return url;
}

FANFARE_DECL std::shared_ptr<ClientShell> make_client(std::string_view url, ClientOptions options) {
  options = checked(std::move(options));
  (void)checked_url(url);
  auto network = make_asio_network(options.loop, options.tls);
  return std::make_shared<ClientShell>(url, std::move(options), std::move(network));
}

}  // namespace detail

FANFARE_DECL Client::Client(std::string url, ClientOptions options)
    : shell_(detail::make_client(url, std::move(options))) {}
FANFARE_DECL Client::~Client() = default;

FANFARE_DECL void Client::add(std::string type, detail::EventHandler handler) {
  shell_->handlers().add(std::move(type), std::move(handler));
}
FANFARE_DECL void Client::on_other(std::function<void(const Event&)> handle) {
  shell_->handlers().set_other(std::move(handle));
}
FANFARE_DECL void Client::on_link(std::function<void(Link, std::error_code)> handle) {
  shell_->set_link_handler(std::move(handle));
}
FANFARE_DECL void Client::on_problem(std::function<void(const Problem&)> handle) {
  shell_->set_problem_handler(std::move(handle));
}

FANFARE_DECL void Client::start() {
  shell_->start();
}
FANFARE_DECL std::error_code Client::run() {
  return shell_->run();
}
FANFARE_DECL void Client::stop() {
  shell_->stop();
}
FANFARE_DECL std::error_code Client::send(Command command) {
  return shell_->send(command);
}
FANFARE_DECL std::string Client::position() const {
  return shell_->position();
}
FANFARE_DECL Link Client::link() const {
  return shell_->link();
}
FANFARE_DECL ClientTransport Client::transport() const {
  return shell_->transport();
}
FANFARE_DECL void Client::next(std::function<void(std::error_code, Event)> done) {
  shell_->next(std::move(done));
}

}  // namespace fanfare
