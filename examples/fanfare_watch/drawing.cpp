#include "drawing.hpp"

#include "drawn_line.hpp"
#include "figures.hpp"

#include "../support/plain_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

using examples::plain_text;
using fanfare::JobState, fanfare::JobStatus, fanfare::PromptState, fanfare::TaskState, fanfare::TaskStatus;

namespace {

constexpr std::size_t max_prompts = 3;   // shown of a topic
constexpr std::size_t max_depth = 4;     // of tasks, as far as they are indented

Style style_of(JobStatus status) noexcept {
  return status == JobStatus::complete ? Style::good : status == JobStatus::error ? Style::bad : Style::strong;
}
Style style_of(TaskStatus status) noexcept {
  return status == TaskStatus::complete ? Style::good : status == TaskStatus::error ? Style::bad : Style::bar;
}

std::string left_of(const std::optional<double>& eta) {
  const std::string time = eta ? duration(*eta) : std::string();
  return time.empty() ? time : time + " left";
}

const std::string& words_of(const JobState& state) {
  return state.status == JobStatus::error && !state.error.empty() ? state.error : state.message;
}

/// The lines of one topic.
class TopicDrawing {
 public:
  TopicDrawing(const WatchedTopic& topic, const Sheet& sheet) : topic_(topic), state_(topic.state), sheet_(sheet) {}

  /// Without tasks.
  std::vector<std::string> fixed() const {
    std::vector<std::string> lines{head()};
    if (!topic_.has_progress) return lines;
    lines.push_back(whole());
    const std::string message = plain_text(words_of(state_));
    if (!message.empty()) {
      lines.push_back(line().space(2).add(message, topic_.failed() ? Style::bad : Style::quiet).take());
    }
    for (const PromptState& prompt : state_.prompts) {
      if (lines.size() == 3 + max_prompts) break;
      lines.push_back(line().add("? ", Style::asking).add(describe(prompt), Style::asking).take());
    }
    return lines;
  }

  /// At most that many lines of tasks.
  std::vector<std::string> tasks(std::size_t rows) {
    std::vector<std::string> lines;
    if (state_.tasks.empty() || rows == 0) return lines;
    const std::size_t shown = state_.tasks.size() <= rows ? rows : rows - 1;  // one says how many are left out
    const std::vector<std::size_t> chosen = choose(shown);
    measure(chosen);
    for (const std::size_t index : chosen) lines.push_back(task(state_.tasks[index]));
    if (chosen.size() < state_.tasks.size()) lines.push_back(left_out(chosen));
    return lines;
  }

  /// All of it in one line.
  std::string compact() const {
    DrawnLine drawn = line();
    drawn.field(topic_.name, std::clamp<std::size_t>(sheet_.columns / 3, 1, 24), style_of(state_.status));
    if (!topic_.has_progress) return drawn.take();
    drawn.space();
    if (const std::size_t width = bar_width(); width > 0) {
      add_bar(drawn, state_.percent / 100, width, style_of_whole(), sheet_.blocks);
      drawn.space();
    }
    drawn.add(percent(state_.percent)).space(2);
    drawn.add(state_.ended() ? std::string(word_of(state_.status)) : left_of(state_.eta), style_of(state_.status));
    return drawn.take();
  }

 private:
  DrawnLine line() const { return {sheet_.columns, sheet_.colour}; }

  std::size_t bar_width() const noexcept {
    const std::size_t columns = sheet_.columns;
    return columns >= 100 ? 30 : columns >= 60 ? 20 : columns >= 34 ? 10 : 0;
  }
  Style style_of_whole() const noexcept { return state_.ended() ? style_of(state_.status) : Style::bar; }

  std::string head() const {
    DrawnLine drawn = line();
    if (!topic_.has_progress) return drawn.add(topic_.name, Style::strong).take();
    // A long name leaves room for the word, unless that would leave next to none of the name.
    const std::string_view word = word_of(state_.status);
    const std::size_t after = 2 + word.size();
    const std::size_t room = sheet_.columns >= after + 6 ? sheet_.columns - after : sheet_.columns;
    drawn.add(examples::clipped(topic_.name, room), Style::strong).space(2).add(word, style_of(state_.status));
    if (!state_.stage.empty()) drawn.space(2).add(plain_text(state_.stage), Style::quiet);
    return drawn.take();
  }

  std::string whole() const {
    DrawnLine drawn = line();
    const std::string time = left_of(state_.eta);
    constexpr std::size_t after = 6 + 14;  // whether there is a time or not, so that the bar keeps its length
    if (sheet_.columns >= after + 10) {
      add_bar(drawn, state_.percent / 100, std::min<std::size_t>(sheet_.columns - after, 60), style_of_whole(),
              sheet_.blocks);
      drawn.space();
    }
    drawn.add(percent(state_.percent), Style::strong);
    if (!time.empty()) drawn.space(2).add(time);
    return drawn.take();
  }

  // In their order: of those that run, then that failed, then of the others the newest.
  std::vector<std::size_t> choose(std::size_t count) const {
    const auto& all = state_.tasks;
    std::vector<std::size_t> chosen;
    const auto take = [&](TaskStatus status, bool newest_first) {
      for (std::size_t i = 0; i < all.size() && chosen.size() < count; ++i) {
        const std::size_t index = newest_first ? all.size() - 1 - i : i;
        if (all[index].status == status) chosen.push_back(index);
      }
    };
    take(TaskStatus::running, false);
    take(TaskStatus::error, true);
    take(TaskStatus::complete, true);
    std::sort(chosen.begin(), chosen.end());
    return chosen;
  }

  std::size_t depth_of(const TaskState& task) const noexcept {
    std::size_t depth = 0;
    for (const TaskState* at = &task; !at->parent.empty() && depth < max_depth; ++depth) {
      at = state_.task(at->parent);
      if (!at) break;
    }
    return depth;
  }

  void measure(const std::vector<std::size_t>& chosen) {
    std::size_t widest = 1;
    for (const std::size_t index : chosen) {
      const TaskState& task = state_.tasks[index];
      widest = std::max(widest, 2 * depth_of(task) + examples::columns_of(label_of(task)));
    }
    const std::size_t bar = bar_width();
    const std::size_t room = sheet_.columns - std::min(sheet_.columns, 2 + 1 + (bar > 0 ? bar + 1 : 0) + 6);
    // A long label may have what the figures leave, but at least a third of the line.
    const std::size_t most = std::max(sheet_.columns / 3, room - std::min<std::size_t>(room, 40));
    label_width_ = std::min(widest, std::max<std::size_t>(std::min(most, room), 1));
  }

  static std::string label_of(const TaskState& task) { return plain_text(task.label.empty() ? task.task : task.label); }

  std::string task(const TaskState& task) const {
    DrawnLine drawn = line();
    drawn.space(2);
    const std::size_t indent = std::min(2 * depth_of(task), label_width_ - 1);
    drawn.space(indent).field(label_of(task), label_width_ - indent);
    drawn.space();
    const bool known = task.total > 0;
    const bool complete = task.status == TaskStatus::complete;
    const double fraction = complete ? 1 : known ? static_cast<double>(task.current) / static_cast<double>(task.total) : 0;
    if (const std::size_t width = bar_width(); width > 0) {
      add_bar(drawn, fraction, width, style_of(task.status), sheet_.blocks);
      drawn.space();
    }
    const bool open_end = !known && task.status == TaskStatus::running;
    drawn.add(open_end ? "  ?  " : percent(100 * fraction));
    add_figures(drawn, task);
    return drawn.take();
  }

  // As many as fit, the most useful first; a message has what is left.
  static void add_figures(DrawnLine& line, const TaskState& task) {
    if (task.status == TaskStatus::error) {
      line.space(2).add(task.message.empty() ? "failed" : plain_text(task.message), Style::bad);
      return;
    }
    std::string done;
    if (task.status == TaskStatus::complete || task.total == 0) {
      if (task.current > 0) done = amount(static_cast<double>(task.current), task.unit);
    } else {
      done = amount_of(task.current, task.total, task.unit);
    }
    const bool running = task.status == TaskStatus::running;
    const std::array<std::string, 3> figures{running ? left_of(task.eta) : std::string("complete"), std::move(done),
                                             running && task.rate && *task.rate > 0 ? rate(*task.rate, task.unit) : std::string()};
    for (const std::string& figure : figures) {
      if (figure.empty() || examples::columns_of(figure) + 2 > line.left()) continue;
      line.space(2).add(figure, running ? Style::plain : Style::good);
    }
    const std::string message = plain_text(task.message);
    if (!message.empty() && line.left() > 10) line.space(2).add(message, Style::quiet);
  }

  std::string left_out(const std::vector<std::size_t>& chosen) const {
    std::size_t running = 0, failed = 0, complete = 0;
    std::size_t next = 0;
    for (std::size_t i = 0; i < state_.tasks.size(); ++i) {
      if (next < chosen.size() && chosen[next] == i) {
        ++next;
        continue;
      }
      const TaskStatus status = state_.tasks[i].status;
      ++(status == TaskStatus::running ? running : status == TaskStatus::error ? failed : complete);
    }
    std::string text = "and " + std::to_string(running + failed + complete) + " more";
    std::string parts;
    const auto part = [&](std::size_t count, std::string_view word) {
      if (count > 0) parts += (parts.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string(word);
    };
    part(running, "running");
    part(failed, "failed");
    part(complete, "complete");
    return line().space(2).add(text + ": " + parts, Style::quiet).take();
  }

  const WatchedTopic& topic_;
  const JobState& state_;
  const Sheet& sheet_;
  std::size_t label_width_ = 1;
};

void add(std::vector<std::string>& to, std::vector<std::string> lines) {
  to.insert(to.end(), std::make_move_iterator(lines.begin()), std::make_move_iterator(lines.end()));
}

}  // namespace

std::vector<std::string> draw(const std::vector<WatchedTopic>& topics, std::string_view link, const Sheet& sheet) {
  std::vector<std::string> lines;
  if (sheet.rows == 0 || sheet.columns == 0) return lines;
  if (!link.empty()) {
    lines.push_back(DrawnLine(sheet.columns, sheet.colour).add(plain_text(link), Style::asking).take());
  }
  std::vector<TopicDrawing> drawings;
  for (const WatchedTopic& topic : topics) drawings.emplace_back(topic, sheet);

  std::vector<std::vector<std::string>> fixed;
  std::size_t used = lines.size();
  for (const TopicDrawing& drawing : drawings) used += fixed.emplace_back(drawing.fixed()).size();
  if (used > sheet.rows && drawings.size() > 1) {
    for (std::size_t i = 0; i < drawings.size(); ++i) {
      if (lines.size() + 1 >= sheet.rows && i + 1 < drawings.size()) {
        const std::string text = "and " + std::to_string(drawings.size() - i) + " more topics";
        lines.push_back(DrawnLine(sheet.columns, sheet.colour).add(text, Style::quiet).take());
        break;
      }
      lines.push_back(drawings[i].compact());
    }
  } else {
    for (std::size_t i = 0; i < drawings.size(); ++i) {
      const std::size_t room = sheet.rows > used ? (sheet.rows - used) / (drawings.size() - i) : 0;
      std::vector<std::string> tasks = drawings[i].tasks(room);
      used += tasks.size();
      add(lines, std::move(fixed[i]));
      add(lines, std::move(tasks));
    }
  }
  if (lines.size() > sheet.rows) lines.resize(sheet.rows);
  return lines;
}

std::string summary(const WatchedTopic& topic) {
  std::string text = topic.name + ": " + std::string(word_of(topic.state.status));
  if (!topic.has_progress) return text;
  std::string number = percent(topic.state.percent);
  number.erase(0, number.find_first_not_of(' '));
  text += ' ' + number;
  if (!topic.state.stage.empty()) text += ", " + plain_text(topic.state.stage);
  const std::string time = topic.state.ended() ? std::string() : left_of(topic.state.eta);
  if (!time.empty()) text += ", " + time;
  return text;
}
