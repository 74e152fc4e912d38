// A WebSocket echo server on Asio and fanfare's wire/ folder alone: what it takes to speak WebSocket (RFC
// 6455, RFC 7692) on sockets of one's own. Its messages may have 16 MiB.
//
//   handshake    the answer to the request
//   connection   frames in, frames out, the end: what a server of yours would have, too
//   echo_server  the clients together

#include "echo_server.hpp"

#include "../support/options.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <cstdint>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

static examples::TakeValue ip_address(asio::ip::address& to) {
  return [&to](std::string_view value) -> std::optional<std::string> {
    std::error_code error;
    to = asio::ip::make_address(value, error);
    if (error) return "an IP address, such as 127.0.0.1, or 0.0.0.0 for all";
    return std::nullopt;
  };
}

static EchoServer::Acceptor listen(asio::io_context& io, const asio::ip::tcp::endpoint& endpoint) {
  try {
    return EchoServer::Acceptor(io.get_executor(), endpoint);
  } catch (const std::system_error& failure) {
    throw std::runtime_error("cannot listen on " + endpoint.address().to_string() + " port " +
                             std::to_string(endpoint.port()) + " (" + failure.code().message() +
                             "); choose others with --port, where 0 picks a free one, and --address");
  }
}

static void run(const asio::ip::tcp::endpoint& endpoint) {
  asio::io_context io(1);
  EchoServer server(listen(io, endpoint));
  std::cout << "websocket_echo: open " << server.url() << std::endl;

  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&server, &signals](const std::error_code& error, int) {
    if (error) return;
    signals.clear();  // the next one ends the program at once
    server.stop();
  });
  io.run();
}

int main(int argc, char** argv) {
  std::uint16_t port = 9001;
  asio::ip::address address = asio::ip::make_address("127.0.0.1");
  const examples::Options options(
      "websocket_echo", "Sends every WebSocket message back.",
      {
          {"--port", "N", "where to listen (9001); 0 picks a free port", examples::number(port, 0, 65535)},
          {"--address", "A", "which address to listen on (127.0.0.1); 0.0.0.0 for all", ip_address(address)},
      });
  if (const auto status = options.parse(argc, argv)) return *status;
  try {
    run({address, port});
  } catch (const std::exception& failure) {
    std::cerr << "websocket_echo: " << failure.what() << '\n';
    return 1;
  }
}
