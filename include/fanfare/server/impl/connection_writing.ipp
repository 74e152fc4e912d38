/// Connection, third part: answers, and what follows them.
#pragma once

#include <fanfare/server/impl/connection.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/wire/http_response_head.hpp>

#include <asio/post.hpp>

namespace fanfare::detail {

FANFARE_DECL void Connection::refuse(int status, std::string_view reason) {
  close_after_ = true;  // what follows a malformed request cannot be understood
  answer(Response::error(status, std::string(reason)));
}

FANFARE_DECL void Connection::add_date(Response& response) const {
  // RFC 9110 sec. 6.6.1: who has a clock must say when it answered.
  if (wire::find_field(response.fields, "Date")) return;
  std::string date;
  wire::append_http_date(date, shard_->core().context().clock->wall());
  response.fields.push_back({"Date", std::move(date)});
}

FANFARE_DECL void Connection::answer(Response response) {
  const auto& server = shard_->server();
  if (exchange_ && server.origins().judge(exchange_->request) == OriginPolicy::Verdict::listed &&
      !wire::find_field(response.fields, "Access-Control-Allow-Origin")) {
    server.origins().allow(exchange_->request, response.fields);
  }
  add_date(response);
  close_after_ = close_after_ || server.draining();
  // RFC 9112 sec. 9.3: an HTTP/1.0 client must be told that it may go on.
  if (exchange_ && exchange_->request.http_minor == 0 && !close_after_) {
    response.fields.push_back({"Connection", "keep-alive"});
  }
  std::string bytes;
  append_http1_response(bytes, response, close_after_, head_only_);
  send_answer(std::move(bytes));
}

FANFARE_DECL void Connection::send_answer(std::string bytes) {
  stage_ = Stage::answering;
  ++turn_;
  exchange_.reset();
  card_.reset();
  head_only_ = false;
  buffers().out = std::move(bytes);
  buffers_->out_sent = 0;
  unlink();
  continue_answer();
}

FANFARE_DECL void Connection::continue_answer() {
  Buffers& buffers = *buffers_;
  const std::string_view rest = std::string_view(buffers.out).substr(buffers.out_sent);
  const std::size_t taken = send({&rest, 1});
  if (taken == Member::gone) return close();
  buffers.out_sent += taken;
  if (buffers.out_sent < buffers.out.size()) return wait_writable();
  buffers.out = {};
  after_answer();
}

FANFARE_DECL void Connection::after_answer() {
  if (close_after_) return linger();
  stage_ = Stage::idle;
  shard_->set_deadline(*this, shard_->server().options().keep_alive_timeout);
  // The next request starts from a fresh stack, however many were sent at once.
  shard_->post([self = shared_from_this()] {
    if (self->stage_ != Stage::idle) return;
    const std::string waiting = self->buffers_ ? std::move(self->buffers_->pipelined) : std::string();
    self->buffers_.reset();
    self->consume(waiting);
    if (self->stage_ == Stage::idle || self->stage_ == Stage::head || self->stage_ == Stage::body) self->wait_readable();
  });
}

FANFARE_DECL void Connection::linger() {
  // Half-close first and read on for a moment: closing with unread input would send a reset, and that
  // can destroy what the client has not read yet (RFC 9112 sec. 9.6).
  stage_ = Stage::lingering;
  stream_.reset();
  card_.reset();
  asked_.reset();
  exchange_.reset();
  socket_.shutdown_send();
  shard_->set_deadline(*this, std::chrono::seconds(2));
  wait_readable();
}

}  // namespace fanfare::detail
