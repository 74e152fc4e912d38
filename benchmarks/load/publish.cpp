#include "publish.hpp"

#include "options.hpp"
#include "support.hpp"

#include "../servers/feed.hpp"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace load {
namespace {

struct PublishOptions {
  Address to;
  double rate = 100, time = 10;
  std::uint64_t burst = 1, size = 200, count = ~0ull;
  std::string headers;
};

PublishOptions parse_publish(int argc, char** argv) {
  PublishOptions options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--url")
      options.to = parse_url(value, "http://");
    else if (name == "--rate")
      options.rate = std::atof(value);
    else if (name == "--burst")
      options.burst = std::strtoull(value, nullptr, 10);
    else if (name == "--size")
      options.size = std::strtoull(value, nullptr, 10);
    else if (name == "--time")
      options.time = std::atof(value);
    else if (name == "--count")
      options.count = std::strtoull(value, nullptr, 10);
    else if (name == "--header")
      options.headers += std::string(value) + "\r\n";
    else
      die("pub: unknown option %s", argv[i]);
  }
  if (options.to.host.empty() || options.time > 600 || options.rate <= 0) {
    die("pub: needs --url http://127.0.0.1:PORT/path, --rate above 0 and --time of at most 600");
  }
  return options;
}

int connect_to(const Address& address) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(std::uint16_t(address.port));
  inet_pton(AF_INET, address.host.c_str(), &to.sin_addr);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  if (connect(socket, reinterpret_cast<sockaddr*>(&to), sizeof to)) die("pub: connect: %s", strerror(errno));
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return socket;
}

/// Cuts one whole answer off the front. @return  its status, 0: not there yet
int take_answer(std::string& received) {
  const auto head_end = received.find("\r\n\r\n");
  if (head_end == std::string::npos) return 0;
  const char* field = strcasestr(received.c_str(), "content-length:");
  const bool in_head = field && std::size_t(field - received.c_str()) < head_end;
  const std::size_t body = in_head ? std::strtoull(field + 15, nullptr, 10) : 0;
  if (received.size() < head_end + 4 + body) return 0;
  const int status = received.size() > 12 ? std::atoi(received.c_str() + 9) : 999;
  received.erase(0, head_end + 4 + body);
  return status;
}

class Poster {
 public:
  explicit Poster(const PublishOptions& options)
      : options_(options),
        socket_(connect_to(options.to)),
        head_("POST " + options.to.path + " HTTP/1.1\r\nHost: " + options.to.host + ":" +
              std::to_string(options.to.port) + "\r\nContent-Type: application/json\r\n" + options.headers +
              "Content-Length: ") {}

  /// Pipelined in one write, so that the burst arrives as one.
  void post(bench::Feed& feed) {
    std::string requests;
    for (std::uint64_t i = 0; i < options_.burst; ++i) {
      const std::string body = feed.payload();
      requests += head_ + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    if (send(socket_, requests.data(), requests.size(), MSG_NOSIGNAL) != ssize_t(requests.size())) {
      die("pub: send: %s", strerror(errno));
    }
    for (std::uint64_t left = options_.burst; left != 0;) {
      const int status = take_answer(received_);
      if (status == 0) {
        receive();
        continue;
      }
      --left;
      refused_ += status / 100 != 2;
    }
  }
  std::uint64_t refused() const { return refused_; }

 private:
  void receive() {
    char bytes[65536];
    const ssize_t size = recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) die("pub: the server closed the connection");
    received_.append(bytes, std::size_t(size));
  }

  const PublishOptions& options_;
  const int socket_;
  const std::string head_;
  std::string received_;
  std::uint64_t refused_ = 0;
};

void sleep_until(std::uint64_t due) {
  const timespec at{time_t(due / 1'000'000'000), long(due % 1'000'000'000)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

}  // namespace

int publish(int argc, char** argv) {
  const PublishOptions options = parse_publish(argc, argv);
  bench::Feed feed(options.rate, options.burst, options.size);
  Poster poster(options);
  const std::uint64_t began = now_ns();
  while (seconds(now_ns() - began) < options.time && feed.seq < options.count) {
    sleep_until(began + nanoseconds(double(feed.seq) / options.rate));
    poster.post(feed);
  }
  std::fprintf(stderr, "{\"published\":%llu,\"refused\":%llu}\n", static_cast<unsigned long long>(feed.seq),
               static_cast<unsigned long long>(poster.refused()));
  return poster.refused() != 0;
}

}  // namespace load
