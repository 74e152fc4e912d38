#pragma once

#include <fanfare/server/impl/connection.hpp>

#include <array>

namespace fanfare::detail {

FANFARE_DECL Connection::Connection(std::shared_ptr<ServerShard> shard, Socket socket, std::string peer)
    : shard_(std::move(shard)), socket_(std::move(socket)), peer_(std::move(peer)) {}

FANFARE_DECL Connection::~Connection() = default;

FANFARE_DECL void Connection::start() {
  shard_->set_deadline(*this, shard_->server().options().head_timeout);
  wait_readable();
}

FANFARE_DECL void Connection::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  ++turn_;
  unlink();
  stream_.reset();
  exchange_.reset();
  std::error_code ignored;
  socket_.close(ignored);
  shard_->remove(shared_from_this());
}

FANFARE_DECL void Connection::say_goodbye(Goodbye goodbye) {
  if (stage_ == Stage::streaming) stream_->say_goodbye(goodbye);
  else if (stage_ == Stage::idle) close();
  else close_after_ = true;
}

FANFARE_DECL void Connection::on_deadline() {
  switch (stage_) {
    case Stage::head:
    case Stage::body: return refuse(408, "the request took too long");
    case Stage::deciding:
      ++turn_;  // a reply that comes now is too late
      return answer(Response::error(503, "no answer in time"));
    case Stage::streaming:
      shard_->server().broker()->log(Level::info, "closed " + peer_ + ": " + make_error_code(Error::stalled).message());
      return close();
    case Stage::idle:
    case Stage::answering:
    case Stage::lingering: return close();
    case Stage::closed: return;
  }
}

// ---- the stream's sink -----------------------------------------------------------------------------

FANFARE_DECL std::size_t Connection::send(std::span<const std::string_view> pieces) noexcept {
  std::error_code error;
  std::size_t taken = 0;
  if (pieces.size() == 1) {
    taken = socket_.write_some(asio::const_buffer(pieces[0].data(), pieces[0].size()), error);
  } else {
    std::array<asio::const_buffer, 64> buffers;
    for (std::size_t i = 0; i < pieces.size(); ++i) buffers[i] = {pieces[i].data(), pieces[i].size()};
    taken = socket_.write_some(std::span<const asio::const_buffer>(buffers.data(), pieces.size()), error);
  }
  if (!error) return taken;
  return error == asio::error::would_block || error == asio::error::try_again ? 0 : Member::gone;
}

FANFARE_DECL void Connection::wait_writable() {
  shard_->set_deadline(*this, shard_->server().options().stall_limit);
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](std::error_code error) {
    if (!error) self->on_writable();
  });
}

FANFARE_DECL void Connection::on_writable() {
  if (stage_ == Stage::streaming) {
    unlink();
    stream_->on_writable();
  } else if (stage_ == Stage::answering) {
    continue_answer();
  }
}

FANFARE_DECL void Connection::on_finished() {
  // Called from within the stream, which therefore goes a turn later.
  shard_->post([self = shared_from_this()] {
    if (self->stage_ == Stage::streaming) self->linger();
  });
}

FANFARE_DECL void Connection::on_gone() {
  shard_->post([self = shared_from_this()] { self->close(); });
}

}  // namespace fanfare::detail
