/// A job's state as its topic holds it. Takes the events of a Job as the structs that they were made from,
/// and decodes only those of others.
#pragma once

#include <fanfare/progress/job_core.hpp>
#include <fanfare/progress/job_state.hpp>

#include <algorithm>
#include <array>

namespace fanfare::detail {

FANFARE_DECL bool is_vocabulary(std::string_view type) noexcept {
  static constexpr std::array<std::string_view, 11> names{
      event_name<StatusChanged>(), event_name<TaskRegistered>(), event_name<TaskProgressed>(),
      event_name<TaskFinished>(), event_name<LogLine>(), event_name<JobDone>(),
      "snapshot", "reset", "synced", "gone", "skipped"};
  return std::find(names.begin(), names.end(), type) != names.end();
}

/// Thread: under the topic's lock.
class JobStateHolder final : public StateHolder {
 public:
  JobStateHolder(std::string job, const Clock& clock, bool from_a_feed)
      : clock_(clock), from_a_feed_(from_a_feed) {
    state_.job = std::move(job);
  }

  std::error_code apply(const Applied& event) override {
    const SteadyTime now = clock_.now();
    if (apply_described(event, now)) return {};
    const bool vocabulary = is_vocabulary(event.type);
    if (!vocabulary && !from_a_feed_) return {};  // the host's own
    if (event.type == "snapshot") return make_error_code(Error::invalid_payload);
    const bool understood = state_.apply(event.type, event.json, now);
    return understood || !vocabulary ? std::error_code() : make_error_code(Error::invalid_payload);
  }
  void write_json(std::string& out) const override { fanfare::write_json(out, state_); }
  const void* tag() const noexcept override { return &type_tag<JobState>; }
  const void* state() const noexcept override { return &state_; }

 private:
  bool apply_described(const Applied& event, SteadyTime now) {
    if (const auto* progressed = event.described_as<TaskProgressed>()) state_.apply(*progressed, now);
    else if (const auto* finished = event.described_as<TaskFinished>()) state_.apply(*finished, now);
    else if (const auto* registered = event.described_as<TaskRegistered>()) state_.apply(*registered);
    else if (const auto* status = event.described_as<StatusChanged>()) state_.apply(*status, now);
    else if (const auto* line = event.described_as<LogLine>()) state_.apply(*line);
    else if (const auto* asked = event.described_as<PromptAsked>()) state_.apply(event.type, *asked);
    else if (const auto* resolved = event.described_as<PromptResolved>()) state_.apply(*resolved);
    else if (const auto* done = event.described_as<JobDone>()) state_.apply(*done);
    else return false;
    return true;
  }

  JobState state_;
  const Clock& clock_;
  const bool from_a_feed_;
};

FANFARE_DECL std::unique_ptr<StateHolder> make_job_state(std::string job, const Clock& clock,
                                                         bool from_a_feed) {
  return std::make_unique<JobStateHolder>(std::move(job), clock, from_a_feed);
}

}  // namespace fanfare::detail
