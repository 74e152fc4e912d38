/// StreamCore, second part: what the client says: replies, topics added and removed while it runs.
#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/stream_core.hpp>

#include <algorithm>

namespace fanfare::detail {

/// What a transport may do while it receives. The end waits until it has returned.
class StreamCore::Talk final : public Intake {
 public:
  explicit Talk(StreamCore& stream) noexcept : stream_(stream) {}

  const std::optional<Goodbye>& goodbye() const noexcept { return goodbye_; }

  void reply(std::string_view bytes) override {
    if (open()) stream_.own().out += bytes;
  }
  void subscribe(Wanted wanted) override {
    if (open()) stream_.want(std::move(wanted));
  }
  bool unsubscribe(std::string_view topic) override { return open() && stream_.unsubscribe(topic); }
  std::error_code command(Command command) override {
    if (!stream_.may_command_) return Error::no_handler;
    return stream_.sink_.command(command);
  }
  void end(Goodbye goodbye) override { goodbye_ = goodbye; }
  SteadyTime now() const override { return stream_.shard_.context().clock->now(); }

 private:
  bool open() const noexcept { return stream_.phase_ == Phase::streaming && !goodbye_; }

  StreamCore& stream_;
  std::optional<Goodbye> goodbye_;
};

FANFARE_DECL void StreamCore::receive(std::string_view bytes) {
  if (phase_ != Phase::finished) guarded([&] { hear(bytes); });
}

FANFARE_DECL void StreamCore::hear(std::string_view bytes) {
  Talk talk(*this);
  const std::error_code error = transport_->receive(bytes, talk);
  if (phase_ == Phase::closing) return error || transport_->concluded() ? finish() : void();
  if (phase_ != Phase::streaming) return;
  if (error) return say_goodbye({error, {}});
  if (talk.goodbye()) return say_goodbye(*talk.goodbye());
  go_on();
}

FANFARE_DECL void StreamCore::go_on() {
  if (waiting_writable_) return;
  if (in_cohort() && (!own_ || own_->out.empty())) return;
  if (rides()) return (void)send_out();
  step_out();
  after(pump(shard_.context().sequencer->committed()));
}

// ---- topics ----------------------------------------------------------------------------------------

FANFARE_DECL void StreamCore::want(Wanted wanted) {
  constexpr std::size_t max_waiting = 64;
  if (own().wanted.size() >= max_waiting) {
    Subscribed outcome{.error = make_error_code(Error::too_many_subscriptions)};
    outcome.detail = "wait for the answers to earlier ones";
    outcome.ref = wanted.ref;
    return transport_->subscribed(outcome, own_->out);
  }
  own_->wanted.push_back(std::move(wanted));
  if (own_->wanted.size() == 1) ask_next();
}

FANFARE_DECL void StreamCore::ask_next() {
  const Wanted& wanted = own_->wanted.front();
  std::vector<std::string> topics;
  for (const auto& log : selection_->topics) topics.push_back(log->name());
  for (const auto& name : wanted.topics) {
    if (std::find(topics.begin(), topics.end(), name) == topics.end()) topics.push_back(name);
  }
  sink_.admit(std::move(topics), wanted);
}

FANFARE_DECL void StreamCore::on_admission(BrokerCore& broker, std::optional<Admission> admission) {
  if (phase_ != Phase::streaming || !own_ || own_->wanted.empty()) return;
  guarded([&] { take_admission(broker, std::move(admission)); });
}

FANFARE_DECL void StreamCore::take_admission(BrokerCore& broker, std::optional<Admission> admission) {
  const Wanted wanted = std::move(own_->wanted.front());
  own_->wanted.erase(own_->wanted.begin());
  std::vector<Event> first;
  Subscribed outcome;
  if (!admission) {
    outcome.error = std::make_error_code(std::errc::timed_out);
    outcome.detail = "the admission gave no answer";
  } else if (admission->refusal) {
    outcome.refused = wanted.topics;
    outcome.detail = std::move(admission->refusal->body);
  } else {
    outcome = apply(broker, wanted, *std::move(admission), first);
  }
  outcome.ref = wanted.ref;
  transport_->subscribed(outcome, own_->out);
  append(first);
  if (!own_->wanted.empty()) ask_next();
  go_on();
}

FANFARE_DECL Subscribed StreamCore::apply(BrokerCore& broker, const Wanted& wanted, Admission admission,
                                          std::vector<Event>& first) {
  Subscribed outcome;
  const auto admitted = [names = std::move(admission.topics)](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<std::string> added;
  std::size_t kept = 0;
  for (const auto& name : wanted.topics) {
    if (!admitted(name)) outcome.refused.push_back(name);
    else if (watches(name)) outcome.topics.push_back(name);
    else if (std::find(added.begin(), added.end(), name) == added.end()) added.push_back(name);
  }
  for (const auto& log : selection_->topics) kept += admitted(log->name());
  if (kept + added.size() > broker.options().limits.max_topics_per_subscription) {
    outcome = {.error = make_error_code(Error::too_many_topics)};
    outcome.detail = "more topics than limits.max_topics_per_subscription";
    return outcome;
  }

  const auto resolved = broker.resolve(added, std::move(admission.types), std::move(admission.audience), admission.max_rate);
  outcome.unknown = resolved.unknown;
  expire_at(admission.expires);
  may_command_ = admission.may_command;
  step_out();
  // The newest admission holds for all of the stream: what it does not name any more is not watched any more.
  for (const auto& log : selection_->topics) {
    if (admitted(log->name())) continue;
    own_->replay->remove(log->name());
    outcome.refused.push_back(log->name());
  }
  own_->replay->filter_as(*resolved.selection);
  const ResumeFrom from{.candidates = {wanted.since}, .seq_allowed = transport_->accepts_seq()};
  const auto& context = shard_.context();
  if (kept == 0 && !resolved.selection->topics.empty()) {
    own_->replay = Replay::attach(context, resolved.selection, from, first);
  } else {
    for (const auto& log : resolved.selection->topics) own_->replay->add(context, log, from, first);
  }
  selection_ = own_->replay->selection();
  for (const auto& log : resolved.selection->topics) outcome.topics.push_back(log->name());
  return outcome;
}

FANFARE_DECL bool StreamCore::watches(std::string_view topic) const noexcept {
  return std::any_of(selection_->topics.begin(), selection_->topics.end(),
                     [topic](const auto& log) { return log->name() == topic; });
}

FANFARE_DECL bool StreamCore::unsubscribe(std::string_view topic) {
  if (!watches(topic)) return false;
  step_out();
  own_->replay->remove(topic);
  selection_ = own_->replay->selection();
  return true;
}

}  // namespace fanfare::detail
