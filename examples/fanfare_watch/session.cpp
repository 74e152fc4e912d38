#include "session.hpp"

#include "exit_status.hpp"

#include "../support/plain_text.hpp"

#include <fanfare/wire/json_writer.hpp>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

using fanfare::Link;

Session::Session(const Settings& settings, Output output, std::function<void()> wake)
    : url_(settings.url),
      subject_(settings.subject()),
      output_(output),
      wake_(std::move(wake)),
      watched_(settings.default_name()),
      teller_(output == Output::bars),
      link_text_("connecting to " + settings.url) {}

void Session::attach(fanfare::Client& client) {
  client.on_other([this](const fanfare::Event& event) { on_event(event); });
  client.on_link([this](Link link, std::error_code error) { on_link(link, error); });
  client.on_problem([this](const fanfare::Problem& problem) { on_problem(problem); });
}

void Session::on_event(const fanfare::Event& event) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    ahead_ = true;
    const std::vector<News> news = watched_.apply(event.topic(), event.type(), event.json(), now);
    if (output_ != Output::json) {
      const std::string name = watched_.name_of(event.topic());
      for (const WatchedTopic& topic : watched_.topics()) {
        if (topic.name != name) continue;
        for (std::string& line : teller_.lines(topic, news, watched_.topics().size() > 1, now)) add_line(std::move(line));
      }
    }
  }
  // Without the lock, for whoever reads it may be slow. This holds the server up, as it should.
  if (output_ == Output::json) print_json(event);
  wake_();
}

void Session::print_json(const fanfare::Event& event) {
  std::string line = "{\"topic\":";
  line += fanfare::to_json(watched_.name_of(event.topic()));
  line += ",\"type\":" + fanfare::to_json(std::string(event.type()));
  if (event.position().n > 0) line += ",\"id\":" + fanfare::to_json(event.position().str());
  if (event.seq() > 0) line += ",\"seq\":" + std::to_string(event.seq());
  line.append(",\"data\":").append(event.json()) += "}\n";
  if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0) return;
  const int error = errno;
  const std::lock_guard lock(mutex_);
  if (!output_error_) output_error_ = std::error_code(error, std::generic_category());
}

void Session::on_link(Link link, std::error_code error) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    over_ = is_last(link);
    std::string text;
    if (link == Link::connecting && !link_) text = "connecting to " + url_;
    else if (link == Link::connecting) text = link_text_;  // as it was while waiting
    else if (link == Link::waiting) text = "no connection (" + error.message() + "), trying again";
    if (output_ != Output::bars && link == Link::waiting && text != link_text_ && !over_) add_line(text);
    if (output_ == Output::lines && link == Link::connected && link_ && !link_text_.starts_with("connecting")) {
      add_line("connected again");
    }
    link_text_ = std::move(text);
    link_ = link;
    error_ = error;
  }
  wake_();
}

void Session::on_problem(const fanfare::Problem& problem) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    add_line("problem: " + problem.error.message() + (problem.detail.empty() ? "" : ": ") +
             examples::plain_text(problem.detail));
  }
  wake_();
}

void Session::add_line(std::string line) {
  if (lines_.size() == max_lines) {
    lines_.pop_front();
    ++left_out_;
  }
  lines_.push_back(std::move(line));
}

void Session::on_position(const std::string& position) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    position_ = position;
    ahead_ = false;
    save_is_due_ = true;
  }
  wake_();
}

void Session::restore(Saved saved) {
  const std::lock_guard lock(mutex_);
  position_ = std::move(saved.position);
  for (WatchedTopic& topic : saved.topics) watched_.restore(std::move(topic));
}

// A server may be gone as soon as it has told the end, and then nobody is left to say that there is no more to come.
bool Session::is_last(Link link) const {
  return link == Link::ended || link == Link::gave_up || (link == Link::waiting && watched_.all_ended());
}

ToPrint Session::take() {
  const std::lock_guard lock(mutex_);
  ToPrint result;
  if (left_out_ > 0) result.lines.push_back("(" + std::to_string(std::exchange(left_out_, 0)) + " lines left out here)");
  result.lines.insert(result.lines.end(), std::make_move_iterator(lines_.begin()), std::make_move_iterator(lines_.end()));
  lines_.clear();
  if (output_ == Output::bars) result.topics = watched_.topics();
  result.over = over_;
  if (!over_) result.link = link_text_;
  return result;
}

bool Session::save_is_due() const {
  const std::lock_guard lock(mutex_);
  return save_is_due_;
}

std::optional<Saved> Session::to_save() {
  const std::lock_guard lock(mutex_);
  if (!save_is_due_ || ahead_) return std::nullopt;
  save_is_due_ = false;
  Saved saved{subject_, position_, {}};
  if (!position_.empty()) saved.topics = watched_.topics();
  return saved;
}

bool Session::has_heard() const {
  const std::lock_guard lock(mutex_);
  return !watched_.topics().empty();
}

int Session::status() const {
  const std::lock_guard lock(mutex_);
  if (link_ == Link::gave_up && !watched_.all_ended()) return given_up;
  return watched_.any_failed() ? failed : done;
}

std::error_code Session::output_error() const {
  const std::lock_guard lock(mutex_);
  return output_error_;
}

std::string Session::why() const {
  const std::lock_guard lock(mutex_);
  return error_ ? error_.message() : "no reason is known";
}
