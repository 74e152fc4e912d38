// The client's connections without TLS, against fanfare's server and against raw bytes.
#include <fanfare/asio.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/error.hpp>
#include <fanfare/server/server.hpp>

#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/exchanges.hpp"
#include "support/raw_server.hpp"

using exchanges::Fetch;
using exchanges::get;
using fanfare::Condition;
using fanfare::Error;
using namespace std::chrono_literals;

namespace {

const std::vector<fanfare::HttpField> upgrade = {{"Connection", "Upgrade"}, {"Upgrade", "websocket"}};

// Answers each request with these bytes, and closes.
raw::Server answering(std::string bytes) {
  return raw::Server([bytes = std::move(bytes)](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write(bytes);
  });
}

template <class Code = std::error_code>
void check_end(Fetch& fetch, Code expected) {
  fetch.run();
  CAPTURE(fetch.end.message(), fetch.calls);
  CHECK_FALSE(fetch.timed_out);
  CHECK((fetch.end == expected));
}

}  // namespace

TEST_CASE("client network: an answer of fanfare's server", "[integration][client]") {
  fanfare::Broker broker;
  fanfare::Server server(broker, {.port = 0});
  server.get("/hello", [](const fanfare::Request& request) {
    return fanfare::Response{.content_type = "text/plain",
                             .body = request.target + " " + request.field("X-Who")};
  });
  server.start();
  Fetch fetch(get(server.url() + "hello?a=b", {{"X-Who", "me"}}));
  check_end(fetch, {});
  CHECK(fetch.head.status == 200);
  CHECK(fetch.body == "/hello?a=b me");
  CHECK(fetch.calls == "hbe");
}

TEST_CASE("client network: what is asked", "[integration][client]") {
  std::string request;
  raw::Server server([&](raw::Peer& peer) {
    request = peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 204 No Content\r\n\r\n");
  });
  const std::string host = "127.0.0.1:" + std::to_string(server.port());
  Fetch fetch(get(server.url() + "a?b", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "x.1"}}));
  check_end(fetch, {});
  CHECK(fetch.calls == "he");
  CHECK(request == "GET /a?b HTTP/1.1\r\nHost: " + host +
                       "\r\nAccept: text/event-stream\r\nLast-Event-ID: x.1\r\nConnection: close\r\n\r\n");
}

TEST_CASE("client network: a field that could forge another is not sent", "[integration][client]") {
  std::atomic<int> connections = 0;
  raw::Server server([&](raw::Peer&) { ++connections; });
  for (const fanfare::HttpField& field : {fanfare::HttpField{"A", "b\r\nC: d"}, {"A b", "c"}, {"", "c"}}) {
    Fetch fetch(get(server.url(), {field}));
    check_end(fetch, Error::unsafe_field);
    CHECK(fetch.calls == "e");
  }
  CHECK(connections == 0);
}

TEST_CASE("client network: every framing of a body", "[integration][client]") {
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, "
        "and more"}) {
    raw::Server server = answering(bytes);
    Fetch fetch(get(server.url()));
    check_end(fetch, {});
    CHECK(fetch.body == "hello");
    CHECK(fetch.calls == "hbe");
  }
}

TEST_CASE("client network: a response that is dribbled", "[integration][client]") {
  raw::Server server([](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    const std::string bytes =
        "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n";
    const int on = 1;
    setsockopt(peer.descriptor(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    for (char byte : bytes) {
      peer.write({&byte, 1});
      std::this_thread::yield();  // each byte by itself, unless the kernel joins some
    }
  });
  Fetch fetch(get(server.url()));
  check_end(fetch, {});
  CHECK(fetch.body == "hello");
  CHECK(fetch.head.field("A") == "b");
}

TEST_CASE("client network: what is no HTTP, and heads beyond the limits", "[integration][client]") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const auto& [bytes, expected] :
       {std::pair(std::string("SSH-2.0-OpenSSH_9.2\r\n"), Error::malformed),
        std::pair(ok + "A: " + std::string(100'000, 'x') + "\r\n\r\n", Error::too_long),
        std::pair(ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", Error::invalid_length),
        std::pair(ok + "Transfer-Encoding: gzip\r\n\r\n", Error::invalid_encoding),
        std::pair(std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
                  Error::malformed)}) {
    raw::Server server = answering(bytes);
    Fetch fetch(get(server.url()));
    check_end(fetch, expected);
    CHECK(fetch.calls == "e");
  }
  raw::Server server = answering(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n");
  Fetch fetch(get(server.url()));
  check_end(fetch, Error::malformed);
  CHECK(fetch.calls == "hbe");
}

TEST_CASE("client network: a response that is cut short", "[integration][client]") {
  for (const char* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "HTTP/1.1 200",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    raw::Server server = answering(bytes);
    Fetch fetch(get(server.url()));
    check_end(fetch, Error::cut_short);
    CHECK(fetch.end == Condition::peer_gone);
  }
  raw::Server silent = answering("");
  Fetch nothing(get(silent.url()));
  check_end(nothing, Error::peer_gone);
}

TEST_CASE("client network: a connection that is reset", "[integration][client]") {
  raw::Server server([](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    peer.reset();
  });
  Fetch fetch(get(server.url()));
  check_end(fetch, std::errc::connection_reset);
  CHECK(fetch.end == Condition::peer_gone);
}

TEST_CASE("client network: nobody listens", "[integration][client]") {
  std::optional<raw::Listener> listener(std::in_place);
  const std::string url = "http://127.0.0.1:" + std::to_string(listener->port());
  listener.reset();
  Fetch fetch(get(url));
  check_end(fetch, std::errc::connection_refused);
  CHECK(fetch.end == Condition::unreachable);
  CHECK(fetch.calls == "e");
}

TEST_CASE("client network: a name without an address", "[integration][client]") {
  Fetch fetch(get("http://nobody.invalid/"));  // RFC 6761 sec. 6.4
  check_end(fetch, Error::unresolved_host);
  CHECK(fetch.end == Condition::unreachable);
}

TEST_CASE("client network: a server that does not accept", "[integration][client]") {
  // Linux drops the SYN of whoever comes when the queue is full.
  raw::Listener listener(AF_INET, 0);
  std::vector<int> waiting;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(listener.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    (void)::connect(waiting.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  auto request = get("http://127.0.0.1:" + std::to_string(listener.port()));
  request.connect_timeout = 100ms;
  Fetch fetch(std::move(request));
  const auto began = std::chrono::steady_clock::now();
  check_end(fetch, Error::connect_timeout);
  CHECK(fetch.end == Condition::unreachable);
  CHECK(std::chrono::steady_clock::now() - began >= 100ms);
  for (int socket : waiting) ::close(socket);
}

TEST_CASE("client network: an IPv6 address, and each address of a name", "[integration][client]") {
  const auto answer = [](raw::Peer& peer) {
    const std::string request = peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n\r\n" + request);
  };
  try {
    raw::Server server(answer, AF_INET6);
    Fetch fetch(get(server.url("http", "[::1]")));
    check_end(fetch, {});
    CHECK(fetch.body.find("Host: [::1]:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
  } catch (const std::runtime_error& no_ipv6) {
    WARN(no_ipv6.what());
  }
  // ::1 refuses, on machines where it comes first.
  raw::Server server(answer);
  Fetch fetch(get(server.url("http", "localhost")));
  check_end(fetch, {});
  CHECK(fetch.head.status == 200);
}

TEST_CASE("client network: after 101 bytes go both ways", "[integration][client]") {
  raw::Server server([](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi");
    peer.write(" and " + peer.read_until("."));
  });
  Fetch fetch(get(server.url("ws"), upgrade));
  fetch.after_head = [&] {
    fetch.exchange->send("one, ");
    fetch.exchange->send("two.");
  };
  check_end(fetch, {});
  CHECK(fetch.head.status == 101);
  CHECK(fetch.body == "hi and one, two.");
  CHECK(fetch.calls == "hbe");
}

TEST_CASE("client network: what waits to be sent has a bound", "[integration][client]") {
  raw::Server server([](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    pollfd gone{peer.descriptor(), POLLRDHUP, 0};
    ::poll(&gone, 1, 30'000);  // reads nothing
  });
  Fetch fetch(get(server.url("ws"), upgrade));
  fetch.after_head = [&] {
    const std::string piece(64 << 10, 'x');
    for (int i = 0; i < 1000; ++i) fetch.exchange->send(piece);
  };
  check_end(fetch, Error::too_long);
  CHECK(fetch.end == Condition::limit_exceeded);
}

TEST_CASE("client network: who pauses is sent no more", "[integration][client]") {
  constexpr std::size_t size = 64 << 20;
  std::atomic<std::size_t> sent = 0;
  raw::Server server([&](raw::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(64 << 10, 'x');
    while (sent < size && peer.write(piece)) sent += piece.size();
  });
  Fetch fetch(get(server.url()));
  std::size_t while_paused = 0;
  bool paused_once = false;
  fetch.after_bytes = [&] {
    if (std::exchange(paused_once, true)) return;
    fetch.exchange->pause(true);
    const std::size_t had = fetch.body.size();
    fetch.network().on_timer([&, had] {
      while_paused = fetch.body.size() - had;
      CHECK(sent < size);
      fetch.exchange->pause(false);
    });
    fetch.network().wake_at(std::chrono::steady_clock::now() + 200ms);
  };
  check_end(fetch, {});
  CHECK(paused_once);
  CHECK(while_paused == 0);
  CHECK(fetch.body.size() == size);
  CHECK(fetch.largest <= 64 << 10);
}

TEST_CASE("client network: an exchange may be dropped in any callback", "[integration][client]") {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
  for (const std::string expected : {"h", "hb", "hbe"}) {
    bool closed = false;
    {
      raw::Server server([&](raw::Peer& peer) {
        peer.read_until("\r\n\r\n");
        peer.write(bytes);
        closed = peer.read().empty();
      });
      Fetch fetch(get(server.url()));
      const auto drop = [&] {
        fetch.exchange.reset();
        fetch.network().on_timer([&] { fetch.stop(); });
        fetch.network().wake_at(std::chrono::steady_clock::now() + 20ms);
      };
      (expected == "h" ? fetch.after_head : expected == "hb" ? fetch.after_bytes : fetch.after_end) = drop;
      fetch.run();
      CHECK(fetch.calls == expected);
      CHECK(fetch.body == (expected == "h" ? "" : expected == "hb" ? "he" : "hello"));
    }
    CHECK(closed);
  }
}

TEST_CASE("client network: on a loop of the host's it may go while all is under way",
          "[integration][client]") {
  raw::Server server([](raw::Peer& peer) { peer.wait_for_end(); });
  asio::io_context io;
  Fetch events(get(server.url()));
  bool posted = false, timed = false;
  {
    auto network = fanfare::detail::make_asio_network(fanfare::on(io), {});
    network->on_timer([&] { timed = true; });
    network->wake_at(std::chrono::steady_clock::now());
    network->post([&] { posted = true; });
    network->run();  // returns at once
    auto connecting = network->open(get(server.url()), events);
    auto resolving = network->open(get(server.url("http", "localhost")), events);
    auto refused = network->open(get(server.url(), {{"A", "\n"}}), events);
  }
  io.run();
  CHECK_FALSE(posted);
  CHECK_FALSE(timed);
  CHECK(events.calls.empty());
}

TEST_CASE("client network: the timer is one, and the last call counts", "[integration][client]") {
  auto network = fanfare::detail::make_asio_network(fanfare::Loop(), {});
  int calls = 0;
  const auto began = std::chrono::steady_clock::now();
  network->on_timer([&] {
    if (++calls == 2) return network->stop();
    network->wake_at(std::chrono::steady_clock::now() + 10s);
    network->wake_at(fanfare::SteadyTime::max());
    network->wake_at(std::chrono::steady_clock::now() - 1s);
  });
  network->wake_at(began + 10s);
  network->wake_at(began + 20ms);
  network->run();
  CHECK(calls == 2);
  CHECK(std::chrono::steady_clock::now() - began >= 20ms);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
  network->run();  // stopped for good: returns at once
}
