/// One client of the echo server, from its first byte to the end of its TCP connection. It does one thing at
/// a time: it reads, takes messages out of what it read, sends the answers, and reads on once those are gone.
/// So a peer that does not read is not read from either, and TCP holds it back: that is the backpressure.
#pragma once

#include <fanfare/wire/http_request_head.hpp>
#include <fanfare/wire/websocket_reader.hpp>
#include <fanfare/wire/websocket_writer.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
  using Time = std::chrono::steady_clock::time_point;

  explicit Connection(Socket socket);

  /// From here on the handlers keep the connection alive, and its last one lets it go.
  void start();

  /// Ends it with 1001, the server goes away (RFC 6455 sec. 7.4.1).
  void leave();

  /// Ends it if its peer has kept it waiting for too long: with 1001 if that may still get there.
  void check_time(Time now);

 private:
  enum class Phase {
    handshake,
    open,
    close_sent,  // by us first; the peer's close frame is still to come
    over,        // once the output is gone, the TCP connection ends
  };

  void go_on();
  bool take_input();
  bool take_head();
  bool take_frame();
  void echo(fanfare::wire::Opcode opcode);
  void pong();
  void close(fanfare::wire::CloseCode code, std::string_view reason = {});
  void read();
  void on_read(const std::error_code& error, std::size_t size);
  void write();
  void shut_down();
  void allow(std::chrono::seconds time);

  Socket socket_;
  Time deadline_;  // of what it waits for
  Phase phase_ = Phase::handshake;
  bool is_reading_ = false, is_leaving_ = false, is_shut_down_ = false;

  std::vector<char> buffer_;
  std::string_view input_;  // of the buffer, what is not taken yet
  fanfare::wire::HttpRequestHeadParser head_;
  fanfare::wire::WebSocketReader reader_;

  fanfare::wire::WebSocketWriter writer_;
  bool compresses_ = false;
  std::string output_;
  std::string moved_payload_;  // comes after the output
};
