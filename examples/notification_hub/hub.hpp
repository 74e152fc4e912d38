/// Hub: what is told to everyone, and the state that a newcomer gets of it.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/state.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <vector>

/// How far a summary is. Several may be under way, each with an id of its own; who has only one leaves it
/// out.
struct SummaryProgress {
  std::string operation_id, status, message;
  double progress = 0, total = 0;  ///< videos done, of so many; total 0: progress is in percent
  std::string current_video;
};
FANFARE_EVENT(SummaryProgress, "summary_progress", conflated_by("operation_id"), operation_id, status,
              message, progress, total, current_video);

struct SummaryComplete {
  std::string operation_id, status = "complete", message;
};
FANFARE_EVENT(SummaryComplete, "summary_complete", critical, operation_id, status, message);

enum class Severity { info, warning, error };
FANFARE_ENUM(Severity, info, warning, error);

struct SystemMessage {
  Severity level = Severity::info;
  std::string message;
};
FANFARE_EVENT(SystemMessage, "system", critical, level, message);

/// What runs now, and the last of what nobody may miss: a client that was away for longer than the history
/// reaches back gets this instead.
struct HubState {
  using events = fanfare::Events<SummaryProgress, SummaryComplete, SystemMessage>;
  static constexpr std::size_t max_operations = 64, max_recent = 16;

  std::deque<SummaryProgress> operations = {};  // the oldest first
  std::deque<SummaryComplete> completed = {};
  std::deque<SystemMessage> messages = {};

  void apply(const SummaryProgress& event) {
    for (SummaryProgress& one : operations) {
      if (one.operation_id == event.operation_id) return void(one = event);
    }
    append(operations, event, max_operations);
  }
  void apply(const SummaryComplete& event) {
    std::erase_if(operations, [&](const auto& one) { return one.operation_id == event.operation_id; });
    append(completed, event, max_recent);
  }
  void apply(const SystemMessage& event) { append(messages, event, max_recent); }

 private:
  template <class T>
  static void append(std::deque<T>& to, const T& event, std::size_t most) {
    to.push_back(event);
    if (to.size() > most) to.pop_front();
  }
};
FANFARE_DESCRIBE(HubState, operations, completed, messages);

using Hub = fanfare::TopicOf<HubState>;

/// The event types that a client can ask for and a broadcast can have; "ping" can be asked for, too.
inline const std::vector<std::string> known_types{"summary_progress", "summary_complete", "system"};
