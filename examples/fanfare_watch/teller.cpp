#include "teller.hpp"

#include "drawing.hpp"

#include <cmath>

static std::string mark_of(fanfare::Level level) {
  return level == fanfare::Level::error ? "error: " : level == fanfare::Level::warning ? "warning: " : "";
}

std::vector<std::string> Teller::lines(const WatchedTopic& topic, const std::vector<News>& news, bool many,
                                       fanfare::SteadyTime now) {
  std::vector<std::string> lines;
  const std::string name = topic.name + ": ";
  for (const News& item : news) {
    const std::string text = (many ? name : std::string()) + item.text;
    switch (item.kind) {
      case News::Kind::log:
        lines.push_back((many ? name : std::string()) + mark_of(item.level) + item.text);
        break;
      case News::Kind::event:
        lines.push_back(text);
        break;
      case News::Kind::question:
      case News::Kind::task:
        if (!beside_bars_) lines.push_back(text);
        break;
      case News::Kind::end:
        if (!beside_bars_) lines.push_back(name + item.text);
        break;
      case News::Kind::status:
      case News::Kind::progress:
        if (beside_bars_ || (item.kind == News::Kind::progress && !worth_a_line(topic, now))) break;
        lines.push_back(summary(topic));
        told_.insert_or_assign(topic.name, Told{topic.state.percent, now});
        break;
    }
  }
  return lines;
}

bool Teller::worth_a_line(const WatchedTopic& topic, fanfare::SteadyTime now) const {
  const auto found = told_.find(topic.name);
  if (found == told_.end()) return true;
  const double moved = std::fabs(topic.state.percent - found->second.percent);
  return moved >= step || (moved > 0 && now - found->second.at >= interval);
}
