#include "crowd.hpp"

#include "support.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace load {
namespace {

constexpr std::size_t read_size = 256 << 10;

// RFC 6455 sec. 1.3's own example, so that the answer is known without computing it.
constexpr const char* websocket_key = "dGhlIHNhbXBsZSBub25jZQ==";

void set(int socket, int level, int name, int value) {
  setsockopt(socket, level, name, &value, sizeof value);
}

/// Only so many share a source address, since its ports run out.
in_addr source_address(const Options& options, std::uint32_t index) {
  const std::uint64_t number =
      std::uint64_t(options.first_address) + index / std::uint32_t(options.per_address);
  return {htonl(0x7f000000u + std::uint32_t(number % 250) + std::uint32_t(number / 250) * 256u)};
}

}  // namespace

Crowd::Crowd(const Options& options)
    : options_(options),
      seq_pattern_("\"" + options.seq_key + "\":"),
      stamp_pattern_("\"" + (options.stamp_key.empty() ? "ts" : options.stamp_key) + "\":"),
      other_stamp_pattern_(options.stamp_key.empty() ? "\"ts_ns\":" : ""),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      subscribers_(std::size_t(options.subscribers)),
      buffer_(read_size) {
  const double share = options.slow_share;
  for (std::size_t i = 0; i < subscribers_.size(); ++i) {
    subscribers_[i].index = std::uint32_t(i);
    // Spread evenly among the others.
    subscribers_[i].slow = std::floor(double(i + 1) * share + 1e-9) > std::floor(double(i) * share + 1e-9);
  }
}

bool Crowd::open_next() {
  if (opened_ == subscribers_.size()) return false;
  connect(subscribers_[opened_++]);
  return true;
}

void Crowd::connect(Subscriber& subscriber) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) die("socket: %s (%d open)", strerror(errno), live_);
  set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  const bool own_buffer = subscriber.slow && options_.slow_receive_buffer;
  const int buffer = own_buffer ? options_.slow_receive_buffer : options_.receive_buffer;
  if (buffer) set(socket, SOL_SOCKET, SO_RCVBUF, buffer);
  sockaddr_in from{}, to{};
  from.sin_family = to.sin_family = AF_INET;
  from.sin_addr = source_address(options_, subscriber.index);
  if (bind(socket, reinterpret_cast<sockaddr*>(&from), sizeof from)) die("bind: %s", strerror(errno));
  to.sin_port = htons(std::uint16_t(options_.port));
  inet_pton(AF_INET, options_.host.c_str(), &to.sin_addr);

  subscriber.socket = socket;
  subscriber.connected = now_ns();
  subscriber.state = State::connecting;
  subscriber.chunked = subscriber.has_data = subscriber.got_first = subscriber.level = false;
  subscriber.chunks = {};
  if (!options_.resumes()) subscriber.sequence.restart(), subscriber.last_id.clear();
  ++pending_;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to) && errno != EINPROGRESS) {
    die("connect: %s", strerror(errno));
  }
  watch(subscriber, EPOLLOUT, true);
}

void Crowd::watch(Subscriber& subscriber, std::uint32_t events, bool add) {
  epoll_event event{};
  event.events = events;
  event.data.u32 = subscriber.index;
  epoll_ctl(epoll_, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, subscriber.socket, &event);
}

void Crowd::drop(Subscriber& subscriber, State to, bool by_server) {
  if (subscriber.socket >= 0) {
    if (to == State::away) {
      // Abrupt, so that no heap of TIME_WAIT builds up.
      const linger abort{1, 0};
      setsockopt(subscriber.socket, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    }
    close(std::exchange(subscriber.socket, -1));
  }
  const bool was_live = subscriber.state == State::live;
  if (was_live) --live_;
  if (subscriber.state == State::connecting || subscriber.state == State::head) --pending_;
  if (by_server) ++(!was_live ? counts_.refused : subscriber.slow ? counts_.slow_closed : counts_.closed);
  subscriber.state = to;
  std::string().swap(subscriber.unread);
}

bool Crowd::fail(Subscriber& subscriber) {
  ++counts_.wrong;
  drop(subscriber, State::dead, true);
  return false;
}

void Crowd::send_away(Subscriber& subscriber, std::uint64_t at) {
  drop(subscriber, State::away, false);
  away_.emplace_back(at, subscriber.index);
}

void Crowd::bring_back(std::uint64_t now) {
  while (!away_.empty() && away_.front().first <= now && pending_ < options_.pending) {
    Subscriber& subscriber = subscribers_[away_.front().second];
    away_.pop_front();
    ++counts_.returned;
    connect(subscriber);
  }
}

void Crowd::begin_measuring(std::uint64_t now) {
  measuring_ = true;
  measuring_since_ = now;
  done_ = 0;
  for (auto& subscriber : subscribers_) subscriber.measured = 0;
}

void Crowd::turn(int milliseconds) {
  static epoll_event events[1024];
  const bool coalesces = options_.coalesce_us && measuring_;
  if (coalesces) {
    // Asleep outside of epoll_wait: what the server sends then wakes nobody.
    const timespec pause{0, long(options_.coalesce_us) * 1000};
    nanosleep(&pause, nullptr);
    milliseconds = 0;
  }
  int count;
  do {
    count = epoll_wait(epoll_, events, 1024, milliseconds);
    for (int i = 0; i < count; ++i) on_event(subscribers_[events[i].data.u32], events[i].events);
    milliseconds = 0;
  } while (coalesces && count == 1024);
}

void Crowd::on_event(Subscriber& subscriber, std::uint32_t events) {
  if (subscriber.socket < 0) return;
  if (subscriber.state == State::connecting) return send_request(subscriber);
  if (subscriber.state == State::live && subscriber.slow) {
    if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) drop(subscriber, State::dead, true);
    return;
  }
  read_from(subscriber, std::size_t(-1));
}

void Crowd::send_request(Subscriber& subscriber) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(subscriber.socket, SOL_SOCKET, SO_ERROR, &error, &size);
  const std::string text = request(subscriber);
  if (error || send(subscriber.socket, text.data(), text.size(), MSG_NOSIGNAL) != ssize_t(text.size())) {
    return drop(subscriber, State::dead, true);
  }
  subscriber.state = State::head;
  watch(subscriber, EPOLLIN);
}

std::string Crowd::expand(std::string text, std::uint32_t index) const {
  const auto replace = [&text](std::string_view key, std::uint32_t value) {
    for (std::size_t at; (at = text.find(key)) != std::string::npos;) {
      text.replace(at, key.size(), std::to_string(value));
    }
  };
  replace("{i}", index);
  replace("{t}", index % std::uint32_t(options_.topics));
  return text;
}

std::string Crowd::request(const Subscriber& subscriber) const {
  const bool resumes = options_.resumes() && (!subscriber.last_id.empty() || subscriber.sequence.begun());
  const std::string last =
      !subscriber.last_id.empty() ? subscriber.last_id : std::to_string(subscriber.sequence.last());
  std::string path = expand(options_.path, subscriber.index);
  if (resumes && options_.resume_by_query) {
    path += (path.find('?') == std::string::npos ? "?" : "&") + options_.since_parameter + "=" + last;
  }
  std::string text =
      "GET " + path + " HTTP/1.1\r\nHost: " + options_.host + ":" + std::to_string(options_.port) + "\r\n";
  if (options_.websocket) {
    text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
    text += websocket_key;
    text += "\r\n";
    if (!options_.subprotocol.empty()) text += "Sec-WebSocket-Protocol: " + options_.subprotocol + "\r\n";
    if (options_.compressed) text += "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  } else {
    text += "Accept: text/event-stream\r\nCache-Control: no-cache\r\n";
    if (options_.compressed) text += "Accept-Encoding: gzip\r\n";
  }
  if (resumes && options_.resume_by_header) text += "Last-Event-ID: " + last + "\r\n";
  return text + expand(options_.headers, subscriber.index) + "\r\n";
}

bool Crowd::read_from(Subscriber& subscriber, std::size_t most) {
  const std::size_t old = subscriber.unread.size();
  if (buffer_.size() < old + read_size) buffer_.resize(old + read_size);
  if (old) memcpy(buffer_.data(), subscriber.unread.data(), old);
  const ssize_t received =
      recv(subscriber.socket, buffer_.data() + old, std::min(most, buffer_.size() - old), 0);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (received <= 0) {
    drop(subscriber, State::dead, true);
    return false;
  }
  const std::uint64_t now = now_ns();
  if (measuring_) {
    (subscriber.slow ? counts_.slow_bytes : counts_.bytes) += std::uint64_t(received);
    ++counts_.reads;
  }
  char* bytes = buffer_.data();
  std::size_t size = old + std::size_t(received), decoded = old;
  if (subscriber.state == State::head) {
    if (!take_head(subscriber, bytes, size)) return subscriber.socket >= 0;
    decoded = 0;
    if (size == 0) return true;
  }
  return take_body(subscriber, bytes, decoded, size, now);
}

}  // namespace load
