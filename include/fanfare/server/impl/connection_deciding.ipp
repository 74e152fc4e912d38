/// Connection, second part: requests meet their routes and hooks.
#pragma once

#include <fanfare/core/fanout/thrown.hpp>
#include <fanfare/server/impl/connection.hpp>
#include <fanfare/server/page.hpp>
#include <fanfare/server/static_files.hpp>

#include <asio/post.hpp>

namespace fanfare::detail {

template <class T, class Then>
Reply<T> Connection::reply_to(Then then) {
  return Reply<T>([connection = weak_from_this(), shard = std::weak_ptr<ServerShard>(shard_), turn = turn_,
                   then = std::move(then)](std::optional<T> answer) {
    const auto loop = shard.lock();
    if (!loop) return;
    loop->post([connection, turn, then, answer = std::move(answer)]() mutable {
      const auto self = connection.lock();
      if (self && self->turn_ == turn && self->stage_ == Stage::deciding) then(*self, std::move(answer));
    });
  });
}

FANFARE_DECL bool Connection::refuse_origin() {
  const auto& origins = shard_->server().origins();
  const Request& request = exchange_->request;
  // Refused before the body is read, so the connection ends: what a foreign page put into its body must
  // never be taken for a request, one without an Origin.
  if (!origins.host_allowed(request)) {
    refuse(403, "this server does not answer to that Host (ServerOptions::hosts)");
    return true;
  }
  const bool harmless = (request.method == "GET" || request.method == "HEAD") &&
                        !(exchange_->match.route && exchange_->match.route->kind == Route::Kind::stream);
  const auto verdict = origins.judge(request);
  if (verdict != OriginPolicy::Verdict::foreign || harmless) return false;
  refuse(403, "cross-origin request refused (ServerOptions::origins)");
  return true;
}

FANFARE_DECL void Connection::route() {
  Exchange& exchange = *exchange_;
  const Request& request = exchange.request;
  exchange.match = shard_->server().router().find(request.method, request.path());
  const bool has_body = exchange.head.chunked || exchange.head.content_length.value_or(0) > 0;
  const bool wants_body = exchange.match.route && exchange.match.route->method == "POST";
  if (has_body && !wants_body) close_after_ = true;  // the body is never read
  if (refuse_origin()) return;

  if (!exchange.match.route) {
    if (request.method == "OPTIONS" && shard_->server().origins().judge(request) == OriginPolicy::Verdict::listed) {
      return answer(shard_->server().origins().preflight(request));
    }
    const int status = exchange.match.status;
    Response response = Response::error(status, status == 400   ? "malformed path"
                                                : status == 405 ? request.method + " is not allowed here"
                                                                : "nothing at " + std::string(request.path()));
    if (!exchange.match.allow.empty()) response.fields.push_back({"Allow", exchange.match.allow});
    return answer(std::move(response));
  }
  exchange.request.params = std::move(exchange.match.params);
  if (has_body) return begin_body();
  on_request();
}

FANFARE_DECL void Connection::on_request() {
  unlink();
  const Route& route = *exchange_->match.route;
  stage_ = Stage::deciding;
  switch (route.kind) {
    case Route::Kind::files: return answer(static_file(route.directory, exchange_->match.rest, exchange_->request));
    case Route::Kind::handler: return call_handler(route);
    case Route::Kind::stream: return open_stream_for(route);
  }
}

FANFARE_DECL void Connection::call_handler(const Route& route) {
  shard_->set_deadline(*this, shard_->server().options().hook_timeout);
  const auto reply = reply_to<Response>([](Connection& self, std::optional<Response> response) {
    self.answer(response ? *std::move(response) : Response::error(503, "the handler gave no answer"));
  });
  try {
    // The fields stay: the answer looks at Origin.
    route.handler(exchange_->request, reply);
  } catch (...) {
    shard_->server().broker()->log(Level::error, "handler of " + route.pattern + ": " + thrown_text());
    remove_uploads(exchange_->request);
    reply(Response::error(500, "the handler failed"));
  }
}

FANFARE_DECL void Connection::decide(const Route& route, Request request, Reply<Admission> reply) {
  try {
    shard_->server().decide(route, std::move(request), reply);
  } catch (...) {
    shard_->server().broker()->log(Level::error, "admit of " + route.pattern + ": " + thrown_text());
    reply(Admission::refuse(500, "the admission hook failed"));
  }
}

FANFARE_DECL void Connection::open_stream_for(const Route& route) {
  Request request = exchange_->request;
  if (route.stream.page && accepts(request, "text/html", true) && !accepts(request, "text/event-stream", true)) {
    return answer(builtin_page(request));
  }
  if (shard_->server().draining()) return answer(ServerCore::busy_answer());
  name_topics(request);

  shard_->set_deadline(*this, shard_->server().options().hook_timeout);
  const auto reply = reply_to<Admission>([&route, request](Connection& self, std::optional<Admission> admission) {
    self.on_admission(route, request, std::move(admission));
  });
  decide(route, std::move(request), reply);
}

FANFARE_DECL void Connection::on_admission(const Route& route, Request request, std::optional<Admission> admission) {
  unlink();
  if (!admission) return answer(Response::error(503, "the admission hook gave no answer"));
  try {
    start_stream(route, request, *std::move(admission));
  } catch (...) {
    // Transports and formats may be the host's.
    shard_->server().broker()->log(Level::error, "transport of " + route.pattern + ": " + thrown_text());
    if (stage_ != Stage::deciding) return close();
    answer(Response::error(500, "the transport failed"));
  }
}

}  // namespace fanfare::detail
