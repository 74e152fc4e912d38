/// Job: a piece of work that others watch: it owns a topic, and publishes there what its tasks, stages and
/// questions do, as the events of job_events.hpp.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/progress/job_options.hpp>
#include <fanfare/progress/prompt.hpp>
#include <fanfare/progress/task.hpp>
#include <fanfare/progress/tracked.hpp>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {
namespace detail {
class JobCore;
}
struct JobState;

///     fanfare::Job job(broker, "job_1");
///     fanfare::Task file = job.task("a.iso", {.unit = "bytes", .total = size});
///     while (auto n = copy_some()) file.advance(n);
///     file.finish();
///     job.finish();
///
/// A job is queued until its first task, stage or message, then running, and ends as complete or failed: by
/// `finish` or `fail`. One that is dropped before has failed, as "abandoned", "ended by an exception" or
/// "cancelled". The end ends what is open: tasks at their total are complete, by `finish` also those whose
/// total is not known, the others are failed; questions get their `otherwise`. The last two events are
/// `status` and `done`.
/// Calls after the end, or on a moved-from job, are ignored. What cannot be published is told to
/// BrokerOptions::log.
///
/// The percent is the weighted mean of the job's own tasks, unless there are JobOptions::stages. Tasks that
/// have ended count as a whole, failed ones too, since the work goes on without them; but one that was
/// dropped counts as it stood.
///
/// Thread: any, but for moving and destroying. Publishing calls the wake hooks of shards under the job's
/// lock, so they must do no more than Shard asks of them. Lifetime: may outlive the broker.
class Job {
 public:
  /// Opens the topic; a finished one of that name begins anew.
  /// Throws std::system_error: topic_exists (it is open), invalid_name, too_many_topics, shut_down.
  Job(Broker& broker, std::string topic, JobOptions options = {});
  Job(Job&& other) noexcept;
  /// The job that is replaced is dropped.
  Job& operator=(Job&& other) noexcept;
  ~Job();

  /// @param label  for people, at most 1 KiB. Longer texts, here and below, are cut
  Task task(std::string label, TaskOptions options = {});
  Task task(std::string label, std::uint64_t total);
  /// A task that follows a loop: its total is the range's size, if that is known beforehand.
  template <class R>
  Tracked<R> track(std::string label, R&& range) {
    const std::uint64_t size = detail::size_if_known(range);
    return Tracked<R>(task(std::move(label), size), std::forward<R>(range));
  }

  /// Enters a stage, or says how far into it the work is.
  /// @param fraction  0 to 1; with JobOptions::stages it moves the job's percent. As it moves it is throttled
  void stage(std::string_view name, double fraction = 0);
  /// What is going on, at most 4 KiB. Throttled: of many the last one goes out.
  void message(std::string_view text);
  /// A line for whoever reads along, at most 4 KiB. Not throttled; a reader who lags gets only the number of
  /// those he missed, and the snapshot has the last hundred.
  void log(Level level, std::string_view text);

  /// Asks whoever watches. The event has the type of `question`, for instance "duplicate", which must not be
  /// one of this vocabulary, and carries its JSON.
  /// @return  the question; one that cannot be published, or comes after a cancel, is answered already
  Prompt ask(Payload question, AskOptions options = {});
  /// Says when somebody cancelled the job: Broker::cancel, or a watcher who may command.
  std::stop_token stop_token() const noexcept;

  /// Publishes an event of the host's own among those of the job. The types of this vocabulary are
  /// invalid_payload. It should not carry both `prompt` and `choices`: readers know a question by these.
  Receipt publish(Payload event, PublishOptions options = {});

  /// The first of these ends the job, and with it the topic.
  void finish(std::string_view message = {});
  void fail(std::string_view reason);

  /// What a newcomer's snapshot would say now. See job_state.hpp.
  JobState state() const;

 private:
  void drop() noexcept;

  std::shared_ptr<detail::JobCore> core_;
  int exceptions_ = 0;  // under way when it was made: more of them when it is dropped are to blame
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/progress/impl/progress.ipp>
#endif
