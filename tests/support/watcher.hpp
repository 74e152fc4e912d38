/// A client that knows only what the wire gave it: the text of a position, and per topic the last snapshot
/// with the events applied since. It fails the test when the wire breaks its promises.
#pragma once

#include "support/catch.hpp"
#include "support/vocabulary.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// What a `gone` block says.
struct Gone {
  std::string topic = {};
};
FANFARE_DESCRIBE(Gone, topic);

class Watcher {
 public:
  /// What it knows of a topic.
  struct View {
    bool begun = false;  ///< it has a snapshot
    vocabulary::Tally tally = {};
    std::uint64_t seq = 0;
    bool done = false;
    /// Up to here it came without ids on an earlier connection that was cut before `synced`: a topic had
    /// been added, and the position from before that brings it once more.
    std::uint64_t repeated_to = 0;
    std::uint64_t bare_seq = 0;  ///< the same of this connection
  };

  /// "type position topic seq json\n"; "-" for no position.
  static void write(const fanfare::Event& event, std::string& wire) {
    wire.append(event.type()) += '\t';
    wire += event.position().n == 0 ? "-" : event.position().str();
    wire += '\t';
    wire.append(event.topic()) += '\t';
    wire += std::to_string(event.seq()) + '\t';
    wire.append(event.json()) += '\n';
  }

  /// @param browser  keeps its position over a `reset` until there is a new one, as an EventSource does;
  ///                 others drop it, for it may still be valid for some of the topics
  Watcher(const std::vector<std::string>& wanted, bool browser)
      : topics(wanted.begin(), wanted.end()), browser_(browser) {}

  /// What a new connection asks for: the topics that its position covers, and those to be added fresh.
  std::vector<std::string> resumed() const {
    if (position.empty()) return {topics.begin(), topics.end()};
    return {covered.begin(), covered.end()};
  }
  std::vector<std::string> added() const {
    std::vector<std::string> rest;
    if (position.empty()) return rest;
    for (const auto& topic : topics) {
      if (!covered.contains(topic)) rest.push_back(topic);
    }
    return rest;
  }
  /// @param asked   the topics it asked for at once
  /// @param adds    those that it added then; the rest it did not ask for at all
  /// @param fresh   it sent no position
  /// @param forged  it sent one that was not its own
  void connected(const std::vector<std::string>& asked, const std::vector<std::string>& adds, bool fresh, bool forged) {
    buffer_.clear();
    if (fresh) position.clear(), covered.clear();
    asked_ = asked.size();
    opens_all_ = fresh;
    added_ = {adds.begin(), adds.end()};
    absent_ = topics;
    for (const auto& name : asked) absent_.erase(name);
    for (const auto& name : adds) absent_.erase(name);
    forged_ = forged;
    last_id_ = 0;
    for (auto& [name, view] : views) view.repeated_to = std::max(view.repeated_to, view.bare_seq);
    std::string how = "(connected: " + std::to_string(asked_) + (fresh ? " fresh" : "") + (forged ? " forged" : "");
    for (const auto& name : added_) how += " adds " + name;
    recent_.push_back(how + ")");
  }
  void want(const std::string& topic) {
    topics.insert(topic);
    views.erase(topic);
    added_.insert(topic);
    recent_.push_back("(adds " + topic + ")");
  }
  /// Whether it waits for synced.
  bool opening() const noexcept { return (opens_all_ && asked_ > 1) || !added_.empty(); }
  void forget(const std::string& topic) {
    topics.erase(topic);
    covered.erase(topic);
    views.erase(topic);
    if (covered.empty()) position.clear();
    recent_.push_back("(removes " + topic + ")");
  }
  void receive(std::string_view bytes) {
    buffer_ += bytes;
    std::size_t begin = 0;
    for (std::size_t end; (end = buffer_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      apply(std::string_view(buffer_).substr(begin, end - begin));
    }
    buffer_.erase(0, begin);
  }
  bool quiet() const noexcept { return buffer_.empty(); }

  std::set<std::string> topics;   ///< that it wants
  std::set<std::string> covered;  ///< that its position speaks of
  std::string position;
  std::map<std::string, View> views;
  std::set<std::string> tags;

 private:
  template <class... Text>
  void broken(const Text&... text) {
    std::string all;
    for (const auto& line : recent_) all += "\n  " + line;
    std::ostringstream what;
    (what << ... << text);
    FAIL(what.str() << "; the last it got:" << all);
  }

  void apply(std::string_view line) {
    recent_.emplace_back(line);
    if (recent_.size() > 30) recent_.pop_front();
    std::string_view fields[5];
    for (auto& field : fields) {
      const auto end = &field == &fields[4] ? line.size() : line.find('\t');
      if (end == std::string_view::npos) broken("no whole block: ", line);
      field = line.substr(0, end);
      line.remove_prefix(std::min(line.size(), end + 1));
    }
    const auto& [type, id, topic_view, seq_text, json] = fields;
    const std::string topic(topic_view);
    const auto seq = fanfare::detail::parse_number(seq_text).value();

    if (type == "reset") {
      for (auto& [name, view] : views) {
        if (topic.empty() || name == topic) view.begun = false;
      }
      if (topic.empty()) opens_all_ = true;
      if (forged_ || !browser_) position.clear(), covered.clear();
      last_id_ = 0;
    } else if (type == "synced") {
      opens_all_ = false;
      added_.clear();
    } else if (type == "snapshot") {
      auto tally = fanfare::from_json<vocabulary::Tally>(json);
      if (!tally) broken("a snapshot that is none: ", json);
      if (topics.contains(topic)) views[topic] = {true, *std::move(tally), seq, false};
    } else if (type == "gone") {
      const auto name = fanfare::from_json<Gone>(json).value().topic;
      absent_.insert(name);
      if (added_.erase(name) == 0) --asked_;
    } else if (type != "skipped") {
      event(type, topic, seq, json);
    }
    if (id != "-") take_id(std::string(id), type, topic);
  }

  void event(std::string_view type, const std::string& topic, std::uint64_t seq, std::string_view json) {
    if (!topics.contains(topic)) return;  // under way when it was removed
    View& view = views[topic];
    if (!view.begun) broken("an event before the snapshot: ", topic, ' ', seq);
    if (seq <= view.repeated_to) return;
    if (seq <= view.seq) broken("twice, or out of order: ", topic, ' ', seq, " after ", view.seq);
    if (view.done) broken("after the last event: ", topic, ' ', seq);
    view.repeated_to = 0;
    view.seq = view.bare_seq = seq;  // an id, if it has one, comes at once
    if (type == "note") view.tally.apply(fanfare::from_json<vocabulary::Note>(json).value());
    if (type == "meter") view.tally.apply(fanfare::from_json<vocabulary::Meter>(json).value());
    if (type == "done") view.tally.apply(fanfare::from_json<fanfare::Done>(json).value()), view.done = true;
    if (type.starts_with("secret-") && !tags.contains(std::string(type.substr(7)))) broken("not for this one: ", type);
  }

  void take_id(std::string id, std::string_view type, const std::string& topic) {
    if (opening()) broken("an id while something is still owed: ", id, ' ', type);
    const auto n = fanfare::Position::parse(id).value().n;
    if (n < last_id_ || (n == last_id_ && type != "synced")) broken("ids went back: ", n, " after ", last_id_);
    last_id_ = n;
    for (auto& [name, view] : views) view.bare_seq = 0;
    const bool fresh = position.empty();
    position = std::move(id);
    if (type == "synced" || fresh || type == "snapshot") covered = topics;
    // A name that was used up may be begun anew, and positions of this stream say nothing about that log.
    for (const auto& [name, view] : views) {
      if (view.done) covered.erase(name);
    }
    for (const auto& name : absent_) covered.erase(name);
    if (type == "done" && topics.size() == 1) covered = {topic};
    if (covered.empty()) position.clear();
  }

  std::string buffer_;
  std::deque<std::string> recent_;
  std::set<std::string> absent_;  // not in this stream: gone, or not asked for
  const bool browser_;
  std::uint64_t last_id_ = 0;
  std::set<std::string> added_;   // whose start is owed
  std::size_t asked_ = 0;
  bool opens_all_ = false, forged_ = false;
};
