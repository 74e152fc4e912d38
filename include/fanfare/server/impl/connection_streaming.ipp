/// Connection, fourth part: it carries a stream.
#pragma once

#include <fanfare/server/impl/connection.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/wire/uri.hpp>

namespace fanfare::detail {

FANFARE_DECL void Connection::start_stream(const Route& route, Request& request, Admission admission) {
  auto opening = open_stream(*shard_->server().broker(), shard_->server().transports(route), request, std::move(admission));
  if (!opening.transport) return answer(std::move(opening.head));
  if (!has_room(request, opening)) return;
  opening.transport = wrap_http1(std::move(opening.transport), request.http_minor);
  if (opening.transport->gathers_for()) return start_poll(route, std::move(opening));
  if (Response head = opening.transport->head(); head.status != 200 && head.status != 101) return answer(std::move(head));

  const auto& origins = shard_->server().origins();
  if (origins.judge(request) == OriginPolicy::Verdict::listed) origins.allow(request, opening.head.fields);
  if (route.stream.page) opening.head.fields.push_back({"Vary", "Accept"});
  add_date(opening.head);
  upgraded_ = opening.head.status == 101;
  if (opening.transport->subscribes_later()) asked_.reset(new Asked{route, std::move(request)});
  exchange_.reset();
  const std::string early = buffers_ ? std::move(buffers_->pipelined) : std::string();
  buffers_.reset();
  stage_ = Stage::streaming;
  unlink();
  stream_.emplace(shard_->core(), static_cast<Sink&>(*this), std::move(opening));
  wait_readable();  // at least to notice that the client leaves
  stream_->start();
  if (upgraded_ && !early.empty() && stage_ == Stage::streaming) stream_->receive(early);
}

FANFARE_DECL void Connection::start_poll(const Route& route, Opening opening) {
  stage_ = Stage::polling;
  poll_ = std::make_unique<Poll>(shard_->core(), std::move(opening), [this, page = route.stream.page](Response response) {
    const auto self = shared_from_this();
    poll_.reset();
    if (page && !wire::find_field(response.fields, "Vary")) response.fields.push_back({"Vary", "Accept"});
    answer(std::move(response));
  });
  if (listening()) wait_readable();  // at least to notice that the client leaves
  poll_->start();
}

FANFARE_DECL bool Connection::has_room(const Request& request, const Opening& opening) {
  auto& server = shard_->server();
  const auto& proxies = server.proxies();
  card_.emplace(exchange_->number, request, opening, peer_, proxies.client(peer_, request.fields), shard_->texts(),
                *shard_->core().context().clock);
  // Who came without a proxy has its place since it connected; a proxy that speaks for itself needs none.
  const IpAddress client = card_->client(peer_);
  if (!card_->proxied || !proxies.trusts(peer_) || proxies.trusts(client)) return true;
  card_->proxied->place = server.addresses().take(client);
  if (card_->proxied->place) return true;
  close_after_ = true;
  answer(server.crowded_answer(client));
  return false;
}

FANFARE_DECL void Connection::list(Census::Rows& rows) const {
  if (stream_) rows.push_back(card_->describe(*stream_, peer_));
  else if (poll_) rows.push_back(card_->describe(*poll_, peer_));
}

// ---- what a stream's client asks for while it runs ---------------------------------------------------

/// The request that would have asked for the same from the start, so that hooks know only one kind.
FANFARE_DECL Request as_request(const Request& opened_with, std::vector<std::string> topics, const Wanted& wanted) {
  Request request = opened_with;
  request.topics = std::move(topics);
  const auto replace = [&request](std::string_view name, const std::string& value) {
    if (!value.empty()) request.target = wire::with_query(request.target, name, value);
  };
  std::string types;
  for (const auto& type : wanted.types) types += (types.empty() ? "" : ",") + type;
  replace("types", types);
  if (wanted.max_rate > 0) replace("max_rate", std::to_string(wanted.max_rate));
  replace("since", wanted.since);
  return request;
}

FANFARE_DECL void Connection::admit(std::vector<std::string> topics, const Wanted& wanted) {
  // It stays the stream's request: what it says of types and pace holds until the client says otherwise.
  if (asked_) asked_->request = as_request(asked_->request, std::move(topics), wanted);
  Reply<Admission> reply([connection = weak_from_this(), shard = std::weak_ptr<ServerShard>(shard_)](
                             std::optional<Admission> admission) {
    const auto loop = shard.lock();
    if (!loop) return;
    loop->post([connection, admission = std::move(admission)]() mutable {
      const auto self = connection.lock();
      if (!self || self->stage_ != Stage::streaming) return;
      if (admission && self->asked_) admission->max_rate = pace_of(self->asked_->request, admission->max_rate);
      self->stream_->on_admission(*self->shard_->server().broker(), std::move(admission));
    });
  });
  if (!asked_) return reply(Admission::refuse(403, "this stream takes no further topics"));
  decide(asked_->route, asked_->request, reply);
}

FANFARE_DECL std::error_code Connection::command(const Command& command) {
  try {
    return shard_->server().broker()->command(command);
  } catch (...) {
    shard_->server().broker()->log(Level::error, "on_command of topic '" + command.topic + "': " + thrown_text());
    return make_error_code(Error::handler_failed);
  }
}

// ---- the stream's sink -----------------------------------------------------------------------------

FANFARE_DECL std::size_t Connection::send(std::string_view bytes) noexcept { return socket_.send(bytes); }

FANFARE_DECL std::size_t Connection::send(std::span<const std::string_view> pieces) noexcept {
  // What cohorts send, they note themselves.
  if (stream_) card_->last_write = shard_->core().context().clock->now();
  const std::size_t taken = socket_.send(pieces);
  if (taken != 0 && taken != Member::gone) wrote_ = true;
  return taken;
}

FANFARE_DECL void Connection::wait_writable() {
  if (stream_ && !waiting()) card_->last_write = shard_->core().context().clock->now();
  // Only bytes that were taken put the deadline off: whoever merely talks does not.
  if (!waiting() || std::exchange(wrote_, false)) shard_->set_deadline(*this, shard_->server().options().stall_limit);
  socket_.wait_writable(*this);
}

FANFARE_DECL void Connection::on_writable() {
  if (stage_ == Stage::answering) return continue_answer();
  if (stage_ != Stage::streaming) return;
  stream_->on_writable();
  if (stage_ != Stage::streaming) return;
  if (!stream_->behind()) unlink();
  if (listening()) wait_readable();
}

FANFARE_DECL void Connection::on_finished() {
  // Called from within the stream, which therefore goes a turn later.
  shard_->post([self = shared_from_this()] {
    if (self->stage_ == Stage::streaming) self->linger();
  });
}

FANFARE_DECL void Connection::on_gone() {
  try {
    shard_->post([self = shared_from_this()] { self->close(); });
  } catch (...) {
    socket_.shutdown_send();  // no memory: the client closes it then
  }
}

}  // namespace fanfare::detail
