#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/stream_core.hpp>

#include <algorithm>
#include <array>

namespace fanfare::detail {

/// Pieces of one gathered write: Asio hands at most 64 buffers to the kernel.
inline constexpr std::size_t max_pieces = 64;

struct StreamCore::Batch {
  struct Mark {
    ImageRef image;
    std::uint64_t at;  // the position of who has this image
  };
  std::array<std::string_view, max_pieces> pieces;
  std::size_t count = 0, bytes = 0;
  std::vector<Event> events;
  std::vector<Mark> marks;  // of the pieces from first_mark on
  std::size_t first_mark = 0;
  std::uint64_t from = 0;   // the replay's position before the batch was read

  void add(std::string_view piece) noexcept {
    pieces[count++] = piece;
    bytes += piece.size();
  }
  void clear() noexcept {
    count = bytes = 0;
    events.clear();
    marks.clear();
  }
};

FANFARE_DECL StreamCore::StreamCore(ShardCore& shard, Sink& sink, Opening opening)
    : shard_(shard), sink_(sink), transport_(std::move(opening.transport)), replay_(std::move(opening.replay)) {
  selection_ = replay_->selection();
  transport_->open(opening.head, out_);
  for (const Event& event : opening.first) {
    out_ += event.record().image(transport_->format(), event.bare())->bytes();
  }
  shard_.enlist(*this);
  if (opening.expires != WallTime::max()) {
    const auto& clock = *shard_.context().clock;
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(opening.expires - clock.wall());
    shard_.wheel().set(*this, clock.now() + std::clamp<std::chrono::milliseconds>(rest, std::chrono::milliseconds(0),
                                                                                  std::chrono::hours(24 * 365)));
  }
}

FANFARE_DECL StreamCore::~StreamCore() {
  if (in_cohort()) cohort()->leave(*this);
  shard_.delist(*this);
}

FANFARE_DECL bool StreamCore::carries(std::string_view tag) const noexcept {
  return std::binary_search(selection_->audience.begin(), selection_->audience.end(), tag);
}

// ---- on its own: what is left of an image, blocks of its own, then the log ---------------------------

FANFARE_DECL void StreamCore::gather(Batch& batch, std::uint64_t limit) {
  batch.clear();
  if (unfinished_) batch.add(unfinished_->bytes().substr(offset_));
  if (out_sent_ < out_.size()) batch.add(std::string_view(out_).substr(out_sent_));
  batch.first_mark = batch.count;
  if (!replay_ || phase_ != Phase::streaming) return;

  batch.from = replay_->at();
  const bool opening = replay_->opening();
  // Room for a `skipped` block before each event and one after the last.
  const ReadBudget budget{(max_pieces - batch.count) / 2 - 1, 192 << 10};
  replay_->read(shard_.context(), limit, lagging_, budget, batch.events);
  const bool reopened = !batch.events.empty() && batch.events.front().control() && batch.events.front().type() == "reset";
  if (opening || reopened) return gather_opening(batch);
  std::uint64_t at = batch.from;
  for (const Event& event : batch.events) {
    if (!event.bare()) at = event.position().n;
    batch.marks.push_back({event.record().image(transport_->format(), event.bare()), at});
    batch.add(batch.marks.back().image->bytes());
  }
}

FANFARE_DECL void StreamCore::gather_opening(Batch& batch) {
  // What opens several topics, or opens them anew, has no positions to go back to: its bytes become this
  // client's own, at most one batch of them.
  if (out_sent_ < out_.size()) batch.bytes -= batch.pieces[--batch.count].size();
  for (const Event& event : batch.events) {
    out_ += event.record().image(transport_->format(), event.bare())->bytes();
  }
  if (out_sent_ < out_.size()) batch.add(std::string_view(out_).substr(out_sent_));
  batch.first_mark = batch.count;
}

FANFARE_DECL void StreamCore::settle(Batch& batch, std::size_t taken) {
  std::size_t piece = 0;
  if (unfinished_) {
    const std::size_t size = batch.pieces[piece].size();
    if (taken < size) {
      offset_ += taken;
      taken = 0;
    } else {
      taken -= size;
      unfinished_ = {};
      offset_ = 0;
    }
    ++piece;
  }
  if (piece < batch.first_mark) {
    const std::size_t part = std::min(taken, out_.size() - out_sent_);
    out_sent_ += part;
    taken -= part;
    if (out_sent_ == out_.size()) {
      out_ = {};
      out_sent_ = 0;
    }
  }
  std::uint64_t at = batch.from;
  for (const auto& mark : batch.marks) {
    const std::size_t size = mark.image->bytes().size();
    if (taken >= size) {
      taken -= size;
      at = mark.at;
      continue;
    }
    // The first image that was not taken whole. One that was begun is pinned and completed; nothing else
    // is kept: the rest is read from the log again when there is room, by then conflated.
    if (taken > 0) {
      unfinished_ = mark.image;
      offset_ = taken;
      at = mark.at;
    }
    replay_.emplace(selection_, at);
    return;
  }
}

FANFARE_DECL StreamCore::Progress StreamCore::pump(std::uint64_t limit) {
  thread_local Batch batch;  // scratch: its buffers are kept, its events are not
  struct Cleared {
    ~Cleared() { batch.clear(); }
  } const cleared;
  for (;;) {
    gather(batch, limit);
    if (batch.bytes == 0) {
      if (phase_ == Phase::streaming && replay_ && replay_->ended()) {
        begin_end({});
        continue;
      }
      return Progress::idle;
    }
    const std::size_t taken = sink_.send(std::span(batch.pieces.data(), batch.count));
    if (taken == Member::gone) return Progress::gone;
    settle(batch, taken);
    if (taken < batch.bytes) {
      lagging_ = true;
      return Progress::blocked;
    }
  }
}

FANFARE_DECL void StreamCore::after(Progress progress) {
  switch (progress) {
    case Progress::gone: return connection_gone();
    case Progress::blocked:
      waiting_writable_ = true;
      return sink_.wait_writable();
    case Progress::idle: break;
  }
  if (phase_ == Phase::ending) {
    phase_ = Phase::finished;
    return sink_.on_finished();
  }
  lagging_ = false;
  shard_.join(*this, *replay_, transport_->format(), transport_->beat_interval());
}

FANFARE_DECL void StreamCore::start() { after(pump(shard_.context().sequencer->committed())); }

FANFARE_DECL void StreamCore::on_writable() {
  waiting_writable_ = false;
  if (phase_ == Phase::finished) return;
  after(pump(shard_.context().sequencer->committed()));
}

FANFARE_DECL void StreamCore::connection_gone() noexcept {
  if (in_cohort()) cohort()->leave(*this);
  phase_ = Phase::finished;
  sink_.on_gone();
}

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void StreamCore::begin_end(Goodbye goodbye) {
  phase_ = Phase::ending;
  set_position();
  transport_->end(goodbye, out_);
}

FANFARE_DECL void StreamCore::say_goodbye(Goodbye goodbye) {
  if (phase_ != Phase::streaming) return;
  if (in_cohort()) {
    const std::uint64_t at = cohort()->at();
    cohort()->leave(*this);
    replay_.emplace(selection_, at);
  }
  begin_end(goodbye);
  if (!waiting_writable_) after(pump(0));
}

FANFARE_DECL void StreamCore::ended() {
  replay_.reset();
  begin_end({});
  after(pump(0));
}

// ---- in a cohort -----------------------------------------------------------------------------------

FANFARE_DECL std::size_t StreamCore::write(std::string_view bytes) noexcept {
  const std::size_t taken = sink_.send({&bytes, 1});
  if (taken == Member::gone) connection_gone();
  return taken;
}

FANFARE_DECL void StreamCore::fell_short(Replay replay, ImageRef image, std::size_t offset) {
  replay_ = std::move(replay);
  unfinished_ = std::move(image);
  offset_ = offset;
  lagging_ = true;
  after(Progress::blocked);
}

FANFARE_DECL Member::Level StreamCore::level_with(std::uint64_t at) {
  if (replay_->at() > at) return Level::ahead;
  const Progress progress = pump(at);
  if (progress == Progress::idle && phase_ == Phase::streaming && replay_->at() == at) {
    replay_.reset();
    return Level::reached;
  }
  after(progress);
  return Level::busy;
}

FANFARE_DECL void StreamCore::set_position() {
  const auto& sequencer = *shard_.context().sequencer;
  const std::uint64_t at = in_cohort() ? cohort()->at() : replay_ && !replay_->opening() ? replay_->at() : 0;
  transport_->set_position({sequencer.epoch(), at});
}

FANFARE_DECL void StreamCore::beat() {
  set_position();
  transport_->beat(out_);
  const std::string_view bytes = out_;
  const std::size_t taken = sink_.send({&bytes, 1});
  if (taken == Member::gone) return connection_gone();
  if (taken == bytes.size()) {
    out_.clear();
    return;
  }
  out_sent_ = taken;
  const std::uint64_t at = cohort()->at();
  cohort()->leave(*this);
  replay_.emplace(selection_, at);
  after(Progress::blocked);
}

}  // namespace fanfare::detail
