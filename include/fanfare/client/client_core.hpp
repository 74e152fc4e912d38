/// ClientCore: the life of a client: asks, reads, notices silence, waits, goes on where it was. Has no
/// sockets, no clock and no thread of its own.
#pragma once

#include <fanfare/client/backoff.hpp>
#include <fanfare/client/client_options.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/client/receiver.hpp>
#include <fanfare/config.hpp>
#include <fanfare/core/clock.hpp>
#include <fanfare/wire/url.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::detail {

/// Who a ClientCore works for. What it calls may not call it back.
class ClientHost {
 public:
  virtual ~ClientHost() = default;
  /// @param position  of who has handled the event; none: as before; empty: none is valid any more
  /// @return          false: no more for now, until ClientCore::resume. A few may still come, of what was
  /// read already
  virtual bool on_event(Event event, std::optional<std::string> position) = 0;
  /// The same without an event.
  virtual void on_position(std::string position) = 0;
  /// After ended and gave_up nothing follows.
  virtual void on_link(Link link, std::error_code why) = 0;
  virtual void on_problem(Problem problem) = 0;
  /// What carries the events, and whether ClientCore::say has a way.
  virtual void on_transport(ClientTransport transport, bool can_say) = 0;
};

/// Thread: its network's loop. Lifetime: network, clock and host outlast it.
class ClientCore final : private NetworkEvents, private ReceiverSink {
 public:
  /// @param options  within their ranges; `random` is set
  ClientCore(wire::Url url, ClientOptions options, Network& network, const Clock& clock, ClientHost& host);
  FANFARE_DECL ~ClientCore() override;

  void start();
  /// Closes the connection. Nothing is called any more.
  void stop();
  /// There is room again.
  void resume();
  /// Says something over WebSocket; if there is no way any more, on_problem tells.
  void say(std::string_view text);
  /// When the network's timer is due; any other time does no harm.
  void on_timer();

  /// Events that came a second time and were dropped.
  std::uint64_t duplicates() const noexcept { return duplicates_; }

 private:
  enum class Stage : std::uint8_t {
    idle,
    opening,  ///< asked, no head yet
    open,
    pausing,  ///< between two long-polls
    waiting,  ///< before the next try
    over,
  };

  // Connecting.
  void connect();
  void ask();
  void redirect(std::string_view location);
  void opened();
  void ask_next();
  void failed_to_open(std::error_code why, std::chrono::milliseconds wait);
  void unsuitable(std::error_code why);
  bool next_transport();
  ClientTransport transport() const noexcept { return options_.transports[transport_]; }

  // Losing it, and the end.
  void settle(const AnswerEnd& ending);
  void outgrown(std::error_code why);
  void lose(std::error_code why, std::chrono::milliseconds wait = {});
  void conclude(Link link, std::error_code why);
  void close();
  void set_link(Link link, std::error_code why = {});

  // Time.
  void arm();
  void look_for_silence();
  std::chrono::nanoseconds silence_limit() const noexcept;
  std::optional<SteadyTime> give_up_at() const noexcept;

  // From the network.
  FANFARE_DECL void on_head(const wire::HttpResponseHead& head) override;
  FANFARE_DECL void on_bytes(std::string_view bytes) override;
  FANFARE_DECL void on_end(std::error_code why) override;

  // From the receiver.
  FANFARE_DECL void on_event(Incoming&& incoming) override;
  FANFARE_DECL void on_position(std::string_view id) override;
  FANFARE_DECL void on_heartbeat(std::chrono::milliseconds interval) override;
  FANFARE_DECL void on_beat() override;
  FANFARE_DECL void on_retry(std::chrono::milliseconds wait) override;
  FANFARE_DECL void on_problem(Problem problem) override;
  FANFARE_DECL void on_reply(std::string_view bytes) override;
  bool is_reset(const Incoming& incoming) const;

  const wire::Url url_;
  const ClientOptions options_;
  Network& network_;
  const Clock& clock_;
  ClientHost& host_;
  EventMaker events_;
  Backoff backoff_;

  Stage stage_ = Stage::idle;
  Link link_ = Link::connecting;
  std::size_t transport_ = 0;       // index into the options' transports
  std::vector<bool> unsuitable_;    // of them, since a connection came about
  std::error_code unsuitable_why_;  // of the first
  unsigned open_failures_ = 0;      // of this transport in a row
  wire::Url at_;                    // where url_ was redirected to
  unsigned redirects_ = 0;
  std::unique_ptr<Receiver> receiver_;  // before the exchange, whose end it must see
  std::unique_ptr<Exchange> exchange_;

  SteadyTime deadline_ = SteadyTime::max();  // what it is for says the stage
  SteadyTime asked_at_{}, opened_at_{}, heard_at_{}, heard_before_{}, lost_since_{};
  std::error_code last_error_;
  std::chrono::milliseconds server_wait_{0};  // before coming back
  std::chrono::nanoseconds heartbeat_{0};     // what is expected; 0: none
  std::chrono::nanoseconds longest_gap_{0};   // that a beat ended, on this connection
  unsigned beats_ = 0;
  bool told_heartbeat_ = false;
  bool any_bytes_ = false;
  bool paused_ = false;
  std::uint64_t answered_events_ = 0;  // in this answer

  std::string resume_;            // the position to go on from
  std::string outgrown_at_;       // the same, when something was larger than allowed
  unsigned outgrown_ = 0;         // so often in a row
  std::optional<Position> last_;  // the same, if it is one of fanfare
  std::uint64_t duplicates_ = 0;
};

}  // namespace fanfare::detail
