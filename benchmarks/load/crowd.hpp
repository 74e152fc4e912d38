/// All subscribers on one epoll loop: opens them, reads and checks what they get, and counts it.
#pragma once

#include "histogram.hpp"
#include "options.hpp"
#include "subscriber.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace load {

struct Counts {
  OrderCounts order;
  std::uint64_t events = 0, bytes = 0, reads = 0, unnumbered = 0, comments = 0;  // in the measurement
  std::uint64_t events_in_all = 0;                                               // since the beginning
  std::uint64_t slow_events = 0, slow_bytes = 0, slow_closed = 0;
  std::uint64_t closed = 0, refused = 0, wrong = 0, returned = 0, pings = 0;
};

class Crowd {
 public:
  explicit Crowd(const Options& options);
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Connects the next one that has never been connected. False when there is none left.
  bool open_next();
  /// Waits at most so long for something to happen, and handles it.
  void turn(int milliseconds);
  /// Disconnects abruptly; it returns once `at` has come.
  void send_away(Subscriber& subscriber, std::uint64_t at);
  /// Connects those again whose time has come.
  void bring_back(std::uint64_t now);
  /// Reads at most so many bytes of one that is slow.
  void read_slowly(Subscriber& subscriber, std::size_t most) { read_from(subscriber, most); }

  void begin_measuring(std::uint64_t now);
  void end_measuring() { measuring_ = false; }
  bool measuring() const { return measuring_; }

  int live() const { return live_; }
  int pending() const { return pending_; }
  /// How many have got the messages that they were to get.
  int done() const { return done_; }
  std::vector<Subscriber>& subscribers() { return subscribers_; }
  const Counts& counts() const { return counts_; }

  // Nanoseconds. From connect to the head of the answer, to the first event, and to the first event that was
  // published after the connect: then a returning subscriber is level with the others.
  Histogram latency, handshake, first_event, level;
  std::vector<Histogram> by_second;

 private:
  class Stream;
  class Frames;

  void connect(Subscriber& subscriber);
  void watch(Subscriber& subscriber, std::uint32_t events, bool add = false);
  void drop(Subscriber& subscriber, State to, bool by_server);
  bool fail(Subscriber& subscriber);
  std::string request(const Subscriber& subscriber) const;
  std::string expand(std::string text, std::uint32_t index) const;
  void on_event(Subscriber& subscriber, std::uint32_t events);
  void send_request(Subscriber& subscriber);
  bool read_from(Subscriber& subscriber, std::size_t most);
  bool take_head(Subscriber& subscriber, char*& bytes, std::size_t& size);
  bool accepts(std::string_view head) const;
  void become_live(Subscriber& subscriber);
  bool take_body(Subscriber& subscriber, char* bytes, std::size_t old, std::size_t size, std::uint64_t now);
  void take_payload(Subscriber& subscriber, std::string_view payload, std::uint64_t now, bool counts);
  void take_stamp(Subscriber& subscriber, std::string_view payload, std::uint64_t now);
  void count_event(Subscriber& subscriber, std::uint64_t now);

  const Options& options_;
  const std::string seq_pattern_, stamp_pattern_, other_stamp_pattern_;
  int epoll_;
  std::vector<Subscriber> subscribers_;
  std::size_t opened_ = 0;
  std::vector<char> buffer_;
  std::deque<std::pair<std::uint64_t, std::uint32_t>> away_;  // when it returns, which
  Counts counts_;
  bool measuring_ = false;
  std::uint64_t measuring_since_ = 0;
  int live_ = 0, pending_ = 0, done_ = 0;
};

}  // namespace load
