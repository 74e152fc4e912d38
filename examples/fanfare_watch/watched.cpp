#include "watched.hpp"

#include "other_vocabulary.hpp"

#include "../support/plain_text.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <utility>

using fanfare::JobState, fanfare::JobStatus, fanfare::JsonValue, fanfare::Level, fanfare::LogLine;
using examples::plain_text;

namespace {

bool has(JsonValue root, std::initializer_list<std::string_view> members) {
  return std::all_of(members.begin(), members.end(), [&](std::string_view name) { return bool(root.member(name)); });
}

// Many vocabularies call something "progress"; a job's says of which task it is.
Vocabulary vocabulary_of(std::string_view type, JsonValue root) {
  const bool job = type == "snapshot" ? has(root, {"percent", "tasks", "prompts"})
                   : type == "status" ? has(root, {"percent", "stage", "message"})
                   : type == "register" || type == "progress" || type == "finish" ? has(root, {"task", "current", "total"})
                   : type == "done" ? has(root, {"status", "percent"})
                   : type == "log"  ? has(root, {"level", "message", "time"})
                                    : false;
  return job ? Vocabulary::job : Vocabulary::other;
}

bool is_librarys_own(std::string_view type) {
  return type == "reset" || type == "synced" || type == "skipped" || type == "gone";
}

void add_old_log(const std::vector<LogLine>& log, fanfare::WallTime known, std::vector<News>& news) {
  auto from = std::find_if(log.begin(), log.end(), [&](const LogLine& line) { return line.time > known; });
  if (log.end() - from > static_cast<std::ptrdiff_t>(Watched::max_old_log_lines)) {
    from = log.end() - static_cast<std::ptrdiff_t>(Watched::max_old_log_lines);
  }
  for (; from != log.end(); ++from) news.push_back({News::Kind::log, from->level, plain_text(from->message)});
}

std::string end_text(const JobState& state) {
  std::string text(word_of(state.status));
  if (!state.stage.empty()) text += ", " + plain_text(state.stage);
  const std::string& why = state.error.empty() ? state.message : state.error;
  if (state.ended() && !why.empty()) text += ": " + plain_text(why);
  return text;
}

// What a job's event has changed.
class JobNews {
 public:
  JobNews(const WatchedTopic& topic, std::string_view type)
      : topic_(topic),
        type_(type),
        status_(topic.state.status),
        stage_(topic.state.stage),
        prompts_(topic.state.prompts.size()),
        last_log_(topic.state.log.empty() ? fanfare::WallTime{} : topic.state.log.back().time) {}

  std::vector<News> after(std::string_view json) const {
    const JobState& state = topic_.state;
    std::vector<News> news;
    if (type_ == "snapshot") add_old_log(state.log, last_log_, news);
    if (type_ == "log" && !state.log.empty()) {
      news.push_back({News::Kind::log, state.log.back().level, plain_text(state.log.back().message)});
    }
    if (state.prompts.size() > prompts_) {
      news.push_back({News::Kind::question, Level::warning, "question: " + describe(state.prompts.back())});
    }
    if (state.prompts.size() < prompts_ && type_.ends_with(fanfare::resolved_suffix)) {
      if (const auto answer = fanfare::from_json<fanfare::PromptResolved>(json)) {
        news.push_back({News::Kind::question, Level::info, "question " + plain_text(answer->prompt) + ": " +
                                                               plain_text(answer->answer) + " (" + by(answer->by) + ")"});
      }
    }
    if (type_ == "finish") add_task(json, news);
    if (type_ == "done") {
      news.push_back({News::Kind::end, topic_.failed() ? Level::error : Level::info, end_text(state)});
    } else if (!state.ended() && (state.status != status_ || state.stage != stage_)) {
      news.push_back({News::Kind::status, Level::info, {}});
    } else if (!state.ended() && (type_ == "progress" || type_ == "status" || type_ == "snapshot")) {
      news.push_back({News::Kind::progress, Level::info, {}});
    }
    return news;
  }

 private:
  static std::string by(fanfare::AnsweredBy who) {
    switch (who) {
      case fanfare::AnsweredBy::watcher: return "answered";
      case fanfare::AnsweredBy::timeout: return "nobody answered";
      case fanfare::AnsweredBy::cancel: return "it was cancelled";
      default: return "it has ended";
    }
  }

  void add_task(std::string_view json, std::vector<News>& news) const {
    const auto finished = fanfare::from_json<fanfare::TaskFinished>(json);
    const fanfare::TaskState* task = finished ? topic_.state.task(finished->task) : nullptr;
    if (!task) return;
    const bool failed = task->status == fanfare::TaskStatus::error;
    std::string text = plain_text(task->label) + (failed ? ": failed" : ": complete");
    if (!task->message.empty()) text += ", " + plain_text(task->message);
    news.push_back({News::Kind::task, failed ? Level::error : Level::info, std::move(text)});
  }

  const WatchedTopic& topic_;
  const std::string_view type_;
  const JobStatus status_;
  const std::string stage_;
  const std::size_t prompts_;
  const fanfare::WallTime last_log_;
};

std::vector<News> apply_other(WatchedTopic& topic, std::string_view type, JsonValue root, std::string_view json,
                              fanfare::SteadyTime at) {
  const JobStatus status = topic.state.status;
  const std::string stage = topic.state.stage;
  const Understood understood = absorb(topic.state, type, root, at);
  topic.has_progress |= understood.progress;
  topic.ended |= understood.end;
  std::vector<News> news;
  if (understood.end) {
    news.push_back({News::Kind::end, topic.failed() ? Level::error : Level::info, end_text(topic.state)});
  } else if (!understood.progress) {
    news.push_back({News::Kind::event, Level::info, plain_text(type) + ' ' + plain_text(json)});
  } else if (status != topic.state.status || stage != topic.state.stage) {
    news.push_back({News::Kind::status, Level::info, {}});
  } else {
    news.push_back({News::Kind::progress, Level::info, {}});
  }
  return news;
}

}  // namespace

std::vector<News> Watched::apply(std::string_view name, std::string_view type, std::string_view json,
                                 fanfare::SteadyTime at) {
  fanfare::JsonDocument document;
  if (document.parse(json)) return {};
  if (type == "skipped" || type == "synced") return {};
  WatchedTopic* topic = find_or_add(name);
  if (!topic) return {};
  if (type == "gone") {
    topic->ended = true;
    return {{News::Kind::event, Level::warning, "this topic does not exist, or no longer"}};
  }
  if (is_librarys_own(type)) return {};  // after a reset comes the snapshot, which replaces all

  const bool whole = type == "snapshot";
  if (topic->vocabulary == Vocabulary::unknown || whole) topic->vocabulary = vocabulary_of(type, document.root());
  if (topic->vocabulary == Vocabulary::other) return apply_other(*topic, type, document.root(), json, at);

  const JobNews before(*topic, type);
  if (!topic->state.apply(type, json, at)) {
    return {{News::Kind::event, Level::info, plain_text(type) + ' ' + plain_text(json)}};
  }
  topic->has_progress = true;
  topic->ended = topic->state.ended();
  return before.after(json);
}

std::string Watched::name_of(std::string_view topic) const {
  return plain_text(topic.empty() ? std::string_view(default_name_) : topic);
}

WatchedTopic* Watched::find_or_add(std::string_view topic) {
  std::string name = name_of(topic);
  for (WatchedTopic& known : topics_) {
    if (known.name == name) return &known;
  }
  if (topics_.size() == max_topics) return nullptr;
  topics_.push_back({.name = std::move(name)});
  return &topics_.back();
}

void Watched::restore(WatchedTopic topic) {
  if (WatchedTopic* known = find_or_add(topic.name)) *known = std::move(topic);
}

bool Watched::any_failed() const noexcept {
  return std::any_of(topics_.begin(), topics_.end(), [](const WatchedTopic& topic) { return topic.failed(); });
}

bool Watched::all_ended() const noexcept {
  return !topics_.empty() &&
         std::all_of(topics_.begin(), topics_.end(), [](const WatchedTopic& topic) { return topic.ended; });
}

std::string_view word_of(JobStatus status) noexcept {
  switch (status) {
    case JobStatus::queued: return "queued";
    case JobStatus::running: return "running";
    case JobStatus::complete: return "complete";
    default: return "failed";
  }
}

std::string describe(const fanfare::PromptState& prompt) {
  std::string choices;
  for (const std::string& choice : prompt.choices) choices += (choices.empty() ? "" : ", ") + plain_text(choice);
  if (!prompt.otherwise.empty()) choices += (choices.empty() ? "else " : "; else ") + plain_text(prompt.otherwise);
  std::string text = plain_text(prompt.type) + ' ' + plain_text(prompt.prompt);
  if (!choices.empty()) text += " (" + choices + ')';
  return text + ": " + plain_text(prompt.question.text);
}
