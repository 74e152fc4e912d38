#pragma once

#include <fanfare/client/client_shell.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <stdexcept>
#include <utility>

namespace fanfare::detail {

/// Commands under way from `send` to the loop.
inline constexpr std::size_t max_unsent_bytes = 1 << 20;

FANFARE_DECL ClientShell::ClientShell(std::string_view url, ClientOptions options,
                                      std::unique_ptr<Network> network)
    : options_(std::move(options)),
      clock_(options_.clock ? *options_.clock : Clock::system()),
      position_(options_.since),
      network_(std::move(network)) {
  if (!options_.transports.empty()) transport_ = options_.transports.front();
  ClientOptions inner = options_;
  if (!inner.random) inner.random = system_random();
  ClientHost& host = *this;
  core_ = std::make_unique<ClientCore>(checked_url(url), std::move(inner), *network_, clock_, host);
  network_->on_timer([this] { core_->on_timer(); });
  watch_clock();
}

FANFARE_DECL ClientShell::~ClientShell() {
  if (clock_watch_) {
    const std::lock_guard lock(clock_watch_->mutex);
    clock_watch_->shell = nullptr;
  }
  stop();
  if (thread_.joinable()) thread_.join();
  core_->stop();
  finish(std::make_error_code(std::errc::operation_canceled));
  core_.reset();
  network_.reset();
}

/// With a manual clock time passes only when somebody says so, and the network's timer waits for another
/// time.
FANFARE_DECL void ClientShell::watch_clock() {
  if (!clock_.manual()) return;
  clock_watch_ = std::make_shared<ClockWatch>();
  clock_watch_->shell = this;
  clock_.on_advance(clock_watch_, [watch = std::weak_ptr(clock_watch_)] {
    const auto held = watch.lock();
    if (!held) return;
    const std::lock_guard lock(held->mutex);
    if (held->shell) held->shell->network_->post([shell = held->shell] { shell->core_->on_timer(); });
  });
}

FANFARE_DECL void ClientShell::check_not_begun() const {
  const std::lock_guard lock(mutex_);
  if (begun_) throw std::logic_error("client: handlers are set before start() and run()");
}

FANFARE_DECL Handlers& ClientShell::handlers() {
  check_not_begun();
  return handlers_;
}
FANFARE_DECL void ClientShell::set_link_handler(std::function<void(Link, std::error_code)> handler) {
  check_not_begun();
  on_link_ = std::move(handler);
}
FANFARE_DECL void ClientShell::set_problem_handler(std::function<void(const Problem&)> handler) {
  check_not_begun();
  on_problem_ = std::move(handler);
}

// ---- beginning and end -----------------------------------------------------------------------------

/// Twice does no harm: it was posted in vain when there was no thread to run it.
FANFARE_DECL void ClientShell::post_start() {
  network_->post([this] {
    if (!stopped_) core_->start();
  });
}

FANFARE_DECL void ClientShell::start() {
  const std::lock_guard lock(mutex_);
  if (begun_ || over_) return;
  post_start();
  if (own_loop()) thread_ = std::thread([this] { network_->run(); });
  begun_ = true;
}

FANFARE_DECL std::error_code ClientShell::run() {
  std::unique_lock lock(mutex_);
  if (!begun_ && !over_) {
    post_start();
    begun_ = true;
    lock.unlock();
    if (own_loop()) network_->run();
    lock.lock();
  }
  finished_.wait(lock, [this] { return over_; });
  return result_;
}

FANFARE_DECL void ClientShell::stop() {
  stopped_ = true;
  bool running;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    running = begun_;
    begun_ = true;  // there is no start any more
  }
  const auto canceled = std::make_error_code(std::errc::operation_canceled);
  if (!running) return finish(canceled);
  network_->post([this, canceled] {
    core_->stop();
    finish(canceled);
  });
}

FANFARE_DECL void ClientShell::finish(std::error_code result) {
  NextHandler next;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    result_ = result;
    next = std::exchange(next_, {});
  }
  can_say_ = false;
  if (next) next(result ? result : make_error_code(Error::topic_finished), Event());
  if (own_loop()) network_->stop();
  finished_.notify_all();
}

// ---- what the core tells ---------------------------------------------------------------------------

FANFARE_DECL bool ClientShell::on_event(Event event, std::optional<std::string> position) {
  if (stopped_) return true;
  if (handlers_.none()) {
    enqueue(std::move(event), std::move(position));
    return has_room();
  }
  handlers_.call(event, [&](Handled handled) {
    report({handled.error, std::string(event.type()) + ": " + handled.detail, event});
  });
  if (position) move_to(*position);
  return true;
}

FANFARE_DECL void ClientShell::on_position(std::string position) {
  if (stopped_) return;
  {
    const std::lock_guard lock(mutex_);
    if (!queue_.empty()) {
      queue_.back().position = std::move(position);
      return;
    }
    if (taken_) {  // the one who took the last event may still be busy with it
      taken_ = std::move(position);
      return;
    }
  }
  move_to(position);
}

FANFARE_DECL void ClientShell::move_to(const std::string& position) {
  {
    const std::lock_guard lock(mutex_);
    position_ = position;
  }
  if (!options_.save) return;
  try {
    options_.save(position);
  } catch (const std::exception& thrown) {
    report({make_error_code(Error::handler_failed), std::string("save: ") + thrown.what()});
  } catch (...) {
    report({make_error_code(Error::handler_failed), "save"});
  }
}

FANFARE_DECL void ClientShell::on_link(Link link, std::error_code why) {
  {
    const std::lock_guard lock(mutex_);
    link_ = link;
  }
  if (on_link_ && !stopped_) {
    try {
      on_link_(link, why);
    } catch (const std::exception& thrown) {
      report({make_error_code(Error::handler_failed), std::string("on_link: ") + thrown.what()});
    } catch (...) {
      report({make_error_code(Error::handler_failed), "on_link"});
    }
  }
  if (link == Link::ended || link == Link::gave_up) finish(why);
}

FANFARE_DECL void ClientShell::on_problem(Problem problem) {
  report(std::move(problem));
}

FANFARE_DECL void ClientShell::report(Problem problem) noexcept {
  if (!on_problem_ || stopped_) return;
  try {
    on_problem_(problem);
  } catch (...) {
    return;  // there is nobody left to tell
  }
}

FANFARE_DECL void ClientShell::on_transport(ClientTransport transport, bool can_say) {
  can_say_ = can_say;
  const std::lock_guard lock(mutex_);
  transport_ = transport;
}

// ---- the next event --------------------------------------------------------------------------------

FANFARE_DECL void ClientShell::enqueue(Event event, std::optional<std::string> position) {
  NextHandler next;
  {
    const std::lock_guard lock(mutex_);
    if (!next_) {
      queued_bytes_ += event.json().size();
      queue_.push_back({std::move(event), std::move(position)});
      return;
    }
    next = std::exchange(next_, {});
    taken_ = std::move(position);
  }
  next({}, std::move(event));
}

FANFARE_DECL bool ClientShell::has_room() {
  const std::lock_guard lock(mutex_);
  // Stays so until `next` lets the core go on: some more may come meanwhile.
  if (queue_.size() >= options_.max_queued_events || queued_bytes_ >= max_queued_bytes()) full_ = true;
  return !full_;
}

FANFARE_DECL void ClientShell::next(NextHandler done) {
  std::optional<std::string> handled;
  {
    std::unique_lock lock(mutex_);
    if (next_) {
      lock.unlock();
      return done(std::make_error_code(std::errc::operation_in_progress), Event());
    }
    handled = std::exchange(taken_, {});
  }
  if (handled) move_to(*handled);

  std::unique_lock lock(mutex_);
  if (next_) {  // another thread came in between
    lock.unlock();
    return done(std::make_error_code(std::errc::operation_in_progress), Event());
  }
  if (queue_.empty()) {
    if (!over_) {
      next_ = std::move(done);
      return;
    }
    const std::error_code result = result_ ? result_ : make_error_code(Error::topic_finished);
    lock.unlock();
    return done(result, Event());
  }
  Queued first = std::move(queue_.front());
  queue_.pop_front();
  taken_ = std::move(first.position);
  queued_bytes_ -= first.event.json().size();
  const bool half_empty = full_ && !over_ && queue_.size() <= options_.max_queued_events / 2 &&
                          queued_bytes_ <= max_queued_bytes() / 2;
  if (half_empty) full_ = false;
  lock.unlock();
  if (half_empty) network_->post([this] { core_->resume(); });
  done({}, std::move(first.event));
}

// ---- the rest --------------------------------------------------------------------------------------

FANFARE_DECL std::error_code ClientShell::send(const Command& command) {
  if (validate_json(command.data.text.empty() ? "null" : command.data.text))
    return make_error_code(Error::invalid_json);
  if (!can_say_) {
    const bool connected = link() == Link::connected;
    return std::make_error_code(connected ? std::errc::operation_not_supported : std::errc::not_connected);
  }
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("type", "command").member("topic", command.topic).member("name", command.name);
  json.key("data").raw(command.data.text.empty() ? "null" : command.data.text).end_object();
  const std::size_t bytes = text.size();
  if (unsent_bytes_.fetch_add(bytes) + bytes > max_unsent_bytes) {
    unsent_bytes_ -= bytes;
    return make_error_code(Error::too_long);
  }
  network_->post([this, bytes, text = std::move(text)] {
    unsent_bytes_ -= bytes;
    core_->say(text);
  });
  return {};
}

FANFARE_DECL std::string ClientShell::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}
FANFARE_DECL Link ClientShell::link() const {
  const std::lock_guard lock(mutex_);
  return link_;
}
FANFARE_DECL ClientTransport ClientShell::transport() const {
  const std::lock_guard lock(mutex_);
  return transport_;
}

}  // namespace fanfare::detail
