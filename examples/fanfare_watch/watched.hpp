/// Watched: what is known of the topics that are watched, made of their events. A fanfare::Job's are taken as they are;
/// of other vocabularies what has the usual names is understood: progress or percent, stage, status, message, tasks.
#pragma once

#include <fanfare/core/clock.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/progress/job_state.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

enum class Vocabulary {
  unknown,  ///< nothing has come that tells
  job,      ///< a fanfare::Job's
  other,
};

struct WatchedTopic {
  std::string name;
  Vocabulary vocabulary = Vocabulary::unknown;
  bool has_progress = false;  ///< otherwise `state` says nothing, and the topic is only its events
  bool ended = false;
  fanfare::JobState state = {};

  bool failed() const noexcept { return state.status == fanfare::JobStatus::error; }
};

/// Something that one may want to read as a line.
struct News {
  enum class Kind {
    log,       ///< the publisher wrote it to be read
    event,     ///< of a vocabulary that is not understood: all of it
    question,  ///< was asked, or was answered
    status,    ///< of the topic, or its stage
    progress,  ///< of the topic; the line of this and of a status is for who prints it to write
    task,      ///< has ended
    end,       ///< of the topic
  };
  Kind kind = Kind::event;
  fanfare::Level level = fanfare::Level::info;
  std::string text = {};  ///< fit for a terminal
};

/// Bounded: topics above max_topics are ignored, and JobState bounds itself. Thread: one at a time.
class Watched {
 public:
  static constexpr std::size_t max_topics = 1000;
  static constexpr std::size_t max_old_log_lines = 10;  // of a snapshot's

  /// @param default_name  of a topic whose server does not say it
  explicit Watched(std::string default_name) : default_name_(std::move(default_name)) {}

  /// Takes an event of whatever type. @param at  any scale that grows
  /// @return  what is new, in order
  std::vector<News> apply(std::string_view topic, std::string_view type, std::string_view json, fanfare::SteadyTime at);

  /// In the order in which they were first heard of.
  const std::vector<WatchedTopic>& topics() const noexcept { return topics_; }
  bool any_failed() const noexcept;
  /// Whether there are topics, and no more is to come of any.
  bool all_ended() const noexcept;
  /// Whatever is known of a topic from an earlier run.
  void restore(WatchedTopic topic);
  /// What a topic is called here.
  std::string name_of(std::string_view topic) const;

 private:
  WatchedTopic* find_or_add(std::string_view name);

  std::string default_name_;
  std::vector<WatchedTopic> topics_;
};

/// "running", "complete", "failed".
std::string_view word_of(fanfare::JobStatus status) noexcept;
/// `duplicate p1 (overwrite, skip; else skip): {"path":"a.iso"}`
std::string describe(const fanfare::PromptState& prompt);
