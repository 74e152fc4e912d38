/// AsioConnection: one request and its response, or one WebSocket connection, over a socket of Asio's, with
/// TLS or without. What an Exchange holds.
#pragma once

#include <fanfare/client/impl/tls_context.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/config.hpp>
#include <fanfare/wire/http_response_parser.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Thread: its loop's. Lifetime: its own handlers keep it, until the last one has run or the loop is gone.
class AsioConnection final : public std::enable_shared_from_this<AsioConnection> {
 public:
  static constexpr std::size_t read_bytes = 16 * 1024;  ///< one read, and what is held of the response
  /// Before the next address is tried besides (RFC 8305 sec. 5).
  static constexpr std::chrono::milliseconds attempt_delay{250};
  static constexpr std::size_t max_waiting_bytes = 1 << 20;  ///< to be sent after 101

  /// @param tls  null: none is at hand, so https fails with tls_unavailable
  AsioConnection(asio::io_context& io, std::shared_ptr<TlsContext> tls, NetworkRequest request,
                 NetworkEvents& events);

  void start();
  void send(std::string_view bytes);
  void pause(bool paused);
  /// Closes at once. Nothing is reported any more.
  void abandon() noexcept;

 private:
  using Tcp = asio::ip::tcp;
  using Socket = asio::basic_stream_socket<Tcp, asio::io_context::executor_type>;
  using Timer =
      asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                 asio::io_context::executor_type>;
  enum class Stage : std::uint8_t { resolving, connecting, securing, head, body, raw, over };

  std::error_code write_request();
  void resolve();
  void connect();
  void try_next_address();
  void on_attempt_ended(std::size_t attempt, std::error_code error);
  void on_connected();
  void secure();
  void begin_exchange();
  void read();
  void on_read(std::error_code error, std::size_t count);
  void take(std::string_view bytes);
  void take_body(std::string_view bytes);
  void on_input_ended(std::error_code error);
  void write();
  void limit_connecting();
  void close() noexcept;
  void end(std::error_code why);
  void end_later(std::error_code why);

  asio::io_context& io_;
  const std::shared_ptr<TlsContext> tls_;
  const NetworkRequest request_;
  NetworkEvents* events_;  // null: abandoned, or it has been told the end
  Stage stage_ = Stage::resolving;
  bool paused_ = false, reading_ = false, writing_ = false;

  asio::ip::basic_resolver<Tcp, asio::io_context::executor_type> resolver_;
  std::vector<Tcp::endpoint> endpoints_;
  std::vector<std::unique_ptr<Socket>> attempts_;  // one for each endpoint that was tried
  std::size_t attempts_open_ = 0;
  Socket socket_;
#if FANFARE_WITH_TLS
  std::optional<TlsStream> stream_;
#endif
  Timer timer_, attempt_timer_;  // for connecting in all, and before the next address

  std::string writing_bytes_, waiting_bytes_;
  std::vector<char> buffer_;
  wire::HttpResponseHeadParser parser_;
  wire::HttpResponseBody body_;
  bool got_bytes_ = false;
};

}  // namespace fanfare::detail
