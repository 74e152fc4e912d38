#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/poll.hpp>

#include <algorithm>
#include <chrono>

namespace fanfare::detail {

FANFARE_DECL GatheringStart gathering_start(const Opening& opening) noexcept {
  return {opening.first.size(), opening.replay->at(), opening.progress, opening.resumed};
}

FANFARE_DECL Gathered gathered(const Transport& transport, const GatheringStart& start, const Selection& selection,
                               const std::vector<Event>& events, Position now) {
  Gathered all{events, now, start.resumed};
  if (start.resumed) return all;
  const bool read = std::any_of(events.begin(), events.end(), [](const Event& event) { return !event.topic().empty(); });
  if (!read) all.position.n = start.at;
  else if (!events.back().bare()) all.position.n = events.back().position().n;
  if (transport.starts_anew() && progress_of(selection) != start.progress) all.position.n = 0;
  return all;
}

FANFARE_DECL bool worth_answering(const std::vector<Event>& events, const GatheringStart& start) noexcept {
  return events.size() > (start.resumed ? start.before : 0);
}

FANFARE_DECL Poll::Poll(ShardCore& shard, Opening opening, Done done)
    : shard_(shard),
      start_(gathering_start(opening)),
      transport_(std::move(opening.transport)),
      replay_(*std::move(opening.replay)),
      events_(std::move(opening.first)),
      expires_(opening.expires),
      deadline_(shard.context().clock->now() + transport_->gathers_for().value_or(std::chrono::milliseconds(0))),
      pacing_(replay_.selection()->max_rate),
      done_(std::move(done)) {
  if (start_.resumed) pacing_.go_on(shard_.context().clock->now(), deadline_);
  shard_.enlist(*this);
  shard_.watch(*this, *replay_.selection());
}

FANFARE_DECL Poll::~Poll() {
  shard_.unwatch(*this);
  shard_.delist(*this);
}

FANFARE_DECL void Poll::start() {
  const bool waits = deadline_ > shard_.context().clock->now();
  // Whose loop waits for as long as the wheel told it before must ask again.
  if (waits) shard_.post([] {});
  look(!waits);
}

FANFARE_DECL void Poll::answer_now() {
  if (done_) look(true);
}

FANFARE_DECL bool Poll::on_ready(Slice&) {
  if (!done_) return false;
  if (end_) conclude(Response::from(end_));
  else look(false);
  return false;  // and nothing else: it may be gone
}

FANFARE_DECL void Poll::on_deadline() {
  if (done_) look(shard_.context().clock->now() >= deadline_);
}

FANFARE_DECL bool Poll::carries(std::string_view tag) const noexcept {
  const auto& audience = replay_.selection()->audience;
  return std::binary_search(audience.begin(), audience.end(), tag);
}

FANFARE_DECL bool Poll::expired() const noexcept {
  return expires_ != WallTime::max() && shard_.context().clock->wall() >= expires_;
}

FANFARE_DECL void Poll::look(bool last_chance) {
  std::optional<Response> response;
  try {
    response = answer_by_now(last_chance);
  } catch (...) {  // the state or the transport may be the host's
    report_thrown(shard_.context(), "a poll", *replay_.selection());
    response = Response::error(500, "the transport failed");
  }
  if (response) conclude(*std::move(response));
  else schedule();
}

FANFARE_DECL std::optional<Response> Poll::answer_by_now(bool last_chance) {
  if (expired()) return Response::from(Error::admission_expired);
  read(last_chance);
  if (worth_answering(events_, start_)) return made();
  if (replay_.ended()) return Response::from({});
  if (last_chance) return made();
  return std::nullopt;
}

FANFARE_DECL void Poll::read(bool last_chance) {
  // The budget is that of an answer; whatever does not go in is read by the next poll.
  constexpr ReadBudget budget{4096, 1 << 20};
  const auto& context = shard_.context();
  const auto now = context.clock->now();
  const std::uint64_t limit = context.sequencer->committed();
  if (!last_chance && !pacing_.may_read(now, replay_, limit)) return;
  do {
    (void)replay_.read(context, limit, false, budget, events_);
  } while (replay_.opening());
}

FANFARE_DECL void Poll::schedule() {
  const auto& clock = *shard_.context().clock;
  const SteadyTime now = clock.now();
  SteadyTime due = deadline_;
  if (!pacing_.unlimited() && pacing_.due() > now) due = std::min(due, pacing_.due());
  if (expires_ != WallTime::max()) {
    // Compared first: an expiry may be further away than a steady time can say.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(expires_ - clock.wall());
    if (left < due - now) due = now + left;
  }
  shard_.wheel().set(*this, due);
}

FANFARE_DECL Response Poll::made() const {
  const Position now{shard_.context().sequencer->epoch(), replay_.at()};
  return transport_->answer(gathered(*transport_, start_, *replay_.selection(), events_, now));
}

FANFARE_DECL void Poll::conclude(Response response) {
  unlink();
  const Done done = std::exchange(done_, {});
  done(std::move(response));  // may destroy this
}

}  // namespace fanfare::detail
