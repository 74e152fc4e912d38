/// StreamCore: a Transport joined to a Replay: what one client still has to get, in order, at most one
/// image unfinished. Rides in a cohort while it keeps up. What the built-in server pumps to a socket.
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
  /// Calls StreamCore::on_writable once the peer is ready for more.
  virtual void wait_writable() = 0;
  /// Everything up to the transport's last bytes has been taken.
  virtual void on_finished() = 0;
  /// The connection broke during a send; the stream has left its cohort and wants nothing more.
  virtual void on_gone() = 0;
};

/// Thread: its shard's. Lifetime: sink and shard outlast it.
class StreamCore final : public Member, private Subscriber, private WheelEntry {
 public:
  /// @param opening  one that streams
  StreamCore(ShardCore& shard, Sink& sink, Opening opening);
  FANFARE_DECL ~StreamCore() override;

  /// Sends the head and what is due, then joins its cohort.
  void start();
  void on_writable();
  /// Ends the stream once the image under way is complete.
  void say_goodbye(Goodbye goodbye);

  bool finished() const noexcept { return phase_ == Phase::finished; }
  /// Bytes or events wait for the peer to take them.
  bool behind() const noexcept { return waiting_writable_; }

  // Member
  FANFARE_DECL std::size_t write(std::string_view bytes) noexcept override;
  FANFARE_DECL void fell_short(Replay replay, ImageRef image, std::size_t offset) override;
  FANFARE_DECL Level level_with(std::uint64_t at) override;
  FANFARE_DECL void beat() override;
  FANFARE_DECL void ended() override;

 private:
  enum class Phase : std::uint8_t { streaming, ending, finished };
  enum class Progress : std::uint8_t { idle, blocked, gone };
  struct Batch;

  FANFARE_DECL bool carries(std::string_view tag) const noexcept override;
  Listener* note_end(std::error_code) noexcept override { return nullptr; }
  void end(std::error_code why) override { say_goodbye({why, {}}); }
  void on_deadline() override { say_goodbye({make_error_code(Error::admission_expired), {}}); }

  Progress pump(std::uint64_t limit);
  void gather(Batch& batch, std::uint64_t limit);
  void gather_opening(Batch& batch);
  void settle(Batch& batch, std::size_t taken);
  void after(Progress progress);
  void begin_end(Goodbye goodbye);
  void connection_gone() noexcept;
  void set_position();

  ShardCore& shard_;
  Sink& sink_;
  const std::unique_ptr<Transport> transport_;
  std::optional<Replay> replay_;  // its own position; none while it rides in a cohort
  SelectionRef selection_;
  ImageRef unfinished_;           // sent up to offset_
  std::size_t offset_ = 0;
  std::string out_;               // whole blocks of its own: head, opening, beats, the end; sent up to out_sent_
  std::size_t out_sent_ = 0;
  Phase phase_ = Phase::streaming;
  bool waiting_writable_ = false;
  bool lagging_ = false;
};

}  // namespace fanfare::detail
