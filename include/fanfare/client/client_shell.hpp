/// ClientShell: what a Client handle points to: its core, the host's handlers, and the thread or loop that
/// they run on.
#pragma once

#include <fanfare/client/client_core.hpp>
#include <fanfare/client/client_options.hpp>
#include <fanfare/client/handlers.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/topic.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

namespace fanfare::detail {

/// Thread: as Client.
class ClientShell final : private ClientHost {
 public:
  using NextHandler = std::function<void(std::error_code, Event)>;

  ClientShell(std::string_view url, ClientOptions options, std::unique_ptr<Network> network);
  FANFARE_DECL ~ClientShell() override;
  ClientShell(const ClientShell&) = delete;
  ClientShell& operator=(const ClientShell&) = delete;

  /// Throws std::logic_error after start.
  Handlers& handlers();
  void set_link_handler(std::function<void(Link, std::error_code)> handler);
  void set_problem_handler(std::function<void(const Problem&)> handler);

  void start();
  std::error_code run();
  void stop();
  std::error_code send(const Command& command);
  void next(NextHandler done);

  std::string position() const;
  Link link() const;
  ClientTransport transport() const;

 private:
  /// An event that waits for `next`.
  struct Queued {
    Event event;
    std::optional<std::string> position;
  };
  /// What a manual clock calls; cut off before the network goes.
  struct ClockWatch {
    std::mutex mutex;
    ClientShell* shell = nullptr;
  };

  bool own_loop() const noexcept { return options_.loop.io_context() == nullptr; }
  void check_not_begun() const;
  void post_start();
  void watch_clock();
  void finish(std::error_code result);
  void move_to(const std::string& position);
  void enqueue(Event event, std::optional<std::string> position);
  bool has_room();
  /// Of the events that wait for `next`.
  std::size_t max_queued_bytes() const noexcept { return 8 * options_.max_event_bytes; }
  void report(Problem problem) noexcept;

  // From the core, on the loop.
  FANFARE_DECL bool on_event(Event event, std::optional<std::string> position) override;
  FANFARE_DECL void on_position(std::string position) override;
  FANFARE_DECL void on_link(Link link, std::error_code why) override;
  FANFARE_DECL void on_problem(Problem problem) override;
  FANFARE_DECL void on_transport(ClientTransport transport, bool can_say) override;

  const ClientOptions options_;
  const Clock& clock_;
  Handlers handlers_;
  std::function<void(Link, std::error_code)> on_link_;
  std::function<void(const Problem&)> on_problem_;
  std::shared_ptr<ClockWatch> clock_watch_;

  std::atomic<bool> stopped_{false};  // no handler is called any more
  std::atomic<bool> can_say_{false};
  std::atomic<std::size_t> unsent_bytes_{0};  // of `send`, not yet on the loop

  mutable std::mutex mutex_;
  std::condition_variable finished_;
  bool begun_ = false, over_ = false;
  std::error_code result_;
  std::string position_;
  Link link_ = Link::connecting;
  ClientTransport transport_ = ClientTransport::sse;
  std::deque<Queued> queue_;
  std::size_t queued_bytes_ = 0;
  bool full_ = false;  // the core was told so
  NextHandler next_;
  std::optional<std::string> taken_;  // the position of the event that `next` gave last

  std::unique_ptr<Network> network_;
  std::unique_ptr<ClientCore> core_;
  std::thread thread_;
};

/// Throws std::invalid_argument, as Client's constructor.
ClientOptions checked(ClientOptions options);
wire::Url checked_url(std::string_view url);

}  // namespace fanfare::detail
