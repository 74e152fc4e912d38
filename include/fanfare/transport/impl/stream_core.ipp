#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/stream_core.hpp>

#include <algorithm>
#include <array>

namespace fanfare::detail {

/// What one send offers: the rest of an image, blocks of the stream's own, then a part of the log.
struct StreamCore::Batch {
  std::array<std::string_view, 3> pieces;
  std::size_t count = 0, bytes = 0;
  std::vector<Event> events;
  const Span* span = nullptr;  // the last piece is what it holds from first_mark on
  std::size_t first_mark = 0;
  std::uint64_t from = 0;  // the replay's position before the batch was read

  void add(std::string_view piece) noexcept {
    if (piece.empty()) return;
    pieces[count++] = piece;
    bytes += piece.size();
  }
  void add(const Span& part, std::size_t mark) noexcept {
    span = &part;
    first_mark = mark;
    add(part.bytes().substr(part.begin_of(mark)));
  }
  void clear() noexcept {
    count = bytes = 0;
    events.clear();
    span = nullptr;
  }
};

FANFARE_DECL StreamCore::StreamCore(ShardCore& shard, Sink& sink, Opening opening)
    : sink_(sink),
      shard_(shard),
      own_transport_(std::move(opening.transport)),
      transport_(own_transport_.get()),
      selection_(opening.replay->selection()),
      own_(std::make_unique<Own>(*this)),
      may_command_(opening.may_command) {
  own_->replay = std::move(opening.replay);
  transport_->open(opening.head, own_->out);
  if (auto inner = transport_->opened()) {
    own_transport_ = std::move(inner);
    transport_ = own_transport_.get();
  }
  if (Transport* common = shard_.common_transport(own_transport_)) transport_ = common;
  append(opening.first);
  expire_at(opening.expires);
  if (opening.over) begin_end({});
  shard_.enlist(*this);  // last: a transport of the host's may throw before
}

FANFARE_DECL StreamCore::~StreamCore() {
  if (in_cohort()) cohort()->leave(*this);
  shard_.delist(*this);
}

FANFARE_DECL void StreamCore::expire_at(WallTime time) {
  if (time == WallTime::max()) {
    if (timer_) timer_->unlink();
    return;
  }
  const auto& clock = *shard_.context().clock;
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - clock.wall());
  set_timer(clock.now() +
            std::clamp<std::chrono::milliseconds>(rest, std::chrono::milliseconds(0), std::chrono::hours(24 * 365)));
}

FANFARE_DECL void StreamCore::set_timer(SteadyTime when) {
  if (!timer_) timer_ = std::make_unique<Timer>(*this);
  shard_.wheel().set(*timer_, when);
}

FANFARE_DECL bool StreamCore::carries(std::string_view tag) const noexcept {
  return std::binary_search(selection_->audience.begin(), selection_->audience.end(), tag);
}

FANFARE_DECL void StreamCore::append(const std::vector<Event>& events) {
  for (const Event& event : events) {
    const ImageRef image = event.record().image(transport_->format(), event.bare());
    own_->out += image->bytes();
    count_sent(*image);
  }
}

FANFARE_DECL void StreamCore::count_sent(const Image& image) {
  if (image.checksum().kind() != wire::Checksum::Kind::none) transport_->sent(image.checksum());
}

// ---- on its own: what is left of an image, blocks of its own, then the log ---------------------------

FANFARE_DECL std::string_view StreamCore::unsent() const noexcept { return std::string_view(own_->out).substr(own_->out_sent); }

FANFARE_DECL void StreamCore::gather(Batch& batch, std::uint64_t limit) {
  batch.clear();
  if (own_->unfinished) batch.add(own_->unfinished->bytes().substr(own_->offset));
  batch.add(unsent());
  if (!own_->replay || phase_ != Phase::streaming) return;

  Replay& replay = *own_->replay;
  const Format& format = transport_->format();
  batch.from = replay.at();
  if (const auto place = shard_.backlog().find(replay, format.id(), limit, lagging_); place.part) {
    replay.move_to(place.part->reached, place.part->ended);
    return batch.add(place.part->span, place.mark);
  }
  const bool opening = replay.opening();
  replay.read(shard_.context(), limit, lagging_, Backlog::budget, batch.events);
  if (batch.events.empty()) return;
  if (opening || batch.events.front().type() == "reset") return gather_opening(batch);
  batch.add(lay_out(batch, limit), 0);
}

FANFARE_DECL const Span& StreamCore::lay_out(const Batch& batch, std::uint64_t limit) {
  Replay& replay = *own_->replay;
  const Format& format = transport_->format();
  Backlog::Part& part = shard_.backlog().renew();
  bool shared = true;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    // A `skipped` block counts from where this reader stood.
    if (event.bare()) shared = false;
    try {
      part.span.add(event.record().image(format, event.bare()), position_after(batch.events, i, replay.at()));
    } catch (...) {
      // What comes before it is owed to this client; the next read begins with it.
      if (i == 0) throw;
      replay.move_to(part.span.marks().back().at, false);
      break;
    }
  }
  part.span.lay_out();
  part.selection = replay.selection();
  part.format = format.id();
  part.from = batch.from;
  part.limit = limit;
  part.reached = replay.at();
  part.lagging = lagging_;
  part.ended = replay.ended();
  part.shared = shared;
  return part.span;
}

FANFARE_DECL void StreamCore::gather_opening(Batch& batch) {
  // What opens several topics, or opens them anew, has no positions to go back to: its bytes become this
  // client's own, at most one batch of them.
  if (!unsent().empty()) batch.bytes -= batch.pieces[--batch.count].size();
  append(batch.events);
  batch.add(unsent());
}

FANFARE_DECL void StreamCore::settle(Batch& batch, std::size_t taken) {
  if (own_->unfinished) {
    const std::size_t rest = own_->unfinished->bytes().size() - own_->offset;
    const std::size_t part = std::min(taken, rest);
    taken -= part;
    own_->offset += part;
    if (part == rest) {
      own_->unfinished = {};
      own_->offset = 0;
    }
  }
  if (!own_->out.empty()) {
    const std::size_t part = std::min(taken, unsent().size());
    own_->out_sent += part;
    taken -= part;
    if (unsent().empty()) {
      own_->out = {};
      own_->out_sent = 0;
    }
  }
  if (batch.span) settle_span(batch, taken);
}

FANFARE_DECL void StreamCore::settle_span(const Batch& batch, std::size_t taken) {
  const Span& span = *batch.span;
  const auto& marks = span.marks();
  taken += span.begin_of(batch.first_mark);
  const std::size_t cut = span.cut_by(taken);
  const std::size_t part = cut < marks.size() ? taken - span.begin_of(cut) : 0;
  const std::size_t counted = part > 0 ? cut + 1 : cut;
  for (std::size_t i = batch.first_mark; i < counted; ++i) count_sent(*marks[i].image);
  if (cut == marks.size()) return;
  // The first image that was not taken whole. One that was begun is pinned and completed; nothing else is kept:
  // the rest is read from the log again when there is room, by then conflated.
  if (part > 0) {
    own_->unfinished = marks[cut].image;
    own_->offset = part;
  }
  // The last event of all is the last image of its span.
  const bool ended = own_->replay->ended() && counted == marks.size();
  own_->replay->move_to(counted > batch.first_mark ? marks[counted - 1].at : batch.from, ended);
}

FANFARE_DECL StreamCore::Progress StreamCore::pump(std::uint64_t limit) {
  thread_local Batch batch;  // scratch: its buffers are kept, its events are not
  struct Cleared {
    ~Cleared() { batch.clear(); }
  } const cleared;
  for (int batches = 0;; ++batches) {
    // A client that returns to a thousand events must not hold up those that are live.
    if (batches > 0 && phase_ == Phase::streaming && enough_for_now(batches, limit)) return Progress::more;
    gather(batch, limit);
    if (batch.bytes == 0) {
      if (phase_ == Phase::streaming && own_->replay && own_->replay->ended()) {
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

FANFARE_DECL bool StreamCore::enough_for_now(int batches, std::uint64_t limit) const noexcept {
  constexpr int to_open = 4;  // several topics open in a few: snapshots, what came since, `synced`
  if (!own_->replay) return false;
  return own_->replay->opening() ? batches >= to_open : own_->replay->at() < limit;
}

FANFARE_DECL void StreamCore::after(Progress progress) {
  switch (progress) {
    case Progress::gone: return connection_gone();
    case Progress::blocked:
      waiting_writable_ = true;
      return sink_.wait_writable();
    case Progress::more: return shard_.defer(*own_);
    case Progress::idle: break;
  }
  if (phase_ == Phase::ending) return transport_->concluded() ? finish() : await_confirmation();
  if (phase_ != Phase::streaming) return;
  lagging_ = false;
  shard_.join(*this, *own_->replay, transport_->format(), transport_->beat_interval());
}

FANFARE_DECL void StreamCore::start() {
  constexpr std::uint64_t a_few = 64;
  const std::uint64_t limit = shard_.turn_limit();
  const Replay& replay = *own_->replay;
  if (phase_ != Phase::streaming || replay.opening() || limit <= replay.at() + a_few) return after(pump(limit));
  // Who returns to more gets the head now and the rest in turn with others: a herd of them must not hold up those
  // that are live.
  const Progress progress = pump(replay.at());
  after(progress == Progress::idle && phase_ == Phase::streaming ? Progress::more : progress);
}

FANFARE_DECL void StreamCore::on_writable() {
  waiting_writable_ = false;
  if (phase_ == Phase::finished) return;
  guarded([this] { after(pump(shard_.turn_limit())); });
}

FANFARE_DECL void StreamCore::go_on_reading() {
  // While it waited for its turn it may have caught up already, to answer its client.
  if (phase_ == Phase::finished || waiting_writable_ || in_cohort()) return;
  guarded([this] { after(pump(shard_.turn_limit())); });
}

FANFARE_DECL void StreamCore::connection_gone() noexcept {
  if (in_cohort()) cohort()->leave(*this);
  phase_ = Phase::finished;
  sink_.on_gone();
}

FANFARE_DECL void StreamCore::fail() noexcept {
  report_thrown(shard_.context(), "the stream", *selection_);
  if (phase_ != Phase::finished) connection_gone();
}

FANFARE_DECL void StreamCore::failed() { connection_gone(); }

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void StreamCore::begin_end(Goodbye goodbye) {
  phase_ = Phase::ending;
  set_position();
  transport_->end(goodbye, own_->out);
}

FANFARE_DECL void StreamCore::say_goodbye(Goodbye goodbye) {
  if (phase_ == Phase::streaming) guarded([&] { leave_with(goodbye); });
}

FANFARE_DECL void StreamCore::leave_with(Goodbye goodbye) {
  step_out();
  begin_end(goodbye);
  if (!waiting_writable_) after(pump(0));
}

FANFARE_DECL void StreamCore::await_confirmation() {
  // RFC 6455 sec. 7.1.1: the server closes the connection once the client has closed its side, or a while later.
  constexpr std::chrono::seconds patience(5);
  phase_ = Phase::closing;
  set_timer(shard_.context().clock->now() + patience);
  shard_.post([] {});  // whose loop waits for as long as the wheel told it before
}

FANFARE_DECL void StreamCore::finish() {
  if (timer_) timer_->unlink();
  phase_ = Phase::finished;
  sink_.on_finished();
}

FANFARE_DECL void StreamCore::on_time() {
  if (phase_ == Phase::closing) return finish();
  say_goodbye({make_error_code(Error::admission_expired), {}});
}

FANFARE_DECL void StreamCore::ended() {
  if (phase_ == Phase::finished) return;
  guarded([this] {
    own().replay.reset();
    begin_end({});
    after(pump(0));
  });
}

}  // namespace fanfare::detail
