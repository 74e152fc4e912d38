#pragma once

#include <fanfare/client/impl/asio_connection.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/http_field.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include <utility>

namespace fanfare::detail {

FANFARE_DECL AsioConnection::AsioConnection(asio::io_context& io, std::shared_ptr<TlsContext> tls,
                                            NetworkRequest request, NetworkEvents& events)
    : io_(io),
      tls_(std::move(tls)),
      request_(std::move(request)),
      events_(&events),
      resolver_(io.get_executor()),
      socket_(io.get_executor()),
      timer_(io.get_executor()),
      attempt_timer_(io.get_executor()) {}

FANFARE_DECL void AsioConnection::start() {
  if (const std::error_code error = write_request()) return end_later(error);
  if (request_.url.is_secure() && !tls_) return end_later(Error::tls_unavailable);
  resolve();
}

FANFARE_DECL std::error_code AsioConnection::write_request() {
  std::string& out = writing_bytes_;
  out.append("GET ")
      .append(request_.url.target)
      .append(" HTTP/1.1\r\nHost: ")
      .append(request_.url.authority());
  for (const HttpField& field : request_.fields) {
    if (!wire::is_token(field.name) || !wire::is_field_value(field.value)) return Error::unsafe_field;
    out.append("\r\n").append(field.name).append(": ").append(field.value);
  }
  // One exchange to a connection, so the server need not wait for another.
  if (!wire::find_field(request_.fields, "Connection")) out.append("\r\nConnection: close");
  out.append("\r\n\r\n");
  return {};
}

// ---- connecting ------------------------------------------------------------------------------------

FANFARE_DECL void AsioConnection::resolve() {
  limit_connecting();
  // The system may ask name servers even for addresses, and from a thread of its own.
  std::error_code no_address;
  const auto address = asio::ip::make_address(request_.url.host, no_address);
  if (!no_address) {
    endpoints_.emplace_back(address, request_.url.port);
    return connect();
  }
  resolver_.async_resolve(
      request_.url.host, std::to_string(request_.url.port), Tcp::resolver::numeric_service,
      [self = shared_from_this()](std::error_code error, const Tcp::resolver::results_type& results) {
        if (!self->events_) return;
        if (error || results.empty()) return self->end(Error::unresolved_host);
        for (const auto& result : results) self->endpoints_.push_back(result.endpoint());
        self->connect();
      });
}

FANFARE_DECL void AsioConnection::connect() {
  stage_ = Stage::connecting;
  attempts_.reserve(endpoints_.size());
  try_next_address();
}

/// RFC 8305: the addresses in the system's order. One that does not answer shall not keep the next one
/// waiting.
FANFARE_DECL void AsioConnection::try_next_address() {
  const std::size_t attempt = attempts_.size();
  Socket& socket = *attempts_.emplace_back(std::make_unique<Socket>(io_.get_executor()));
  ++attempts_open_;
  socket.async_connect(endpoints_[attempt], [self = shared_from_this(), attempt](std::error_code error) {
    self->on_attempt_ended(attempt, error);
  });
  if (attempts_.size() == endpoints_.size()) return;
  attempt_timer_.expires_after(attempt_delay);
  attempt_timer_.async_wait([self = shared_from_this(), next = attempts_.size()](std::error_code error) {
    if (!error && self->stage_ == Stage::connecting && self->attempts_.size() == next)
      self->try_next_address();
  });
}

FANFARE_DECL void AsioConnection::on_attempt_ended(std::size_t attempt, std::error_code error) {
  if (stage_ != Stage::connecting) return;
  --attempts_open_;
  if (error) {
    if (attempts_.size() < endpoints_.size()) return try_next_address();
    if (attempts_open_ == 0) end(error);
    return;
  }
  socket_ = std::move(*attempts_[attempt]);
  attempts_.clear();
  attempt_timer_.cancel();
  on_connected();
}

FANFARE_DECL void AsioConnection::on_connected() {
  std::error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  if (request_.url.is_secure()) return secure();
  begin_exchange();
}

FANFARE_DECL void AsioConnection::secure() {
#if FANFARE_WITH_TLS
  stage_ = Stage::securing;
  stream_.emplace(socket_, tls_->context());
  if (const std::error_code error = tls_->expect(*stream_, request_.url.host)) return end(error);
  stream_->async_handshake(asio::ssl::stream_base::client,
                           [self = shared_from_this()](std::error_code error) {
                             if (!self->events_) return;
                             if (!error) return self->begin_exchange();
                             self->end(self->tls_->explain(*self->stream_, error));
                           });
#endif
}

FANFARE_DECL void AsioConnection::limit_connecting() {
  timer_.expires_after(request_.connect_timeout);
  timer_.async_wait([self = shared_from_this()](std::error_code error) {
    if (!error && self->stage_ < Stage::head) self->end(Error::connect_timeout);
  });
}

// ---- the exchange ----------------------------------------------------------------------------------

FANFARE_DECL void AsioConnection::begin_exchange() {
  timer_.cancel();
  stage_ = Stage::head;
  buffer_.resize(read_bytes);
  waiting_bytes_.swap(writing_bytes_);
  write();
  read();
}

FANFARE_DECL void AsioConnection::read() {
  if (paused_ || reading_ || !events_) return;
  reading_ = true;
  auto done = [self = shared_from_this()](std::error_code error, std::size_t count) {
    self->on_read(error, count);
  };
#if FANFARE_WITH_TLS
  if (stream_) return stream_->async_read_some(asio::buffer(buffer_), std::move(done));
#endif
  socket_.async_read_some(asio::buffer(buffer_), std::move(done));
}

FANFARE_DECL void AsioConnection::on_read(std::error_code error, std::size_t count) {
  reading_ = false;
  if (!events_) return;
  if (count != 0) take(std::string_view(buffer_.data(), count));
  if (!events_) return;
  if (error) return on_input_ended(error);
  read();
}

FANFARE_DECL void AsioConnection::take(std::string_view bytes) {
  got_bytes_ = true;
  if (stage_ == Stage::head) {
    const wire::HeadStatus status = parser_.parse(bytes);
    if (status == wire::HeadStatus::failed) return end(parser_.error());
    if (status == wire::HeadStatus::need_more) return;
    const wire::HttpResponseHead head = parser_.take();
    const bool switches = head.status == 101;
    // RFC 9110 sec. 15.2.2: only to what the request asked for.
    if (switches && !wire::find_field(request_.fields, "Upgrade")) return end(Error::malformed);
    stage_ = switches ? Stage::raw : Stage::body;
    body_ = wire::HttpResponseBody(head);
    events_->on_head(head);
    if (!events_) return;
  }
  if (stage_ == Stage::body) return take_body(bytes);
  if (!bytes.empty()) events_->on_bytes(bytes);
}

FANFARE_DECL void AsioConnection::take_body(std::string_view bytes) {
  for (;;) {
    std::string_view data;
    const wire::BodyStatus status = body_.next(bytes, data);
    if (!data.empty()) events_->on_bytes(data);
    if (!events_) return;
    if (status == wire::BodyStatus::failed) return end(body_.error());
    if (status == wire::BodyStatus::done) return end({});
    if (data.empty()) return;
  }
}

FANFARE_DECL void AsioConnection::on_input_ended(std::error_code error) {
  if (error != asio::error::eof) {
#if FANFARE_WITH_TLS
    // RFC 8446 sec. 6.1: an end without a farewell may be anybody's who can cut the connection.
    if (error == asio::ssl::error::stream_truncated) return end(Error::cut_short);
    if (error.category() == asio::error::get_ssl_category()) return end(Error::tls_failed);
#endif
    return end(error);
  }
  switch (stage_) {
    case Stage::head: return end(got_bytes_ ? Error::cut_short : Error::peer_gone);
    case Stage::body: return end(body_.end_of_input());
    default: return end({});
  }
}

FANFARE_DECL void AsioConnection::write() {
  if (writing_ || waiting_bytes_.empty() || !events_) return;
  writing_ = true;
  writing_bytes_.clear();
  writing_bytes_.swap(waiting_bytes_);
  // What went wrong is seen by the read, which also gets what the peer still said.
  auto done = [self = shared_from_this()](std::error_code error, std::size_t) {
    self->writing_ = false;
    if (!error) self->write();
  };
#if FANFARE_WITH_TLS
  if (stream_) return asio::async_write(*stream_, asio::buffer(writing_bytes_), std::move(done));
#endif
  asio::async_write(socket_, asio::buffer(writing_bytes_), std::move(done));
}

FANFARE_DECL void AsioConnection::send(std::string_view bytes) {
  if (stage_ != Stage::raw || !events_) return;
  if (bytes.size() > max_waiting_bytes - waiting_bytes_.size()) return end_later(Error::too_long);
  waiting_bytes_.append(bytes);
  write();
}

FANFARE_DECL void AsioConnection::pause(bool paused) {
  if (std::exchange(paused_, paused) && !paused && stage_ >= Stage::head && stage_ < Stage::over) read();
}

// ---- the end ---------------------------------------------------------------------------------------

FANFARE_DECL void AsioConnection::close() noexcept {
  stage_ = Stage::over;
  timer_.cancel();
  attempt_timer_.cancel();
  attempts_.clear();
  resolver_.cancel();
  std::error_code ignored;
  socket_.close(ignored);
}

FANFARE_DECL void AsioConnection::abandon() noexcept {
  events_ = nullptr;
  close();
}

FANFARE_DECL void AsioConnection::end(std::error_code why) {
  NetworkEvents* const events = std::exchange(events_, nullptr);
  close();
  // Asio's own category knows no conditions, and hosts should not need to know of it.
  if (why.category() == asio::error::get_system_category()) why.assign(why.value(), std::system_category());
  if (events) events->on_end(why);
}

FANFARE_DECL void AsioConnection::end_later(std::error_code why) {
  asio::post(io_.get_executor(), [self = shared_from_this(), why] {
    if (self->events_) self->end(why);
  });
}

}  // namespace fanfare::detail
