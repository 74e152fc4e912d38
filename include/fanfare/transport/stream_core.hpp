/// StreamCore: a Transport joined to a Replay: what one client still has to get, in order, at most one
/// image unfinished. Rides in a cohort while it keeps up. What the built-in server pumps to a socket.
/// Sending is in impl/stream_core.ipp, what the client says in impl/stream_intake.ipp.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/cohort.hpp>
#include <fanfare/transport/opening.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Where a stream's bytes go: a socket that takes what it can at once.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Sends the pieces in order. Returns how many bytes were taken, less than all when the peer is not
  /// ready for more, Member::gone when the connection broke.
  virtual std::size_t send(std::span<const std::string_view> pieces) noexcept = 0;
  /// The same for one piece, as it is for all who keep up.
  virtual std::size_t send(std::string_view bytes) noexcept { return send({&bytes, 1}); }
  /// Calls StreamCore::on_writable once the peer is ready for more.
  virtual void wait_writable() = 0;
  /// Everything up to the transport's last bytes has been taken.
  virtual void on_finished() = 0;
  /// The connection broke during a send; the stream has left its cohort and wants nothing more.
  virtual void on_gone() = 0;
  /// The client wants further topics: the host is to be asked about all of `topics`, then
  /// StreamCore::on_admission called, once, not before this has returned.
  virtual void admit(std::vector<std::string> topics, const Wanted& wanted) = 0;
  /// The client steers, and may.
  virtual std::error_code command(const Command& command) = 0;
};

/// What a host's format, state or transport throws from within a stream that has started ends this stream: the
/// broker's log says what, and the sink is told that it is gone.
/// Thread: its shard's. Lifetime: sink and shard outlast it.
class StreamCore final : private Subscriber, public Member {
 public:
  /// @param opening  one that streams
  StreamCore(ShardCore& shard, Sink& sink, Opening opening);
  FANFARE_DECL ~StreamCore() override;

  /// Sends the head and what is due, then joins its cohort. What is thrown meanwhile reaches the caller.
  void start();
  void on_writable();
  /// Ends the stream once the image under way is complete.
  void say_goodbye(Goodbye goodbye);
  /// Bytes from the client.
  void receive(std::string_view bytes);
  /// What the host decided about the topics that Sink::admit was called with; none: it gave no answer.
  void on_admission(BrokerCore& broker, std::optional<Admission> admission);

  bool finished() const noexcept { return phase_ == Phase::finished; }
  /// Bytes or events wait for the peer to take them.
  bool behind() const noexcept { return waiting_writable_; }
  /// Up to where its client has the log, in numbers, for overviews; the largest once nothing is owed any more.
  std::uint64_t at() const noexcept { return reads() ? own_->replay->at() : in_cohort() ? cohort()->at(*this) : UINT64_MAX; }
  const Selection& selection() const noexcept { return *selection_; }
  /// So much waits for a client that talks but does not read that it is not to be listened to for now.
  bool clogged() const noexcept { return waiting_writable_ && own_ && own_->out.size() - own_->out_sent > max_replies; }

  // Member
  FANFARE_DECL std::size_t write(std::string_view bytes) noexcept override;
  FANFARE_DECL void fell_short(Replay replay, ImageRef image, std::size_t offset) override;
  FANFARE_DECL Level level_with(std::uint64_t at) override;
  FANFARE_DECL void beat() override;
  FANFARE_DECL void ended() override;
  FANFARE_DECL void failed() override;
  FANFARE_DECL void joined(const SelectionRef& selection, const wire::Checksum& sum) override;
  FANFARE_DECL void passed(const wire::Checksum& sum) override;

 private:
  /// ending: the last bytes are under way; closing: they were sent, the client is to confirm.
  enum class Phase : std::uint8_t { streaming, ending, closing, finished };
  /// more: it has been at it for long enough, others shall get their turn.
  enum class Progress : std::uint8_t { idle, blocked, gone, more };
  struct Batch;
  class Talk;
  static constexpr std::size_t max_replies = 16 << 10;  // bytes of them that wait

  /// What a stream has of its own while it does not ride in a cohort with nothing left to say.
  struct Own final : Deferred {
    explicit Own(StreamCore& owner) noexcept : stream(owner) {}
    void work() override { stream.go_on_reading(); }

    StreamCore& stream;
    std::optional<Replay> replay;  // its own position; none while it rides
    ImageRef unfinished;           // sent up to offset
    std::size_t offset = 0;
    std::string out;               // whole blocks: head, opening, replies, beats, the end; sent up to out_sent
    std::size_t out_sent = 0;
    std::vector<Wanted> wanted;    // the host is asked about the first of them
  };
  /// For an admission that expires, or a client that is to confirm the end; most have none.
  struct Timer final : WheelEntry {
    explicit Timer(StreamCore& owner) noexcept : stream(owner) {}
    void on_deadline() override { stream.on_time(); }

    StreamCore& stream;
  };
  Own& own() {
    if (!own_) own_ = std::make_unique<Own>(*this);
    return *own_;
  }
  bool reads() const noexcept { return own_ && own_->replay; }
  /// In its cohort and served by it, not merely waiting to come in.
  bool rides() const noexcept { return in_cohort() && !reads(); }
  void sum_from(const wire::Checksum& sum);
  void tidy() noexcept {
    if (own_ && !own_->replay && !own_->unfinished && own_->out.empty() && own_->wanted.empty()) own_.reset();
  }

  FANFARE_DECL bool carries(std::string_view tag) const noexcept override;
  Listener* note_end(std::error_code) noexcept override { return nullptr; }
  void end(std::error_code why) override { say_goodbye({why, {}}); }
  void on_time();
  void set_timer(SteadyTime when);

  Progress pump(std::uint64_t limit);
  bool enough_for_now(int batches, std::uint64_t limit) const noexcept;
  void gather(Batch& batch, std::uint64_t limit);
  void gather_opening(Batch& batch);
  const Span& lay_out(const Batch& batch, std::uint64_t limit);
  void settle(Batch& batch, std::size_t taken);
  void settle_span(const Batch& batch, std::size_t taken);
  /// Of its own blocks.
  std::string_view unsent() const noexcept;
  void after(Progress progress);
  void append(const std::vector<Event>& events);
  void count_sent(const Image& image);
  void begin_end(Goodbye goodbye);
  void await_confirmation();
  void finish();
  Level level(std::uint64_t at);
  void pass_on(const wire::Checksum& sum);
  void hear(std::string_view bytes);
  void take_admission(BrokerCore& broker, std::optional<Admission> admission);
  void leave_with(Goodbye goodbye);
  void connection_gone() noexcept;
  void fail() noexcept;
  template <class Act>
  void guarded(Act&& act) noexcept {
    try {
      act();
    } catch (...) {
      fail();
    }
  }
  void set_position();
  void expire_at(WallTime time);
  bool send_out();
  void step_out();
  void go_on();
  void go_on_reading();

  // what the client says
  void want(Wanted wanted);
  void ask_next();
  Subscribed apply(BrokerCore& broker, const Wanted& wanted, Admission admission, std::vector<Event>& first);
  bool watches(std::string_view topic) const noexcept;
  bool unsubscribe(std::string_view topic);

  Sink& sink_;  // first, beside the Member: a delivery touches these two and nothing else of it
  ShardCore& shard_;
  std::unique_ptr<Transport> own_transport_;  // null: shared with others of its kind
  Transport* transport_;
  SelectionRef selection_;
  std::unique_ptr<Own> own_;
  std::unique_ptr<Timer> timer_;
  std::unique_ptr<wire::Checksum> joined_;  // the cohort's sum up to which this client's is told
  Phase phase_ = Phase::streaming;
  bool waiting_writable_ = false;
  bool lagging_ = false;
  bool may_command_ = false;
};

}  // namespace fanfare::detail
