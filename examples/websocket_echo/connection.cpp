#include "connection.hpp"

#include "handshake.hpp"

#include <fanfare/wire/websocket_close.hpp>
#include <fanfare/wire/websocket_frame.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/write.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

using namespace fanfare::wire;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

/// With this much to send, nothing more is taken from the input; so at most this and one message wait.
constexpr std::size_t max_output_bytes = 64 * 1024;

/// A payload of at least this is not copied behind its header, but sent from where it was put together.
constexpr std::size_t min_moved_bytes = 16 * 1024;

WebSocketReaderOptions reader_options(const std::optional<DeflateParameters>& deflate) {
  return {.max_message_bytes = 16 * 1024 * 1024,
          .max_fragments = 1024 * 1024,  // 16 bytes each, if the message is as long as it may be
          .deflate = deflate};
}

// Short messages are compressed, too, as some clients come here to try that.
WebSocketWriterOptions writer_options(const std::optional<DeflateParameters>& deflate) {
  return {.deflate = deflate, .min_compressed_bytes = 0, .level = 1};
}

// How long a peer may take.
constexpr std::chrono::seconds handshake_time = 10s, idle_time = 300s, write_time = 60s, close_time = 2s;

}  // namespace

Connection::Connection(Socket socket) : socket_(std::move(socket)), buffer_(buffer_bytes) {}

void Connection::start() {
  std::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  allow(handshake_time);
  read();
}

void Connection::leave() {
  allow(close_time);
  is_leaving_ = true;
  if (is_reading_) socket_.cancel();  // what is being written is finished first
}

void Connection::check_time(Time now) {
  if (now < deadline_) return;
  if (phase_ == Phase::open && !is_leaving_) return leave();
  std::error_code ignored;
  socket_.close(ignored);  // the handler that waits gets an error, and is the last
}

void Connection::go_on() {
  if (is_leaving_ && phase_ == Phase::open) close(CloseCode::going_away);
  while (phase_ != Phase::over && output_.size() < max_output_bytes && moved_payload_.empty() &&
         take_input()) {
  }
  if (!output_.empty()) return write();
  if (phase_ == Phase::over) return shut_down();
  read();
}

// Whether there may be more to take.
bool Connection::take_input() {
  return phase_ == Phase::handshake ? take_head() : take_frame();
}

bool Connection::take_head() {
  const HeadStatus status = head_.parse(input_);
  if (status == HeadStatus::need_more) return false;
  phase_ = Phase::over;
  if (status == HeadStatus::failed) {
    output_ = refuse_request(head_.refusal());
    return false;
  }
  HandshakeAnswer answer = answer_handshake(head_.take());
  output_ = std::move(answer.response);
  if (!answer.accepted) return false;
  phase_ = Phase::open;
  reader_ = WebSocketReader(reader_options(answer.deflate));
  writer_ = WebSocketWriter(writer_options(answer.deflate));
  compresses_ = answer.deflate.has_value();
  return true;
}

bool Connection::take_frame() {
  switch (reader_.parse(input_)) {
    case WebSocketStatus::need_more: return false;
    case WebSocketStatus::text: echo(Opcode::text); return true;
    case WebSocketStatus::binary: echo(Opcode::binary); return true;
    case WebSocketStatus::ping: pong(); return true;
    case WebSocketStatus::pong: return true;
    case WebSocketStatus::close: close(reader_.close_code()); break;
    case WebSocketStatus::failed: close(reader_.failure().code, reader_.failure().reason); break;
  }
  phase_ = Phase::over;
  return false;
}

void Connection::echo(Opcode opcode) {
  if (phase_ != Phase::open) return;  // RFC 6455 sec. 5.5.1: nothing is sent after a close frame
  const std::size_t size = reader_.payload().size();
  if (compresses_ || size < min_moved_bytes) return writer_.append(output_, opcode, reader_.payload());
  char header[max_frame_header_bytes];
  output_.append(header, write_frame_header(header, {.opcode = opcode, .payload_bytes = size}));
  moved_payload_ = reader_.take();
}

void Connection::pong() {
  if (phase_ == Phase::open) append_frame(output_, {.opcode = Opcode::pong}, reader_.payload());
}

// Of the closing handshake (sec. 7.1.2) our part: the answer to the peer's close frame, or ours, if it comes
// first.
void Connection::close(CloseCode code, std::string_view reason) {
  if (phase_ != Phase::open) return;
  phase_ = Phase::close_sent;
  std::string payload;
  if (append_close_payload(payload, code, reason)) append_frame(output_, {.opcode = Opcode::close}, payload);
}

void Connection::read() {
  if (phase_ == Phase::open) allow(idle_time);
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const std::error_code& error, std::size_t size) {
                            self->is_reading_ = false;
                            self->on_read(error, size);
                          });
}

void Connection::on_read(const std::error_code& error, std::size_t size) {
  const bool cancelled = error == asio::error::operation_aborted;
  if (cancelled && is_leaving_ && phase_ == Phase::open) return go_on();
  if (error) return;
  if (is_shut_down_) return read();  // and drop it
  input_ = {buffer_.data(), size};
  go_on();
}

void Connection::write() {
  allow(write_time);
  const std::array<asio::const_buffer, 2> bytes = {asio::buffer(output_), asio::buffer(moved_payload_)};
  asio::async_write(socket_, bytes, [self = shared_from_this()](const std::error_code& error, std::size_t) {
    if (error) return;
    self->output_.clear();
    if (self->output_.capacity() > max_output_bytes) std::string().swap(self->output_);
    std::string().swap(self->moved_payload_);
    self->go_on();
  });
}

// Sec. 7.1.1: the server is the first to close. It reads on for a while and drops what comes, for with bytes
// unread TCP would reset the connection, and the close frame might be lost on its way.
void Connection::shut_down() {
  std::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  is_shut_down_ = true;
  allow(close_time);
  read();
}

void Connection::allow(std::chrono::seconds time) {
  if (!is_leaving_) deadline_ = std::chrono::steady_clock::now() + time;
}
