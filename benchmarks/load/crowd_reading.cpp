// What subscribers read: the answer to the request, then events.
#include "crowd.hpp"
#include "support.hpp"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdio>

namespace load {
namespace {

constexpr std::size_t max_head = 64 << 10;
constexpr std::string_view accept_value = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // of crowd.cpp's key

std::uint64_t number_at(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '"')) ++at;
  std::uint64_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + std::uint64_t(text[at] - '0');
  return number;
}

/// Much faster than std::string_view::find, which matters with millions of events a second.
std::size_t find(std::string_view text, std::string_view pattern) {
  const void* at = memmem(text.data(), text.size(), pattern.data(), pattern.size());
  return at ? std::size_t(static_cast<const char*>(at) - text.data()) : std::string_view::npos;
}

bool contains(std::string_view head, const char* lower_case) {
  return strcasestr(std::string(head).c_str(), lower_case);
}

}  // namespace

/// Takes an event stream's lines for one subscriber.
class Crowd::Stream final : public StreamSink {
 public:
  Stream(Crowd& crowd, Subscriber& subscriber, std::uint64_t now)
      : crowd_(crowd), subscriber_(subscriber), now_(now) {}

  void data(std::string_view text) override {
    crowd_.take_payload(subscriber_, text, now_, crowd_.options_.several_per_payload);
  }
  void id(std::string_view text) override {
    if (crowd_.options_.resumes()) subscriber_.last_id = text;
    if (crowd_.options_.seq_from_id) subscriber_.sequence.track(number_at(text, 0), crowd_.counts_.order);
  }
  void comment() override { ++crowd_.counts_.comments; }
  void event() override {
    if (!crowd_.options_.several_per_payload) crowd_.count_event(subscriber_, now_);
  }

 private:
  Crowd& crowd_;
  Subscriber& subscriber_;
  const std::uint64_t now_;
};

/// Takes WebSocket frames for one subscriber. Number and stamp must be in a message's first frame.
class Crowd::Frames final : public FrameSink {
 public:
  Frames(Crowd& crowd, Subscriber& subscriber, std::uint64_t now)
      : crowd_(crowd), subscriber_(subscriber), now_(now) {}

  void message(std::string_view payload, bool first, bool last) override {
    if (crowd_.options_.several_per_payload) return crowd_.take_payload(subscriber_, payload, now_, true);
    if (first && !crowd_.options_.compressed) crowd_.take_payload(subscriber_, payload, now_, false);
    if (last) crowd_.count_event(subscriber_, now_);
  }
  void ping(std::string_view payload) override {
    const std::string pong = client_frame(10, payload);
    (void)!send(subscriber_.socket, pong.data(), pong.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ++crowd_.counts_.pings;
  }
  void close() override { closed = true; }

  bool closed = false;

 private:
  Crowd& crowd_;
  Subscriber& subscriber_;
  const std::uint64_t now_;
};

bool Crowd::take_head(Subscriber& subscriber, char*& bytes, std::size_t& size) {
  const std::size_t end = find({bytes, size}, "\r\n\r\n");
  if (end == std::string_view::npos) {
    if (size > max_head) return fail(subscriber);
    subscriber.unread.assign(bytes, size);
    return false;
  }
  const std::string_view head(bytes, end + 2);
  if (!accepts(head)) {
    if (counts_.wrong == 0)
      std::fprintf(stderr, "fanload: unexpected answer: %.300s\n", std::string(head).c_str());
    return fail(subscriber);
  }
  subscriber.chunked = !options_.websocket && contains(head, "transfer-encoding: chunked");
  subscriber.unread.clear();
  bytes += end + 4, size -= end + 4;
  become_live(subscriber);
  return true;
}

bool Crowd::accepts(std::string_view head) const {
  if (head.size() < 12 || head.substr(8, 4) != (options_.websocket ? " 101" : " 200")) return false;
  if (options_.websocket && head.find(accept_value) == std::string_view::npos) return false;
  if (!options_.compressed) return true;
  return contains(head, options_.websocket ? "permessage-deflate" : "content-encoding: gzip");
}

void Crowd::become_live(Subscriber& subscriber) {
  subscriber.state = State::live;
  ++live_, --pending_;
  handshake.add(now_ns() - subscriber.connected);
  if (options_.websocket && !options_.websocket_text.empty()) {
    const std::string frame = client_frame(1, expand(options_.websocket_text, subscriber.index));
    (void)!send(subscriber.socket, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  if (subscriber.slow) watch(subscriber, EPOLLRDHUP);
}

/// @param old  what was read before; of chunked bodies it is decoded already
bool Crowd::take_body(Subscriber& subscriber, char* bytes, std::size_t old, std::size_t size,
                      std::uint64_t now) {
  bool ended = false;
  if (subscriber.chunked) {
    const std::uint64_t chunks = subscriber.chunks.chunks();
    const auto decoded = subscriber.chunks.decode(bytes + old, size - old);
    if (!decoded) return fail(subscriber);
    size = old + *decoded;
    ended = subscriber.chunks.finished();
    if (options_.compressed) {
      // Each event is a chunk of its own.
      for (auto left = subscriber.chunks.chunks() - chunks; left != 0; --left) count_event(subscriber, now);
      size = 0;
    }
  }
  std::size_t used = 0;
  if (options_.websocket) {
    Frames sink(*this, subscriber, now);
    const auto parsed = parse_frames({bytes, size}, options_.compressed, sink);
    if (!parsed) return fail(subscriber);
    used = *parsed;
    ended = sink.closed;
  } else {
    Stream sink(*this, subscriber, now);
    used = parse_event_stream({bytes, size}, subscriber.has_data, sink);
  }
  if (used < size) {
    subscriber.unread.assign(bytes + used, size - used);
  } else {
    subscriber.unread.clear();
  }
  if (ended) drop(subscriber, State::dead, true);
  return subscriber.socket >= 0;
}

void Crowd::take_payload(Subscriber& subscriber, std::string_view payload, std::uint64_t now, bool counts) {
  bool numbered = false;
  do {
    if (!options_.seq_from_id) {
      const std::size_t at = find(payload, seq_pattern_);
      const bool found = at != std::string_view::npos;
      if (!found && numbered) return;
      if (found) {
        subscriber.sequence.track(number_at(payload, at + seq_pattern_.size()), counts_.order);
        numbered = true;
        if (options_.several_per_payload) payload.remove_prefix(at + seq_pattern_.size());
      } else {
        ++counts_.unnumbered;
      }
    }
    take_stamp(subscriber, payload, now);
    if (counts) count_event(subscriber, now);
  } while (options_.several_per_payload && numbered);
}

void Crowd::take_stamp(Subscriber& subscriber, std::string_view payload, std::uint64_t now) {
  std::size_t at = find(payload, stamp_pattern_), length = stamp_pattern_.size();
  if (at == std::string_view::npos && !other_stamp_pattern_.empty()) {
    at = find(payload, other_stamp_pattern_), length = other_stamp_pattern_.size();
  }
  if (at == std::string_view::npos) return;
  const std::uint64_t stamp = number_at(payload, at + length);
  if (!subscriber.level && stamp >= subscriber.connected) {
    subscriber.level = true;
    if (measuring_) level.add(now - subscriber.connected);
  }
  if (!measuring_ || subscriber.slow) return;
  const std::uint64_t late = now > stamp ? now - stamp : 0;
  latency.add(late);
  if (!options_.by_second) return;
  const std::size_t second = std::size_t((now - measuring_since_) / 1'000'000'000);
  if (by_second.size() <= second) by_second.resize(second + 1);
  by_second[second].add(late);
}

void Crowd::count_event(Subscriber& subscriber, std::uint64_t now) {
  ++counts_.events_in_all;
  if (!subscriber.got_first) {
    subscriber.got_first = true;
    if (measuring_) first_event.add(now - subscriber.connected);
  }
  if (!measuring_) return;
  if (subscriber.slow) {
    ++counts_.slow_events;
    return;
  }
  ++counts_.events;
  if (++subscriber.measured == options_.messages) ++done_;
}

}  // namespace load
