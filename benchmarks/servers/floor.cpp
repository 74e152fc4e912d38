// The least that a fan-out server can do: accept, answer, then one send per socket for each event, or for
// each batch of events that are due. No queue, no history: a socket that is full loses the event, which is
// counted. A WebSocket's accept value is only right for fanload's fixed key.
//
// As `inline` the loop itself stamps and publishes, by a timer: what delivering costs and nothing else. As
// `thread` a second thread publishes and stamps with the due time, and wakes the loop: what a server that
// can be published to from any thread cannot beat.
#include "feed.hpp"
#include "publisher.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view sse_head =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n";
constexpr std::string_view websocket_head =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

class Floor {
 public:
  Floor(bench::Feed feed, bool batch, bool websocket)
      : feed_(std::move(feed)), batch_(batch), websocket_(websocket) {}

  bool listen(int port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
           ::listen(listener_, 4096) == 0;
  }
  void run(bool thread, const sigset_t& signals) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    const int ended = signalfd(-1, &signals, SFD_CLOEXEC);
    add(listener_), add(ended);
    bench::Publisher publisher(thread ? feed_.rate : 0, feed_.burst);
    if (thread) {
      add(wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
      publisher.start([this](std::uint64_t due, std::uint64_t count) { hand_over(due, count); });
      publisher_ = &publisher;
    } else if (feed_.rate > 0) {
      start_timer();
    }
    epoll_event events[512];
    for (;;) {
      const int count = epoll_wait(epoll_, events, 512, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == ended) return print(publisher);
        on_event(events[i].data.fd);
      }
    }
  }

 private:
  void add(int descriptor, std::uint32_t events = EPOLLIN) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }
  void start_timer() {
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const std::uint64_t interval = std::max<std::uint64_t>(50'000, feed_.interval_ns());
    itimerspec every{};
    every.it_interval = {time_t(interval / 1'000'000'000), long(interval % 1'000'000'000)};
    every.it_value = every.it_interval;
    timerfd_settime(timer_, 0, &every, nullptr);
    add(timer_);
  }
  void on_event(int descriptor) {
    if (descriptor == listener_) return accept_all();
    if (descriptor == timer_) return publish_due();
    if (descriptor == wake_) return deliver_handed_over();
    read_request(descriptor);
  }
  void accept_all() {
    const int one = 1;
    for (int i = 0; i < 256; ++i) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) return;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      add(socket, EPOLLIN | EPOLLRDHUP);
    }
  }
  void read_request(int socket) {
    char bytes[8192];
    const ssize_t size = recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN)) return close_socket(socket);
    if (std::size_t(socket) >= place_.size()) place_.resize(std::size_t(socket) + 1024, -1);
    if (size < 4 || place_[std::size_t(socket)] >= 0 || std::memcmp(bytes, "GET ", 4) != 0) return;
    const std::string_view head = websocket_ ? websocket_head : sse_head;
    (void)!send(socket, head.data(), head.size(), MSG_NOSIGNAL);
    place_[std::size_t(socket)] = int(live_.size());
    live_.push_back(socket);
    if (publisher_) publisher_->somebody_watches();
  }
  void close_socket(int socket) {
    if (std::size_t(socket) < place_.size() && place_[std::size_t(socket)] >= 0) {
      const int place = std::exchange(place_[std::size_t(socket)], -1);
      if (live_.back() != socket) place_[std::size_t(live_[std::size_t(place)] = live_.back())] = place;
      live_.pop_back();
    }
    close(socket);
  }

  void publish_due() {
    std::uint64_t expired;
    if (read(timer_, &expired, sizeof expired) != sizeof expired) return;
    std::string batch;
    for (std::uint64_t left = feed_.due(!live_.empty()); left != 0; --left)
      append_event(batch, feed_.payload());
    flush(batch);
  }
  /// In the publisher's thread.
  void hand_over(std::uint64_t due, std::uint64_t count) {
    for (; count != 0; --count) {
      const std::string json = feed_.payload(due);
      bool was_empty;
      {
        const std::lock_guard lock(mutex_);
        was_empty = waiting_.empty();
        frame(waiting_, json);
        ends_.push_back(waiting_.size());
      }
      if (was_empty) wake();
    }
  }
  void wake() {
    const std::uint64_t one = 1, before = bench::thread_cpu_ns();
    (void)!write(wake_, &one, sizeof one);
    wake_ns_ += bench::thread_cpu_ns() - before;
    ++wakes_;
  }
  void deliver_handed_over() {
    std::uint64_t count;
    (void)!read(wake_, &count, sizeof count);
    std::string bytes;
    std::vector<std::size_t> ends;
    {
      const std::lock_guard lock(mutex_);
      bytes.swap(waiting_), ends.swap(ends_);
    }
    if (batch_) return flush(bytes);
    std::size_t begin = 0;
    for (const std::size_t end : ends) {
      send_to_all(std::string_view(bytes).substr(begin, end - begin));
      begin = end;
    }
  }

  void append_event(std::string& batch, const std::string& json) {
    frame(batch, json);
    if (!batch_ || batch.size() > 60'000) flush(batch);
  }
  void frame(std::string& out, const std::string& json) const {
    if (!websocket_) {
      out += feed_.sse(json);
      return;
    }
    out += char(0x81);
    if (json.size() < 126) {
      out += char(json.size());
    } else {
      out += char(126), out += char(json.size() >> 8), out += char(json.size() & 255);
    }
    out += json;
  }
  void flush(std::string& batch) {
    if (!batch.empty()) send_to_all(batch);
    batch.clear();
  }
  void send_to_all(std::string_view bytes) {
    for (const int socket : live_) {
      const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      ++sends_;
      if (sent == ssize_t(bytes.size())) continue;
      if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
        ++lost_;
      } else {
        broken_.push_back(socket);
      }
    }
    for (const int socket : broken_) close_socket(socket);
    broken_.clear();
  }
  void print(const bench::Publisher& publisher) const {
    std::fprintf(stderr,
                 "{\"sends\":%llu,\"lost\":%llu,\"cpu_ns_per_publish\":%.0f,\"cpu_ns_per_wake\":%.0f}\n",
                 static_cast<unsigned long long>(sends_), static_cast<unsigned long long>(lost_),
                 publisher.cpu_ns_per_publish(), wakes_ ? double(wake_ns_) / double(wakes_) : 0);
  }

  bench::Feed feed_;
  const bool batch_, websocket_;
  int listener_ = -1, epoll_ = -1, timer_ = -1, wake_ = -1;
  bench::Publisher* publisher_ = nullptr;
  std::vector<int> live_;   // sockets that get events
  std::vector<int> place_;  // by descriptor: its index in live_, or -1
  std::vector<int> broken_;
  std::uint64_t sends_ = 0, lost_ = 0, wakes_ = 0, wake_ns_ = 0;
  std::mutex mutex_;  // the two below
  std::string waiting_;
  std::vector<std::size_t> ends_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 5 ? argv[5] : "", protocol = argc > 6 ? argv[6] : "",
                         publishes = argc > 7 ? argv[7] : "inline";
  if ((mode != "send" && mode != "batch") || (protocol != "sse" && protocol != "ws") ||
      (publishes != "inline" && publishes != "thread")) {
    std::fprintf(stderr, "usage: floor PORT RATE BURST SIZE send|batch sse|ws [inline|thread]\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  Floor floor(bench::Feed(argv), mode == "batch", protocol == "ws");
  if (!floor.listen(std::atoi(argv[1]))) {
    std::perror("floor: bind");
    return 1;
  }
  floor.run(publishes == "thread", signals);
}
