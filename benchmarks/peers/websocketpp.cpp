// websocketpp's example broadcast_server. One thread.
#include "../servers/feed.hpp"

#include <websocketpp/config/asio_no_tls.hpp>
#include <websocketpp/server.hpp>

#include <functional>
#include <memory>
#include <set>

using Server = websocketpp::server<websocketpp::config::asio>;
using websocketpp::connection_hdl;

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  bench::Feed feed(argv);
  Server server;
  std::set<connection_hdl, std::owner_less<connection_hdl>> connections;
  server.clear_access_channels(websocketpp::log::alevel::all);
  server.clear_error_channels(websocketpp::log::elevel::all);
  server.init_asio();
  server.set_reuse_addr(true);
  server.set_listen_backlog(4096);
  server.set_open_handler([&](connection_hdl connection) {
    server.get_con_from_hdl(connection)->get_raw_socket().set_option(asio::ip::tcp::no_delay(true));
    connections.insert(connection);
  });
  server.set_close_handler([&](connection_hdl connection) { connections.erase(connection); });
  server.listen(
      asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), std::uint16_t(std::atoi(argv[1]))));
  server.start_accept();
  std::function<void()> tick = [&] {
    server.set_timer(feed.interval_ms(), [&](websocketpp::lib::error_code) {
      for (auto left = feed.due(!connections.empty()); left != 0; --left) {
        const std::string json = feed.payload();
        for (const auto& connection : connections) {
          websocketpp::lib::error_code ignored;
          server.send(connection, json, websocketpp::frame::opcode::text, ignored);
        }
      }
      tick();
    });
  };
  tick();
  server.run();
}
