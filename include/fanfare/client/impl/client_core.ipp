#pragma once

#include <fanfare/client/client_core.hpp>
#include <fanfare/client/client_request.hpp>
#include <fanfare/client/poll_receiver.hpp>
#include <fanfare/client/sse_receiver.hpp>
#include <fanfare/client/verdict.hpp>
#include <fanfare/client/websocket_receiver.hpp>
#include <fanfare/error.hpp>

#include <algorithm>
#include <utility>

namespace fanfare::detail {

inline constexpr unsigned max_redirects = 5;
/// So many times in a row a transport may fail before the next one is tried.
inline constexpr unsigned max_open_failures = 3;
/// So many times in a row what follows a position may be too large; it will be the same again.
inline constexpr unsigned max_outgrown = 3;
/// Between two long-polls of which the first was answered at once, with nothing in it.
inline constexpr std::chrono::seconds min_poll_interval{1};

FANFARE_DECL std::vector<ClientTransport> default_transports(const wire::Url& url) {
  using enum ClientTransport;
  if (url.is_websocket()) return {websocket, sse, long_poll};
  return {sse, websocket, long_poll};
}

FANFARE_DECL ClientOptions with_transports(ClientOptions options, const wire::Url& url) {
  if (options.transports.empty()) options.transports = default_transports(url);
  return options;
}

FANFARE_DECL ClientCore::ClientCore(wire::Url url, ClientOptions options, Network& network,
                                    const Clock& clock, ClientHost& host)
    : url_(std::move(url)),
      options_(with_transports(std::move(options), url_)),
      network_(network),
      clock_(clock),
      host_(host),
      backoff_(options_.backoff, options_.random),
      unsuitable_(options_.transports.size()),
      resume_(options_.since),
      last_(Position::parse(resume_)) {}

FANFARE_DECL ClientCore::~ClientCore() {
  close();
}

FANFARE_DECL void ClientCore::start() {
  if (stage_ != Stage::idle) return;
  lost_since_ = clock_.now();
  host_.on_link(Link::connecting, {});
  connect();
}

FANFARE_DECL void ClientCore::stop() {
  stage_ = Stage::over;
  close();
  arm();
}

FANFARE_DECL void ClientCore::close() {
  exchange_.reset();
  receiver_.reset();
}

FANFARE_DECL void ClientCore::say(std::string_view text) {
  if (stage_ == Stage::open && receiver_->say(text)) return;
  if (stage_ == Stage::over) return;
  host_.on_problem(
      {std::make_error_code(std::errc::not_connected), "a command was lost with its connection"});
}

FANFARE_DECL void ClientCore::resume() {
  if (!std::exchange(paused_, false)) return;
  if (exchange_) exchange_->pause(false);
  heard_at_ = clock_.now();  // it was we who did not listen
  if (stage_ == Stage::pausing) return ask_next();
  if (stage_ == Stage::waiting && deadline_ == SteadyTime::max()) return connect();
  if (stage_ == Stage::open) look_for_silence();
}

// ---- connecting ------------------------------------------------------------------------------------

FANFARE_DECL void ClientCore::connect() {
  if (link_ == Link::connected) lost_since_ = clock_.now();  // a poll was refused that others were answered
  at_ = url_;
  redirects_ = 0;
  set_link(Link::connecting);
  ask();
}

FANFARE_DECL void ClientCore::ask() {
  const SteadyTime now = clock_.now();
  close();
  ReceiverSink& sink = *this;
  const ReceiverLimits limits{options_.max_event_bytes, options_.max_answer_bytes};
  Asking asking{.transport = transport(), .position = resume_, .own_origin = wire::same_origin(url_, at_)};
  deadline_ = now + options_.open_timeout;
  switch (transport()) {
    case ClientTransport::sse: receiver_ = std::make_unique<SseReceiver>(sink, limits); break;
    case ClientTransport::long_poll:
      receiver_ = std::make_unique<PollReceiver>(sink, limits);
      if (!resume_.empty()) deadline_ += poll_wait;
      break;
    case ClientTransport::websocket: {
      WebSocketTerms terms = WebSocketTerms::fresh();
      asking.upgrade = wire::websocket_request_fields(terms.options, terms.nonce);
      receiver_ = std::make_unique<WebSocketReceiver>(sink, limits, std::move(terms));
      break;
    }
  }
  stage_ = Stage::opening;
  asked_at_ = now;
  any_bytes_ = false;
  answered_events_ = 0;
  exchange_ = network_.open(make_request(at_, options_, asking), *this);
  arm();
}

FANFARE_DECL void ClientCore::on_head(const wire::HttpResponseHead& head) {
  const Verdict verdict = judge(head, transport(), clock_.wall());
  switch (verdict.action) {
    case Action::open:
      if (const std::error_code error = receiver_->on_head(head)) {
        return error == Error::too_long ? outgrown(error) : unsuitable(error);
      }
      return opened();
    case Action::redirect: return redirect(std::string(head.field("Location")));
    case Action::retry: return failed_to_open(verdict.error, verdict.wait);
    case Action::unsuitable: return unsuitable(verdict.error);
    case Action::end: return conclude(Link::ended, {});
    case Action::give_up: return conclude(Link::gave_up, verdict.error);
  }
}

FANFARE_DECL void ClientCore::redirect(std::string_view location) {
  wire::Url next;
  if (const std::error_code error = wire::resolve_url(with_scheme_for(at_, transport()), location, next)) {
    return conclude(Link::gave_up, error);
  }
  if (++redirects_ > max_redirects)
    return conclude(Link::gave_up, make_error_code(Error::too_many_redirects));
  if (at_.is_secure() && !next.is_secure())
    return conclude(Link::gave_up, make_error_code(Error::unsafe_redirect));
  at_ = std::move(next);
  ask();
}

FANFARE_DECL void ClientCore::opened() {
  stage_ = Stage::open;
  heard_at_ = clock_.now();
  heartbeat_ = options_.heartbeat;
  longest_gap_ = {};
  beats_ = 0;
  told_heartbeat_ = false;
  server_wait_ = {};
  if (link_ != Link::connected) opened_at_ = heard_at_;
  host_.on_transport(transport(), receiver_->can_say());
  set_link(Link::connected);
  if (paused_) exchange_->pause(true);
  deadline_ = heard_at_;  // look_for_silence says when
  look_for_silence();
  arm();
}

FANFARE_DECL void ClientCore::ask_next() {
  const SteadyTime soon = answered_events_ == 0 ? asked_at_ + min_poll_interval : asked_at_;
  if (!paused_ && clock_.now() >= soon) return ask();
  close();
  stage_ = Stage::pausing;
  deadline_ = paused_ ? SteadyTime::max() : soon;
  arm();
}

FANFARE_DECL bool ClientCore::next_transport() {
  open_failures_ = 0;
  for (std::size_t i = 1; i < unsuitable_.size(); ++i) {
    const std::size_t candidate = (transport_ + i) % unsuitable_.size();
    if (unsuitable_[candidate]) continue;
    transport_ = candidate;
    return true;
  }
  return false;
}

FANFARE_DECL void ClientCore::unsuitable(std::error_code why) {
  if (std::find(unsuitable_.begin(), unsuitable_.end(), true) == unsuitable_.end()) unsuitable_why_ = why;
  unsuitable_[transport_] = true;
  // The most wanted one tells best what is wrong.
  if (!next_transport()) return conclude(Link::gave_up, unsuitable_why_);
  connect();
}

FANFARE_DECL void ClientCore::failed_to_open(std::error_code why, std::chrono::milliseconds wait) {
  // What a certificate says stays so; a handshake that broke off may have other reasons.
  const bool final =
      (why == Condition::not_trusted && why != Error::tls_failed) || why == Error::tls_unavailable;
  if (final) return conclude(Link::gave_up, why);
  // Nobody there, too busy, or told to come later: that says nothing about the transport.
  const bool busy =
      why.category() == http_status_category() && (why.value() == 429 || why.value() == 503);
  const bool counts = !(why == Condition::unreachable) && !busy && wait.count() == 0;
  // A connection and no answer: a proxy that holds streams back, most likely. It does so the next time as well.
  const bool held_back = why == Error::response_timeout;
  if (counts && link_ != Link::connected && (++open_failures_ >= max_open_failures || held_back)) {
    (void)next_transport();
  }
  lose(why, wait);
}

// ---- losing it, and the end ------------------------------------------------------------------------

FANFARE_DECL void ClientCore::on_bytes(std::string_view bytes) {
  heard_before_ = std::exchange(heard_at_, clock_.now());
  if (!std::exchange(any_bytes_, true)) {
    open_failures_ = 0;
    std::fill(unsuitable_.begin(), unsuitable_.end(), false);
  }
  const AnswerEnd ending = receiver_->on_bytes(bytes);
  if (ending.what == AnswerEnd::What::lost && ending.why == Error::too_long) return outgrown(ending.why);
  settle(ending);
}

FANFARE_DECL void ClientCore::outgrown(std::error_code why) {
  // Without a position it may be another event each time, if others came first and the connection stayed for long enough.
  const bool another =
      resume_.empty() && answered_events_ != 0 && clock_.now() - opened_at_ >= options_.backoff.stable;
  if (another || outgrown_at_ != resume_) outgrown_ = 0;
  outgrown_at_ = resume_;
  if (++outgrown_ < max_outgrown) return lose(why);
  const bool poll = transport() == ClientTransport::long_poll;
  conclude(Link::gave_up, poll ? outgrown_error(Outgrown::max_answer_bytes, options_.max_answer_bytes)
                               : outgrown_error(Outgrown::max_event_bytes, options_.max_event_bytes));
}

FANFARE_DECL void ClientCore::on_end(std::error_code why) {
  if (stage_ == Stage::opening) return failed_to_open(why ? why : make_error_code(Error::peer_gone), {});
  settle(receiver_->on_end(why));
}

FANFARE_DECL void ClientCore::settle(const AnswerEnd& ending) {
  switch (ending.what) {
    case AnswerEnd::What::more: return;
    case AnswerEnd::What::next: return ask_next();
    case AnswerEnd::What::lost: return lose(ending.why);
    case AnswerEnd::What::finished: return conclude(Link::ended, {});
    case AnswerEnd::What::hopeless: return conclude(Link::gave_up, ending.why);
  }
}

FANFARE_DECL void ClientCore::lose(std::error_code why, std::chrono::milliseconds wait) {
  const SteadyTime now = clock_.now();
  close();
  if (link_ == Link::connected) {
    lost_since_ = now;
    if (now - opened_at_ >= options_.backoff.stable) backoff_.reset();
  }
  last_error_ = why;
  stage_ = Stage::waiting;
  deadline_ = now + backoff_.next(std::max(wait, std::exchange(server_wait_, {})));
  arm();
  set_link(Link::waiting, why);
}

FANFARE_DECL void ClientCore::conclude(Link link, std::error_code why) {
  stop();
  set_link(link, why);
}

FANFARE_DECL void ClientCore::set_link(Link link, std::error_code why) {
  if (link_ == link && link != Link::waiting) return;
  const bool could_say = link_ == Link::connected;
  link_ = link;
  if (could_say) host_.on_transport(transport(), false);
  host_.on_link(link, why);
}

// ---- time ------------------------------------------------------------------------------------------

FANFARE_DECL std::chrono::nanoseconds ClientCore::silence_limit() const noexcept {
  return heartbeat_ / 2 * 5;
}

FANFARE_DECL std::optional<SteadyTime> ClientCore::give_up_at() const noexcept {
  const bool trying = stage_ == Stage::opening || (stage_ == Stage::waiting && !paused_);
  if (!trying || link_ == Link::connected || options_.give_up_after.count() == 0) return std::nullopt;
  return lost_since_ + options_.give_up_after;
}

FANFARE_DECL void ClientCore::arm() {
  if (stage_ == Stage::over || stage_ == Stage::idle) return network_.wake_at(SteadyTime::max());
  network_.wake_at(std::min(deadline_, give_up_at().value_or(SteadyTime::max())));
}

FANFARE_DECL void ClientCore::on_timer() {
  const SteadyTime now = clock_.now();
  if (const auto end = give_up_at(); end && now >= *end) {
    return conclude(Link::gave_up, last_error_ ? last_error_ : make_error_code(Error::response_timeout));
  }
  if (now < deadline_) return arm();
  switch (stage_) {
    case Stage::opening: return failed_to_open(make_error_code(Error::response_timeout), {});
    case Stage::open: return look_for_silence();
    case Stage::pausing: return ask_next();
    case Stage::waiting:
      if (!paused_) return connect();
      deadline_ = SteadyTime::max();  // what a new connection brings would have no room
      return arm();
    case Stage::idle:
    case Stage::over: return;
  }
}

FANFARE_DECL void ClientCore::look_for_silence() {
  // Who does not listen cannot complain.
  if (heartbeat_.count() == 0 || paused_) {
    deadline_ = SteadyTime::max();
    return arm();
  }
  const SteadyTime limit = heard_at_ + silence_limit();
  if (clock_.now() < limit) {
    deadline_ = limit;
    return arm();
  }
  // A proxy that lets the head pass and holds the rest back does so the next time as well.
  if (!any_bytes_) (void)next_transport();
  lose(make_error_code(Error::silent));
}

// ---- what the server says --------------------------------------------------------------------------

FANFARE_DECL bool ClientCore::is_reset(const Incoming& incoming) const {
  if (incoming.type != "reset" || !incoming.id.empty()) return false;
  // Without an envelope an event of that name may be another server's own.
  return incoming.control || (last_ && incoming.json.starts_with("{\"reason\":"));
}

FANFARE_DECL void ClientCore::on_event(Incoming&& incoming) {
  std::optional<std::string> position;
  if (is_reset(incoming)) {
    // With what follows the old position is worth nothing: replayed over a newer snapshot it would turn back
    // time.
    resume_.clear();
    last_.reset();
    position.emplace();
  } else if (!incoming.id.empty()) {
    const auto at = Position::parse(incoming.id);
    if (!incoming.control && at && last_ && at->epoch == last_->epoch && at->n <= last_->n) {
      ++duplicates_;
      return;
    }
    resume_ = incoming.id;
    last_ = at;
    position = incoming.id;
  }
  ++answered_events_;
  if (incoming.topic.empty() && !incoming.control && options_.topics.size() == 1)
    incoming.topic = options_.topics[0];
  const bool more = host_.on_event(events_.make(std::move(incoming), clock_.wall()), std::move(position));
  if (more || paused_) return;
  paused_ = true;
  if (exchange_) exchange_->pause(true);
}

FANFARE_DECL void ClientCore::on_position(std::string_view id) {
  const auto at = Position::parse(id);
  if (id == resume_ || (at && last_ && at->epoch == last_->epoch && at->n < last_->n)) return;
  resume_ = id;
  last_ = at;
  host_.on_position(resume_);
}

FANFARE_DECL void ClientCore::on_heartbeat(std::chrono::milliseconds interval) {
  if (options_.heartbeat.count() == 0) return;
  constexpr std::chrono::milliseconds least(100), most(std::chrono::hours(24));
  heartbeat_ = interval.count() == 0 ? interval : std::clamp(interval, least, most);
  told_heartbeat_ = true;
  deadline_ = clock_.now();  // look again
  network_.wake_at(deadline_);
}

FANFARE_DECL void ClientCore::on_beat() {
  if (told_heartbeat_ || heartbeat_.count() == 0) return;
  // Beats that were held up on the way come close together, so the longest time before one is what counts.
  constexpr unsigned enough = 3;
  constexpr std::chrono::nanoseconds least = std::chrono::seconds(1), most = std::chrono::hours(24);
  longest_gap_ = std::max<std::chrono::nanoseconds>(longest_gap_, heard_at_ - heard_before_);
  if (++beats_ < enough) return;
  heartbeat_ = std::clamp(longest_gap_, least, most);
  deadline_ = clock_.now();
  network_.wake_at(deadline_);
}

FANFARE_DECL void ClientCore::on_retry(std::chrono::milliseconds wait) {
  server_wait_ = wait;
}

FANFARE_DECL void ClientCore::on_problem(Problem problem) {
  host_.on_problem(std::move(problem));
}

FANFARE_DECL void ClientCore::on_reply(std::string_view bytes) {
  if (exchange_) exchange_->send(bytes);
}

}  // namespace fanfare::detail
