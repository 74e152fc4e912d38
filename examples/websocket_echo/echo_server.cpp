#include "echo_server.hpp"

#include <cstddef>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;

// Each may have a message of 16 MiB under way.
static constexpr std::size_t max_connections = 1000;

EchoServer::EchoServer(Acceptor acceptor) : acceptor_(std::move(acceptor)), timer_(acceptor_.get_executor()) {
  accept();
  tick();
}

std::string EchoServer::url() const {
  const asio::ip::tcp::endpoint here = acceptor_.local_endpoint();
  const std::string host = here.address().to_string();
  return "ws://" + (here.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(here.port()) +
         "/";
}

void EchoServer::accept() {
  is_accepting_ = true;
  acceptor_.async_accept([this](const std::error_code& error, Connection::Socket socket) {
    is_accepting_ = false;
    if (error) return;  // stopped, or out of file descriptors: tick tries again
    auto connection = std::make_shared<Connection>(std::move(socket));
    connections_.push_back(connection);
    connection->start();
    if (has_room()) accept();
  });
}

bool EchoServer::has_room() {
  if (connections_.size() == max_connections) forget_ended();
  return connections_.size() < max_connections;
}

void EchoServer::forget_ended() {
  std::erase_if(connections_, [](const std::weak_ptr<Connection>& each) { return each.expired(); });
}

// Once a second.
void EchoServer::tick() {
  forget_ended();
  const auto now = Clock::now();
  for (const auto& each : connections_) {
    if (const auto connection = each.lock()) connection->check_time(now);
  }
  if (!acceptor_.is_open() && connections_.empty()) return;
  if (acceptor_.is_open() && !is_accepting_ && has_room()) accept();
  timer_.expires_after(1s);
  timer_.async_wait([this](const std::error_code& error) {
    if (!error) tick();
  });
}

void EchoServer::stop() {
  std::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& each : connections_) {
    if (const auto connection = each.lock()) connection->leave();
  }
}
