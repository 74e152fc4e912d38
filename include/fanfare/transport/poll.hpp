/// Poll: one client that waits for one answer: a Transport that gathers, joined to a Replay. Not a member of
/// any cohort: it is gone with the first event. What the built-in server waits on.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/fanout/pacing.hpp>
#include <fanfare/core/fanout/shard_core.hpp>
#include <fanfare/transport/opening.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

namespace fanfare::detail {

/// What is kept of an Opening to say where the answer stands.
struct GatheringStart {
  std::size_t before = 0;      ///< events that go before every answer
  std::uint64_t at = 0;        ///< where the replay stood before it read anything
  std::uint64_t progress = 0;  ///< Opening::progress
  bool resumed = false;
};
GatheringStart gathering_start(const Opening& opening) noexcept;

/// The answer's contents. Their position is `now`, but for who starts fresh that of the last event, so that it
/// stays the same while nothing happens to these topics, whatever happens to others; and none (n is 0) for who
/// starts anew, when something was committed since the state was read: it may belong to the one or the other.
Gathered gathered(const Transport& transport, const GatheringStart& start, const Selection& selection,
                  const std::vector<Event>& events, Position now);

/// Whether there is something to answer with. What goes before every answer (a greeting, topics that are not
/// there) is no news to who resumes: it would never wait.
bool worth_answering(const std::vector<Event>& events, const GatheringStart& start) noexcept;

/// Thread: its shard's. Lifetime: the shard outlasts it; it may be destroyed at any time, also from within its
/// callback, and then calls nobody any more.
class Poll final : private Listener, private Subscriber, private WheelEntry {
 public:
  /// Called once, at the earliest in `start`.
  using Done = std::function<void(Response)>;

  /// @param opening  one whose transport gathers
  Poll(ShardCore& shard, Opening opening, Done done);
  FANFARE_DECL ~Poll() override;

  /// Answers at once when there is something to answer with, else as soon as there is, or when the wait is over.
  void start();
  /// Answers now, with what there is.
  void answer_now();

  const Selection& selection() const noexcept { return *replay_.selection(); }
  std::uint64_t at() const noexcept { return replay_.at(); }

 private:
  FANFARE_DECL bool on_ready(Slice& slice) override;
  FANFARE_DECL bool carries(std::string_view tag) const noexcept override;
  Listener* note_end(std::error_code why) noexcept override {
    end_ = why;
    return this;
  }
  FANFARE_DECL void on_deadline() override;

  void look(bool last_chance);
  std::optional<Response> answer_by_now(bool last_chance);
  void read(bool last_chance);
  void schedule();
  Response made() const;
  void conclude(Response response);
  bool expired() const noexcept;

  ShardCore& shard_;
  const GatheringStart start_;
  const std::unique_ptr<Transport> transport_;
  Replay replay_;
  std::vector<Event> events_;
  const WallTime expires_;
  SteadyTime deadline_;
  Pacing pacing_;
  Done done_;                     // empty once called
  std::error_code end_;
};

}  // namespace fanfare::detail
