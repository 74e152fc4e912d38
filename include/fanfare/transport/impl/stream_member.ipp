/// StreamCore, third part: as a member of a cohort, and on its way in and out of one.
#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/stream_core.hpp>

namespace fanfare::detail {

FANFARE_DECL std::size_t StreamCore::write(std::string_view bytes) noexcept {
  const std::size_t taken = sink_.send(bytes);
  if (taken == Member::gone) connection_gone();
  return taken;
}

FANFARE_DECL void StreamCore::fell_short(Replay replay, ImageRef image, std::size_t offset) {
  if (phase_ == Phase::finished) return;
  guarded([&] {
    own().replay = std::move(replay);
    own_->unfinished = std::move(image);
    own_->offset = offset;
    lagging_ = true;
    after(Progress::blocked);
  });
}

FANFARE_DECL Member::Level StreamCore::level_with(std::uint64_t at) {
  Level reached = Level::busy;
  guarded([&] { reached = level(at); });
  return reached;
}

FANFARE_DECL Member::Level StreamCore::level(std::uint64_t at) {
  if (own_->replay->at() > at) return Level::ahead;
  const Progress progress = pump(at);
  if (progress == Progress::idle && phase_ == Phase::streaming) {
    // Who had to open its topics anew stands where they were opened, perhaps further on.
    if (own_->replay->at() > at) return Level::ahead;
    own_->replay.reset();
    joined_.reset();
    tidy();
    return Level::reached;
  }
  after(progress);
  return Level::busy;
}

FANFARE_DECL void StreamCore::joined(const SelectionRef& selection, const wire::Checksum& sum) {
  selection_ = selection;
  guarded([&] { sum_from(sum); });
}

FANFARE_DECL void StreamCore::sum_from(const wire::Checksum& sum) {
  joined_ = sum.kind() == wire::Checksum::Kind::none ? nullptr : std::make_unique<wire::Checksum>(sum);
}

FANFARE_DECL void StreamCore::passed(const wire::Checksum& sum) {
  try {
    pass_on(sum);
  } catch (...) {
    // It is about to leave its cohort, or has left it.
    report_thrown(shard_.context(), "the stream", *selection_);
    phase_ = Phase::finished;
    sink_.on_gone();
  }
}

FANFARE_DECL void StreamCore::pass_on(const wire::Checksum& sum) {
  if (sum.kind() == wire::Checksum::Kind::none) return;
  transport_->sent(joined_ ? sum.since(*joined_) : sum);
  sum_from(sum);
}

FANFARE_DECL void StreamCore::set_position() {
  const auto& sequencer = *shard_.context().sequencer;
  const std::uint64_t at = reads() ? (own_->replay->opening() ? 0 : own_->replay->at()) : in_cohort() ? cohort()->at(*this) : 0;
  transport_->set_position({sequencer.epoch(), at});
}

FANFARE_DECL void StreamCore::step_out() {
  if (!in_cohort()) return;
  Cohort& cohort = *this->cohort();
  if (rides()) {
    pass_on(cohort.sum(*this));
    own().replay.emplace(selection_, cohort.at(*this));
    if (cohort.opening(*this)) {
      std::vector<Event> anew;
      own_->replay->reopen(shard_.context(), anew);
      append(anew);
    }
  }
  cohort.leave(*this);
}

FANFARE_DECL bool StreamCore::send_out() {
  const std::string_view bytes = own_->out;
  const std::size_t taken = sink_.send(bytes);
  if (taken == Member::gone) {
    connection_gone();
    return false;
  }
  if (taken == bytes.size()) {
    own_->out = {};
    tidy();
    return true;
  }
  own_->out_sent = taken;
  lagging_ = true;
  step_out();
  after(Progress::blocked);
  return false;
}

FANFARE_DECL void StreamCore::beat() {
  guarded([this] {
    if (transport_->silent()) return leave_with({make_error_code(Error::stalled), {}});
    pass_on(cohort()->sum(*this));
    set_position();
    transport_->beat(own().out);
    if (own_->out.empty()) return tidy();
    send_out();
  });
}

}  // namespace fanfare::detail
