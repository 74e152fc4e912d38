/// A Member over a pipe that takes as much as the test allows, in a format that is a line per event:
/// what it got can be cut into whole images again.
#pragma once

#include <fanfare/core/broker.hpp>
#include <fanfare/core/broker_core.hpp>
#include <fanfare/core/fanout/cohort.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// "type|topic|n|seq|json\n"
class LineFormat final : public fanfare::Format {
 public:
  void encode(const fanfare::Event& event, std::string& out) const override {
    out.append(event.type()) += '|';
    out.append(event.topic()) += '|';
    out += std::to_string(event.position().n) + '|' + std::to_string(event.seq()) + '|';
    out.append(event.json()) += '\n';
  }
};

inline constexpr std::string_view beat_line = "~\n";

class LineMember final : public fanfare::detail::Member {
 public:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  using Replay = fanfare::detail::Replay;
  using ImageRef = fanfare::detail::ImageRef;

  LineMember(fanfare::detail::ShardCore& shard, const fanfare::Format& format,
             std::chrono::milliseconds beat_interval = std::chrono::milliseconds(0))
      : shard_(shard), format_(format), beat_interval_(beat_interval) {}
  ~LineMember() override { close(); }
  LineMember(const LineMember&) = delete;
  LineMember& operator=(const LineMember&) = delete;

  void start(const fanfare::detail::SelectionRef& selection, const fanfare::detail::ResumeFrom& from = {}) {
    std::vector<fanfare::Event> first;
    replay_ = Replay::attach(shard_.context(), selection, from, first);
    keep(first);
    go_on();
  }
  /// Room for so many bytes more; it goes on if it was stuck.
  void allow(std::size_t bytes) {
    room = bytes > unlimited - room ? unlimited : room + bytes;
    if (blocked_) go_on();
  }
  void close() {
    if (in_cohort()) cohort()->leave(*this);
    replay_.reset();
    left_.clear();
    closed_ = true;
    blocked_ = false;
  }

  // Member
  std::size_t write(std::string_view bytes) noexcept override {
    ++writes;
    if (broken) {
      close();
      return gone;
    }
    return take(bytes);
  }
  void fell_short(Replay replay, ImageRef image, std::size_t offset) override {
    ++shorts;
    replay_ = std::move(replay);
    left_.push_front(std::move(image));
    offset_ = offset;
    blocked_ = true;
  }
  Level level_with(std::uint64_t at) override {
    if (replay_->at() > at) return Level::ahead;
    if (!pump(at)) {
      blocked_ = !closed_;
      return Level::busy;
    }
    if (replay_->at() > at || replay_->opening()) return Level::ahead;
    replay_.reset();
    return Level::reached;
  }
  /// Takes no room, so that what a member gets does not hang on when a beat came.
  void beat() override {
    stray_beat = stray_beat || last_byte_ != '\n';
    received += beat_line;
    ++beats;
  }
  void ended() override {
    ++ends;
    closed_ = true;
  }
  void failed() override {
    ++fails;
    closed_ = true;
  }

  bool blocked() const noexcept { return blocked_; }
  bool closed() const noexcept { return closed_; }

  std::string received;
  std::size_t room = unlimited;
  std::size_t budget = 8;  ///< events that it reads at once by itself
  int writes = 0, shorts = 0, beats = 0, ends = 0, fails = 0;
  bool broken = false;
  bool stray_beat = false;  ///< one came within an image

 private:
  std::size_t take(std::string_view bytes) {
    const std::size_t taken = std::min(room, bytes.size());
    received.append(bytes.substr(0, taken));
    if (taken != 0) last_byte_ = bytes[taken - 1];
    if (room != unlimited) room -= taken;
    return taken;
  }
  void keep(const std::vector<fanfare::Event>& events) {
    for (const auto& event : events) left_.push_back(event.record().image(format_, event.bare()));
  }
  /// Sends what is left and then what the log has up to the limit. Returns whether it got there.
  bool pump(std::uint64_t limit) {
    for (;;) {
      while (!left_.empty()) {
        const std::string_view bytes = left_.front()->bytes();
        offset_ += take(bytes.substr(offset_));
        if (offset_ < bytes.size()) return false;
        left_.pop_front();
        offset_ = 0;
      }
      std::vector<fanfare::Event> events;
      const bool more = replay_->read(shard_.context(), limit, shorts > 0, {budget, 1 << 20}, events);
      if (events.empty() && !more) return true;
      keep(events);
    }
  }
  void go_on() {
    blocked_ = false;
    if (!pump(shard_.context().sequencer->committed())) {
      blocked_ = true;
      return;
    }
    if (replay_->ended()) return ended();
    shard_.join(*this, *replay_, format_, beat_interval_);
  }

  fanfare::detail::ShardCore& shard_;
  const fanfare::Format& format_;
  const std::chrono::milliseconds beat_interval_;
  std::optional<Replay> replay_;
  std::deque<ImageRef> left_;
  std::size_t offset_ = 0;
  char last_byte_ = '\n';
  bool blocked_ = false, closed_ = false;
};

/// A line cut into its fields; whole is false when it is no image of the format.
struct Line {
  std::string type = {}, topic = {}, json = {};
  std::uint64_t n = 0, seq = 0;
  bool whole = false;

  static Line parse(std::string_view text) {
    std::string_view fields[4];
    for (auto& field : fields) {
      const auto end = text.find('|');
      if (end == std::string_view::npos) return {};
      field = text.substr(0, end);
      text.remove_prefix(end + 1);
    }
    const auto n = fanfare::detail::parse_number(fields[2]), seq = fanfare::detail::parse_number(fields[3]);
    if (!n || !seq || text.empty()) return {};
    return {std::string(fields[0]), std::string(fields[1]), std::string(text), *n, *seq, true};
  }
};

/// Cuts what was received into lines; an unfinished one at the end stays.
inline std::vector<std::string> take_lines(std::string& received) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = received.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(received.substr(begin, end - begin));
  }
  received.erase(0, begin);
  return lines;
}
