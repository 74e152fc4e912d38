/// A blocking HTTP/1.1 client for tests, on POSIX sockets. Every call has a deadline, requests are raw bytes,
/// and a test decides how fast it reads. Understands answers by itself; only events are parsed by the library.
#pragma once

#include <fanfare/wire/sse_parser.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace http {

/// How long any one thing may take. Reached only by what fails.
inline constexpr std::chrono::seconds patience{30};

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An answer, whole or up to the end of its head.
struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};

  /// Of any case; empty when there is none.
  std::string field(std::string_view name) const {
    const auto same = [&](const auto& entry) {
      return entry.first.size() == name.size() &&
             std::equal(name.begin(), name.end(), entry.first.begin(),
                        [](char a, char b) { return std::tolower(a) == std::tolower(b); });
    };
    const auto found = std::find_if(fields.begin(), fields.end(), same);
    return found == fields.end() ? "" : found->second;
  }
};

/// One connection. Throws Failure for whatever goes wrong.
class Client {
 public:
  static constexpr std::size_t max_read = 64 << 10;

  /// @param receive_buffer  of the kernel, in bytes: small for readers that shall block the server soon
  explicit Client(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) fail("socket");
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      const int error = errno;
      ::close(std::exchange(socket_, -1));
      throw Failure(std::string("connect: ") + std::strerror(error));
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(socket_, F_SETFL, O_NONBLOCK);
  }
  ~Client() { close(); }
  Client(Client&&) = delete;

  int descriptor() const noexcept { return socket_; }
  void close() noexcept {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Closes with a reset instead of an end.
  void reset() noexcept {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }

  Client& send(std::string_view bytes) {
    if (!try_send(bytes)) fail("send");
    return *this;
  }
  /// Whether all of it could be sent; false when the connection broke.
  bool try_send(std::string_view bytes) {
    const auto deadline = now() + patience;
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN) return false;
      else if (!wait(POLLOUT, deadline)) throw Failure("timed out sending");
    }
    return true;
  }
  /// A GET of HTTP/1.1.
  Client& get(std::string_view target, std::string_view fields = {}) {
    return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n");
  }
  Client& post(std::string_view target, std::string_view body, std::string_view fields = {}) {
    return send("POST " + std::string(target) + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body));
  }

  /// What was read and not yet taken.
  std::string_view input() const noexcept { return std::string_view(input_).substr(taken_); }
  /// Reads what there is, at most so much, without waiting. False: nothing now; `ended` says whether ever.
  bool read_some(std::size_t at_most = max_read) {
    if (ended_) return false;
    thread_local std::array<char, max_read> buffer;
    const auto count = ::recv(socket_, buffer.data(), std::min(at_most, max_read), 0);
    if (count > 0) return input_.append(buffer.data(), static_cast<std::size_t>(count)), true;
    if (count == 0) ended_ = true;
    else if (errno != EAGAIN) throw Failure(std::string("receive: ") + std::strerror(errno) + ", after: " + tail());
    return false;
  }
  /// Waits for input; false: the other side has ended its.
  bool read(std::size_t at_most = max_read, std::chrono::milliseconds time = patience) {
    const auto deadline = now() + time;
    while (!read_some(at_most)) {
      if (ended_) return false;
      if (!wait(POLLIN, deadline)) throw Failure("timed out reading, after: " + tail());
    }
    return true;
  }
  bool ended() const noexcept { return ended_; }

  /// Everything up to the end of input.
  std::string rest() {
    while (read()) {
    }
    return take(input().size());
  }
  /// Takes what comes up to and with the marker.
  std::string until(std::string_view marker) {
    for (;;) {
      if (const auto at = input().find(marker); at != input_.npos) return take(at + marker.size());
      if (!read()) throw Failure("ended without '" + std::string(marker) + "', after: " + tail());
    }
  }
  std::string exactly(std::size_t size) {
    while (input().size() < size) {
      if (!read()) throw Failure("ended early, after: " + tail());
    }
    return take(size);
  }

  Answer head() {
    std::string_view text;
    const std::string whole = until("\r\n\r\n");
    text = std::string_view(whole).substr(0, whole.size() - 2);
    Answer answer;
    if (!text.starts_with("HTTP/1.1 ") || text.size() < 12) throw Failure("no status line: " + whole);
    answer.status = std::stoi(std::string(text.substr(9, 3)));
    text.remove_prefix(text.find("\r\n") + 2);
    while (!text.empty()) {
      const auto line = text.substr(0, text.find("\r\n"));
      const auto colon = line.find(": ");
      if (colon == line.npos) throw Failure("no field: " + std::string(line));
      answer.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
      text.remove_prefix(line.size() + 2);
    }
    return answer;
  }
  /// A whole answer. Of a HEAD request there is no body.
  Answer answer(bool to_head = false) {
    Answer answer = head();
    if (to_head || answer.status == 204 || answer.status == 304 || answer.status < 200) return answer;
    if (answer.field("Transfer-Encoding") == "chunked") {
      while (const auto chunk = this->chunk()) answer.body += *chunk;
    } else if (const auto length = answer.field("Content-Length"); !length.empty()) {
      answer.body = exactly(std::stoul(length));
    } else {
      answer.body = rest();
    }
    return answer;
  }
  /// The next chunk's data; none after the last.
  std::optional<std::string> chunk() {
    const std::string line = until("\r\n");
    const std::size_t size = std::stoul(line, nullptr, 16);
    std::string data = exactly(size);
    if (exactly(2) != "\r\n") throw Failure("a chunk does not end: " + line);
    if (size == 0) return std::nullopt;
    return data;
  }

 private:
  static std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }
  [[noreturn]] static void fail(const std::string& what) { throw Failure(what + ": " + std::strerror(errno)); }
  bool wait(short events, std::chrono::steady_clock::time_point deadline) const {
    pollfd entry{socket_, events, 0};
    const auto rest = std::chrono::ceil<std::chrono::milliseconds>(deadline - now());
    return ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(0, rest.count()))) > 0;
  }
  std::string take(std::size_t size) {
    std::string piece(input().substr(0, size));
    taken_ += size;
    if (taken_ == input_.size() || taken_ > max_read) {
      input_.erase(0, taken_);
      taken_ = 0;
    }
    return piece;
  }
  std::string tail() const {
    const auto rest = input();
    return "'" + std::string(rest.substr(rest.size() - std::min<std::size_t>(rest.size(), 300))) + "'";
  }

  int socket_;
  bool ended_ = false;
  std::string input_;
  std::size_t taken_ = 0;  // of the input
};

/// One answer over a connection of its own.
inline Answer get(std::uint16_t port, std::string_view target, std::string_view fields = {}) {
  return Client(port).get(target, fields).answer();
}
inline Answer post(std::uint16_t port, std::string_view target, std::string_view body, std::string_view fields = {}) {
  return Client(port).post(target, body, fields).answer();
}

/// An event stream over HTTP/1.1.
class Watcher {
 public:
  Watcher(std::uint16_t port, std::string_view target, std::string_view fields = {}, int receive_buffer = 0)
      : client_(port, receive_buffer) {
    client_.get(target, "Accept: text/event-stream\r\n" + std::string(fields));
    head_ = client_.head();
    if (head_.status != 200) throw Failure("the stream was answered " + std::to_string(head_.status));
  }

  const Answer& head() const noexcept { return head_; }
  Client& client() noexcept { return client_; }
  /// Comments seen so far; each heartbeat is one.
  std::uint64_t comments() const noexcept { return parser_.comments(); }
  auto retry() const noexcept { return parser_.retry(); }
  std::string last_id() const { return parser_.last_event_id(); }

  /// The next event; none: the stream has ended properly, last chunk and all. Throws when it breaks off.
  std::optional<fanfare::wire::SseEvent> next() {
    for (;;) {
      if (parse()) return parser_.event();
      if (over_) return std::nullopt;
      take_chunk(true);
    }
  }
  /// All events up to the proper end.
  std::vector<fanfare::wire::SseEvent> all() {
    std::vector<fanfare::wire::SseEvent> events;
    while (auto event = next()) events.push_back(*std::move(event));
    return events;
  }
  /// Waits for a comment that is newer than those seen.
  void next_comment() {
    for (const auto seen = comments(); comments() == seen;) {
      if (parse()) throw Failure("an event instead of a comment");
      if (comments() == seen) take_chunk(true);
    }
  }
  /// Takes what has come without waiting, and calls `visit` with each event.
  template <class Visit>
  void pump(Visit&& visit) {
    while (client_.read_some()) {
    }
    for (;;) {
      while (parse()) visit(parser_.event());
      if (over_ || !take_chunk(false)) return;
    }
  }
  bool over() const noexcept { return over_; }

 private:
  bool parse() {
    std::string_view bytes = std::string_view(text_).substr(parsed_);
    const auto status = parser_.parse(bytes);
    parsed_ = text_.size() - bytes.size();
    if (bytes.empty()) text_.clear(), parsed_ = 0;
    if (status == fanfare::wire::SseStatus::failed) throw Failure("no event stream");
    return status == fanfare::wire::SseStatus::event;
  }
  /// Without `wait`: whether a whole chunk was there.
  bool take_chunk(bool wait) {
    if (!wait) {
      const auto input = client_.input();
      const auto line_end = input.find("\r\n");
      if (line_end == input.npos) return false;
      if (input.size() < line_end + 4 + std::stoul(std::string(input.substr(0, line_end)), nullptr, 16)) return false;
    }
    if (auto chunk = client_.chunk()) text_ += *chunk;
    else over_ = true;
    return true;
  }

  Client client_;
  Answer head_;
  fanfare::wire::SseParser parser_;
  std::string text_;
  std::size_t parsed_ = 0;
  bool over_ = false;
};

}  // namespace http
