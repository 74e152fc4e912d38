// A name with several addresses: one that refuses, or does not answer, does not keep the client from the
// next.
#include <fanfare/client/network.hpp>
#include <fanfare/error.hpp>

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/exchanges.hpp"
#include "support/raw_server.hpp"

using exchanges::Fetch;
using exchanges::get;
using namespace std::chrono_literals;

// In place of the C library's, for the names of these tests: "127.0.0.2-127.0.0.1.test" has both addresses.
extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** result) {
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  std::string_view names = node != nullptr ? node : "";
  if (!names.ends_with(".test")) return real(node, service, hints, result);
  names.remove_suffix(5);
  for (addrinfo** end = result; !names.empty(); end = &(*end)->ai_next) {
    const std::string name(names.substr(0, names.find('-')));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (const int failure = real(name.c_str(), service, hints, end)) return failure;
    while ((*end)->ai_next != nullptr) end = &(*end)->ai_next;
  }
  return 0;
}

namespace {

// Listens on another address, with a queue that is full: who connects gets no answer.
class Unanswering {
 public:
  Unanswering(const char* address, std::uint16_t port) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    inet_pton(AF_INET, address, &name.sin_addr);
    const auto* const generic = reinterpret_cast<const sockaddr*>(&name);
    sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::bind(sockets_[0], generic, sizeof name) != 0 || ::listen(sockets_[0], 0) != 0)
      throw std::runtime_error("listen");
    for (int i = 0; i < 4; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(sockets_.back(), generic, sizeof name);
    }
  }
  ~Unanswering() {
    for (int socket : sockets_) ::close(socket);
  }
  Unanswering(const Unanswering&) = delete;
  Unanswering& operator=(const Unanswering&) = delete;

 private:
  std::vector<int> sockets_;
};

const auto answer = [](raw::Peer& peer) {
  peer.read_until("\r\n\r\n");
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
};

}  // namespace

TEST_CASE("client network: after an address that refuses the next one is tried at once",
          "[integration][client]") {
  raw::Server server(answer);
  // Who waited would wait for half a second each time; a machine that is busy is slow some of the time.
  auto fastest = std::chrono::steady_clock::duration::max();
  for (int tries = 0; tries < 20 && fastest >= 200ms; ++tries) {
    const auto began = std::chrono::steady_clock::now();
    Fetch fetch(get(server.url("http", "127.0.0.2-127.0.0.3-127.0.0.1.test")));
    fetch.run();
    CHECK_FALSE(fetch.end);
    CHECK(fetch.body == "hi");
    fastest = std::min(fastest, std::chrono::steady_clock::now() - began);
  }
  CHECK(fastest < 200ms);
}

TEST_CASE(
    "client network: RFC 8305 sec 5 an address that does not answer delays the next a quarter of a second",
    "[integration][client]") {
  raw::Server server(answer);
  const Unanswering first("127.0.0.2", server.port());
  const auto began = std::chrono::steady_clock::now();
  Fetch fetch(get(server.url("http", "127.0.0.2-127.0.0.1.test")));
  fetch.run();
  CHECK_FALSE(fetch.end);
  CHECK(fetch.body == "hi");
  CHECK(std::chrono::steady_clock::now() - began >= 250ms);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("client network: when no address answers the time for all of them runs out",
          "[integration][client]") {
  raw::Listener port;
  const Unanswering first("127.0.0.2", port.port()), second("127.0.0.3", port.port());
  auto request = get("http://127.0.0.2-127.0.0.4-127.0.0.3.test:" + std::to_string(port.port()));
  request.connect_timeout = 600ms;
  const auto began = std::chrono::steady_clock::now();
  Fetch fetch(std::move(request));
  fetch.run();
  CHECK(fetch.end == fanfare::Error::connect_timeout);
  CHECK(fetch.calls == "e");
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("client network: when all addresses refuse, so it says", "[integration][client]") {
  std::uint16_t port = raw::Listener().port();
  Fetch fetch(get("http://127.0.0.2-127.0.0.1.test:" + std::to_string(port)));
  fetch.run();
  CHECK((fetch.end == std::errc::connection_refused));
}
