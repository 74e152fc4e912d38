#pragma once

#include <fanfare/server/impl/connection.hpp>

namespace fanfare::detail {

FANFARE_DECL Connection::Connection(std::shared_ptr<ServerShard> shard, ConnectionSocket socket, const IpAddress& peer,
                                    AddressLimits::Place place)
    : socket_(std::move(socket)), shard_(std::move(shard)), peer_(peer), place_(std::move(place)) {}

FANFARE_DECL Connection::~Connection() = default;

FANFARE_DECL Connection::Buffers& Connection::buffers() {
  if (!buffers_) buffers_ = std::make_unique<Buffers>();
  return *buffers_;
}

FANFARE_DECL void Connection::start() {
  if (!socket_.attach(*this)) return close();
  shard_->set_deadline(*this, shard_->server().options().head_timeout);
  wait_readable();
}

FANFARE_DECL void Connection::close() {
  if (stage_ == Stage::closed) return;
  stage_ = Stage::closed;
  ++turn_;
  unlink();
  stream_.reset();
  poll_.reset();
  card_.reset();
  place_ = {};
  asked_.reset();
  exchange_.reset();
  socket_.close(*this);
  shard_->remove(*this);
}

FANFARE_DECL void Connection::say_goodbye(Goodbye goodbye) {
  if (stage_ == Stage::streaming) stream_->say_goodbye(goodbye);
  else if (stage_ == Stage::idle) close();
  else close_after_ = true;
  if (stage_ == Stage::polling) poll_->answer_now();
}

FANFARE_DECL void Connection::on_deadline() {
  switch (stage_) {
    case Stage::head:
    case Stage::body: return refuse(408, "the request took too long");
    case Stage::deciding:
      ++turn_;  // a reply that comes now is too late
      return answer(Response::error(503, "no answer in time"));
    case Stage::streaming:
      shard_->server().broker()->log(Level::info, "closed " + card_->client(peer_).str() + ": " + make_error_code(Error::stalled).message());
      return close();
    case Stage::idle:
    case Stage::answering:
    case Stage::lingering: return close();
    case Stage::polling:
    case Stage::closed: return;
  }
}

}  // namespace fanfare::detail
