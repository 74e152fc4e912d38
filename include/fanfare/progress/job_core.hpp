/// JobCore: what a Job, its tasks and its questions share. It turns calls into events of the job's topic, in
/// one order, and decides nothing that TaskCore or PromptCell can. Internal.
///
/// Locks. `mutex_` guards all of it and is held while an event is made and published, so the events of a job
/// stand in its topic in the order of the facts, and no percent goes back behind another's. Under it come,
/// each alone: the topic's lock, with the state's `apply`, which calls nothing here; the pump's; a shard's
/// hook. Nobody who holds one of these calls in here: timers and commands come with no lock held. What calls
/// user code, and the desk of the questions with it, waits in Later until the lock is released.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/log/topic_log.hpp>
#include <fanfare/progress/job_events.hpp>
#include <fanfare/progress/job_options.hpp>
#include <fanfare/progress/prompt.hpp>
#include <fanfare/progress/prompt_cell.hpp>
#include <fanfare/progress/task_core.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace fanfare {
struct JobState;
}

namespace fanfare::detail {

class JobCore;

/// Whether events of this type are a Job's own, or the library's for readers: not for hosts to publish.
bool is_vocabulary(std::string_view type) noexcept;

/// A JobState for the job's topic.
/// @param clock        tells when an event is applied
/// @param from_a_feed  all events come back from a backplane, as text: questions must be known by their JSON
std::unique_ptr<StateHolder> make_job_state(std::string job, const Clock& clock, bool from_a_feed);

/// Why a handle was dropped before its end. @param exceptions_before  that were under way when it was made
std::string_view why_dropped(int exceptions_before) noexcept;

/// What is decided under a job's lock and calls user code, so it is done at the end, when the lock is free.
class Later {
 public:
  explicit Later(const JobCore& job) noexcept : job_(job) {}
  ~Later();
  Later(const Later&) = delete;
  Later& operator=(const Later&) = delete;

  void stop(std::stop_source source) { stop_ = std::move(source); }
  void answer(std::shared_ptr<PromptCell> cell, std::string text) {
    answers_.emplace_back(std::move(cell), std::move(text));
  }
  void log(Level level, std::string text) { lines_.emplace_back(level, std::move(text)); }

 private:
  const JobCore& job_;
  std::optional<std::stop_source> stop_;
  std::vector<std::pair<std::shared_ptr<PromptCell>, std::string>> answers_;
  std::vector<std::pair<Level, std::string>> lines_;
};

/// Thread: any.
class JobCore final : public CommandHandler, public std::enable_shared_from_this<JobCore> {
 public:
  static std::shared_ptr<JobCore> open(std::shared_ptr<BrokerCore> broker, std::string topic,
                                       JobOptions options);
  JobCore(std::shared_ptr<BrokerCore> broker, Topic topic, JobOptions options);
  FANFARE_DECL ~JobCore() override;

  // impl/job_core.ipp: the job itself
  void stage(std::string_view name, double fraction);
  void message(std::string_view text);
  void log(Level level, std::string_view text);
  Receipt publish(Payload event, PublishOptions options);
  /// @param how  JobStatus::complete or JobStatus::error
  void end(JobStatus how, std::string_view message);
  void drop(std::string_view reason) noexcept;
  void read_state(JobState& out) const;
  std::stop_token stop_token() const noexcept { return stop_.get_token(); }
  /// To BrokerOptions::log. REQUIRES: no lock is held.
  void tell_host(Level level, std::string_view text, std::string_view detail = {}) const noexcept;

  // impl/job_tasks.ipp
  /// @param parent  null: of the job itself
  std::shared_ptr<TaskCore> add(std::shared_ptr<TaskCore> parent, std::string_view label,
                                const TaskOptions& options);
  void moved(TaskCore& task) noexcept;
  void change_total(TaskCore& task, std::uint64_t total) noexcept;
  void say(TaskCore& task, std::string_view message);
  void finish(TaskCore& task, std::string_view message);
  void fail(TaskCore& task, std::string_view reason);
  void drop(TaskCore& task, std::string_view reason) noexcept;

  // impl/job_prompts.ipp
  Prompt ask(Payload question, AskOptions options);
  FANFARE_DECL std::error_code on_command(const Command& command) override;
  FANFARE_DECL std::error_code on_answer(std::string_view prompt, std::string_view answer) override;

 private:
  struct OpenPrompt {
    std::uint64_t number;
    std::string type;
    std::vector<std::string> choices;
    SteadyTime due;  ///< max: never
    std::shared_ptr<PromptCell> cell;
  };

  /// The lock, and what is to be done after it. Every call holds one of these from its beginning to its end.
  struct Turn {
    explicit Turn(JobCore& job) : later(job), lock(job.mutex_) {}
    Later later;
    const std::lock_guard<std::mutex> lock;  // declared after `later`, so released before that goes to work
  };

  SteadyTime now() const noexcept { return broker_->context().clock->now(); }
  double percent() const noexcept;
  void begin(Turn& turn);
  /// Whether there is still somebody to publish for; if not, the job is cut off.
  bool alive(Turn& turn);
  void end(Turn& turn, JobStatus how, std::string_view text);
  void cut_off(Turn& turn);
  template <class E>
  bool emit(Turn& turn, const E& event) {
    return accepted(turn, topic_.publish(Payload(event)));
  }
  bool accepted(Turn& turn, const Receipt& receipt);
  void status_changed(Turn& turn, bool at_once);
  void tell_status(Turn& turn, SteadyTime now);
  void on_status_timer();
  /// For calls that may not throw: what they would is told to the host.
  template <class F>
  void quietly(F&& call) noexcept;

  bool register_task(Turn& turn, TaskCore& task, std::string_view label, const TaskOptions& options);
  void tell(Turn& turn, TaskCore& task, SteadyTime now);
  void look(Turn& turn, TaskCore& task);
  void wait(TaskCore& task, SteadyTime due);
  void on_timer(TaskCore& task) noexcept;
  void recount(TaskCore& task) noexcept;
  void settle(Turn& turn, TaskCore& task, TaskStatus how, std::string_view message);
  void unlink(TaskCore& task) noexcept;

  std::error_code cancel();
  bool can_ask(Turn& turn, const Payload& question);
  void resolve(Turn& turn, std::size_t at, std::string answer, AnsweredBy by);
  void close_prompts(Turn& turn, AnsweredBy by);
  void wait_for_prompts();
  void on_prompt_timer();

  const std::shared_ptr<BrokerCore> broker_;
  const Topic topic_;
  const JobOptions options_;
  const Pace pace_;
  const std::stop_source stop_;
  const std::shared_ptr<PromptDesk> desk_ = std::make_shared<PromptDesk>();
  std::atomic<bool> desk_is_listed_{false};

  std::mutex mutex_;
  bool ended_ = false, cancelled_ = false;
  std::error_code reported_;

  JobStatus status_ = JobStatus::queued;
  std::string stage_, message_;
  double stage_percent_ = 0, told_percent_ = 0;
  std::optional<double> held_percent_;  ///< at the end nothing moves it any more
  bool status_is_new_ = false, status_timer_ = false;
  SteadyTime status_due_{};

  Parts parts_;
  std::size_t shown_ = 0, hidden_ = 0;
  TaskCore* newest_ = nullptr;  ///< of the open ones; their handles keep them, and end them before they go

  std::vector<OpenPrompt> prompts_;
  std::uint64_t last_prompt_ = 0;
  std::vector<SteadyTime> prompt_timers_;  ///< that are set; each earlier than the one before it
};

}  // namespace fanfare::detail
