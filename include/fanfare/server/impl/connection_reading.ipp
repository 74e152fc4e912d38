/// Connection, first part: bytes become requests (RFC 9112).
#pragma once

#include <fanfare/server/impl/connection.hpp>

#include <algorithm>
#include <array>

namespace fanfare::detail {

FANFARE_DECL void Connection::wait_readable() {
  socket_.wait_readable(*this);
}

FANFARE_DECL void Connection::on_edge(bool readable, bool writable) { socket_.on_edge(*this, readable, writable); }

FANFARE_DECL void Connection::post_readable() {
  shard_->post([self = shared_from_this()] { self->socket_.on_edge(*self, false, false); });
}

FANFARE_DECL void Connection::on_readable() {
  thread_local std::array<char, 16 << 10> buffer;
  for (int turn = 0; turn < 4 && listening(); ++turn) {  // then the others get theirs
    std::size_t count = 0;
    const auto read = socket_.read_some(buffer, count);
    if (read == ConnectionSocket::Read::nothing_now) break;
    if (read == ConnectionSocket::Read::ended) return close();
    if (stage_ == Stage::streaming && upgraded_) stream_->receive({buffer.data(), count});
    else if (stage_ == Stage::streaming || stage_ == Stage::lingering) discard(count);
    else consume({buffer.data(), count});
  }
  if (listening()) wait_readable();
}

FANFARE_DECL bool Connection::listening() const noexcept {
  switch (stage_) {
    case Stage::closed:
    case Stage::deciding:
    case Stage::answering: return false;
    case Stage::streaming: return !stream_->clogged();
    case Stage::polling: return !buffers_ || buffers_->pipelined.empty();
    default: return true;
  }
}

FANFARE_DECL void Connection::discard(std::size_t bytes) {
  // What is left of a refused body is read for as long as the connection lingers, so that the client gets
  // to read the refusal.
  if (stage_ == Stage::lingering) return;
  // An event stream is the last thing on its connection; who keeps talking is not listening.
  constexpr std::size_t patience = 64 << 10;
  discarded_ += static_cast<std::uint32_t>(bytes);
  if (discarded_ > patience) close();
}

FANFARE_DECL void Connection::consume(std::string_view bytes) {
  const auto& options = shard_->server().options();
  while (!bytes.empty()) {
    if (stage_ == Stage::idle) {
      stage_ = Stage::head;
      exchange_ = std::make_unique<Exchange>(wire::HeadLimits{.max_head_bytes = options.max_head_bytes});
      shard_->set_deadline(*this, options.head_timeout);
    }
    if (stage_ == Stage::head) {
      if (!consume_head(bytes)) return;
    } else if (stage_ == Stage::body) {
      if (!consume_body(bytes)) return;
    } else {
      break;
    }
  }
  // At most one read of further requests waits here; nothing more is read until this one is answered.
  if (!bytes.empty() || buffers_) buffers().pipelined.assign(bytes);
}

FANFARE_DECL bool Connection::consume_head(std::string_view& bytes) {
  switch (exchange_->parser.parse(bytes)) {
    case wire::HeadStatus::need_more: return true;
    case wire::HeadStatus::failed: {
      const auto refusal = exchange_->parser.refusal();
      refuse(refusal.status, refusal.reason);
      return false;
    }
    case wire::HeadStatus::done: on_head(); return true;
  }
  return false;
}

FANFARE_DECL void Connection::on_head() {
  Exchange& exchange = *exchange_;
  exchange.head = exchange.parser.take();
  auto& head = exchange.head;
  close_after_ = !head.keep_alive;
  head_only_ = head.method == "HEAD";
  Request& request = exchange.request;
  request.method = std::move(head.method);
  request.target = std::move(head.target);
  request.fields = std::move(head.fields);
  request.peer = shard_->server().proxies().client(peer_, request.fields).str();
  exchange.number = shard_->server().next_request_number();
  request.id = request_id(exchange.number);
  request.http_minor = head.minor_version >= 1 ? 1 : 0;
  ++turn_;
  route();
}

FANFARE_DECL void Connection::begin_body() {
  Exchange& exchange = *exchange_;
  const auto& options = shard_->server().options();
  exchange.max_body_bytes = exchange.match.route->max_body_bytes ? exchange.match.route->max_body_bytes : options.max_body_bytes;
  if (exchange.head.content_length > exchange.max_body_bytes) return refuse(413, "the body is larger than allowed");
  if (const auto& directory = exchange.match.route->upload_dir; !directory.empty()) {
    exchange.upload = std::make_unique<UploadReceiver>(directory, exchange.request.field("Content-Type"), exchange.head,
                                                       exchange.max_body_bytes);
    if (const auto refusal = exchange.upload->refusal(); refusal.status != 0) return refuse(refusal.status, refusal.reason);
  }
  stage_ = Stage::body;
  shard_->set_deadline(*this, options.body_timeout);
  if (exchange.head.chunked) exchange.chunks.emplace(wire::ChunkLimits{.max_body_bytes = exchange.max_body_bytes});
  else exchange.body_left = exchange.head.content_length.value_or(0);
  if (exchange.head.expect_continue) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (send({&go_on, 1}) != go_on.size()) close();
  }
}

FANFARE_DECL bool Connection::consume_body(std::string_view& bytes) {
  Exchange& exchange = *exchange_;
  if (exchange.upload) return consume_upload(bytes);
  if (exchange.chunks) {
    switch (exchange.chunks->decode(bytes, exchange.request.body)) {
      case wire::ChunkStatus::need_more: return true;
      case wire::ChunkStatus::failed: {
        const auto refusal = exchange.chunks->refusal();
        refuse(refusal.status, refusal.reason);
        return false;
      }
      case wire::ChunkStatus::done: break;
    }
  } else {
    const std::size_t part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), exchange.body_left));
    exchange.request.body.append(bytes.substr(0, part));
    bytes.remove_prefix(part);
    exchange.body_left -= part;
    if (exchange.body_left > 0) return true;
  }
  on_request();
  return true;
}

FANFARE_DECL bool Connection::consume_upload(std::string_view& bytes) {
  UploadReceiver& upload = *exchange_->upload;
  switch (upload.receive(bytes)) {
    case UploadReceiver::Status::need_more:
      if (upload.moved_on()) shard_->set_deadline(*this, shard_->server().options().body_timeout);
      return true;
    case UploadReceiver::Status::failed: {
      const auto refusal = upload.refusal();
      if (refusal.status >= 500) shard_->server().broker()->log(Level::error, "upload: " + refusal.error.message());
      refuse(refusal.status, refusal.reason);
      return false;
    }
    case UploadReceiver::Status::done: break;
  }
  upload.hand_over(exchange_->request);
  exchange_->upload.reset();
  on_request();
  return true;
}

}  // namespace fanfare::detail
