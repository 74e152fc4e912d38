/// A network between clients and a real Broker, in one thread, that cuts, stalls, resets and dribbles as a
/// seed says. Every byte of the server's answers goes through it, in pieces of any size.
#pragma once

#include <fanfare/client/client.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/core/broker.hpp>
#include <fanfare/core/shard.hpp>
#include <fanfare/error.hpp>
#include <fanfare/transport/http1.hpp>
#include <fanfare/transport/stream.hpp>
#include <fanfare/wire/http_response_parser.hpp>

#include "support/catch.hpp"
#include "support/seeds.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace clients {

/// The server's side: what a host with a server of its own would have.
struct ServerSide {
  fanfare::Broker broker;
  bool woken = false;
  fanfare::Shard shard;
  fanfare::SteadyTime next_poll{};

  explicit ServerSide(fanfare::BrokerOptions options)
      : broker(std::move(options)), shard(broker, [this] { woken = true; }) {}

  /// Who is not woken does not poll before it is time.
  void poll(fanfare::SteadyTime now) {
    for (int slices = 0; slices < 4 && (woken || next_poll <= now); ++slices) {
      woken = false;
      const auto again = shard.poll();
      next_poll = now + again;
    }
  }

  fanfare::Stream open(const fanfare::detail::NetworkRequest& asked) {
    fanfare::Request request{.target = asked.url.target, .fields = asked.fields};
    request.add_field("Host", asked.url.authority());
    request.topics = request.list("topic");
    fanfare::Admission admission{.topics = request.topics, .types = request.list("types")};
    const auto any = [](const fanfare::Request& r) -> std::unique_ptr<fanfare::Transport> {
      for (const auto& factory : {fanfare::websocket({.compress = true, .min_compressed_bytes = 0}),
                                  fanfare::sse(), fanfare::long_poll()}) {
        if (auto transport = factory(r)) return transport;
      }
      return nullptr;
    };
    return {shard, fanfare::http1(any), std::move(request), std::move(admission), [](fanfare::Stream&) {}};
  }
};

/// What all the networks of a world share.
struct Weather {
  Random random;
  fanfare::ManualClock& clock;
  std::shared_ptr<ServerSide> server;
  bool fair = false;  ///< no more faults
  int faults = 0;
  int pauses = 0;  ///< clients that had no room
};

class LossyNetwork final : public fanfare::detail::Network {
 public:
  explicit LossyNetwork(Weather& weather) : weather_(weather) {}

  std::unique_ptr<fanfare::detail::Exchange> open(fanfare::detail::NetworkRequest request,
                                                  fanfare::detail::NetworkEvents& events) override {
    if (link_ && !link_->gone) FAIL("a second exchange while one is open");
    link_ = std::make_shared<Wire>();
    link_->events = &events;
    choose_fate(request);
    return std::make_unique<Handle>(link_, weather_.pauses);
  }
  void post(std::function<void()> what) override { posted_.push_back(std::move(what)); }
  void wake_at(fanfare::SteadyTime) override {}  // a manual clock tells the client itself
  void on_timer(std::function<void()>) override {}
  void run() override {}
  void stop() override {}

  void turn() {
    while (!posted_.empty()) {
      auto what = std::move(posted_.front());
      posted_.pop_front();
      what();
    }
  }
  /// Moves some bytes, or breaks something.
  void step() {
    turn();
    if (!link_ || link_->gone) return;
    const auto wire = link_;  // the client may let go of it
    if (!weather_.fair && weather_.random.one_in(90) && strike(*wire)) return;
    if (weather_.clock.now() < wire->stalled_until) return;
    if (!wire->answers.empty() || wire->fails) return answer(*wire);
    if (!wire->stream) return;
    exchange(*wire);
    const std::size_t most = wire->dribbles ? 1 + weather_.random.below(5) : 1 + weather_.random.below(4000);
    deliver(*wire, weather_.fair ? wire->pipe.size() : most);
  }
  /// The server's process has gone.
  void server_died() {
    if (link_ && !link_->gone && link_->stream)
      fail(*link_, std::make_error_code(std::errc::connection_reset));
  }

 private:
  /// One connection, seen from its middle.
  struct Wire {
    fanfare::detail::NetworkEvents* events = nullptr;
    std::optional<fanfare::Stream> stream;
    std::string answers;    ///< of a proxy, instead of the server
    std::error_code fails;  ///< nobody answers
    std::string pipe, upstream;
    fanfare::wire::HttpResponseHeadParser head;
    fanfare::wire::HttpResponseBody body;
    bool has_head = false, raw = false, paused = false, dribbles = false;
    bool gone = false;  ///< the client has let go of it, or was told of its end
    fanfare::SteadyTime stalled_until{};
  };
  class Handle final : public fanfare::detail::Exchange {
   public:
    Handle(std::shared_ptr<Wire> wire, int& pauses) : wire_(std::move(wire)), pauses_(pauses) {}
    ~Handle() override {
      wire_->gone = true;
      wire_->stream.reset();
    }
    void send(std::string_view bytes) override { wire_->upstream += bytes; }
    void pause(bool now) override {
      wire_->paused = now;
      pauses_ += now;
    }

   private:
    std::shared_ptr<Wire> wire_;
    int& pauses_;
  };

  void choose_fate(const fanfare::detail::NetworkRequest& request) {
    Random& random = weather_.random;
    const std::uint64_t fate = weather_.fair ? 100 : random.below(100);
    if (fate < 6) return count(), void(link_->fails = std::make_error_code(std::errc::connection_refused));
    if (fate < 9) return count(), void(link_->stalled_until = fanfare::SteadyTime::max());
    if (fate < 12)
      return count(),
             void(link_->answers = "HTTP/1.1 503 Busy\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
    if (fate < 14) return count(), void(link_->answers = "HTTP/1.1 502 Bad\r\nContent-Length: 3\r\n\r\nbad");
    if (fate < 16) {
      link_->answers = "HTTP/1.1 307 There\r\nLocation: /moved" +
                       request.url.target.substr(request.url.target.find('?')) +
                       "\r\nContent-Length: 0\r\n\r\n";
      return;
    }
    link_->dribbles = fate < 30;
    link_->stream.emplace(weather_.server->open(request));
  }
  void count() { ++weather_.faults; }

  bool strike(Wire& wire) {
    switch (weather_.random.below(wire.dribbles ? 4 : 5)) {
      case 0: return count(), fail(wire, std::make_error_code(std::errc::connection_reset)), true;
      case 1:  // the end of the connection, wherever that is
        count();
        fail(wire, wire.has_head && !wire.raw ? wire.body.end_of_input() : std::error_code());
        return true;
      case 2:  // and what is under way arrives after all
        count();
        wire.stalled_until = weather_.clock.now() + std::chrono::milliseconds(weather_.random.below(60'000));
        return false;
      case 3: return count(), wire.stalled_until = fanfare::SteadyTime::max(), false;
      default: return count(), wire.dribbles = true, false;
    }
  }
  void fail(Wire& wire, std::error_code why) {
    wire.gone = true;
    wire.stream.reset();
    wire.events->on_end(why);
  }
  void answer(Wire& wire) {
    if (wire.fails) return fail(wire, wire.fails);
    wire.pipe = std::exchange(wire.answers, {});
    deliver(wire, wire.pipe.size());
  }

  /// What both sides have to say goes onto the wire; a full one makes the server wait.
  void exchange(Wire& wire) {
    constexpr std::size_t full = 32 << 10;
    if (!wire.upstream.empty()) wire.stream->receive(std::exchange(wire.upstream, {}));
    if (wire.pipe.size() < full) wire.pipe += wire.stream->take();
  }

  void deliver(Wire& wire, std::size_t most) {
    if (wire.paused) return;
    const bool last = wire.stream && wire.stream->ended() && most >= wire.pipe.size();
    const std::string piece = wire.pipe.substr(0, most);
    wire.pipe.erase(0, piece.size());
    std::string_view bytes = piece;
    if (!wire.has_head && !bytes.empty() && !take_head(wire, bytes)) return;
    if (wire.gone) return;
    if (wire.raw) {
      if (!bytes.empty()) wire.events->on_bytes(bytes);
    } else if (wire.has_head && !take_body(wire, bytes)) {
      return;
    }
    if (last && !wire.gone) fail(wire, wire.raw ? std::error_code() : wire.body.end_of_input());
  }
  bool take_head(Wire& wire, std::string_view& bytes) {
    using fanfare::wire::HeadStatus;
    switch (wire.head.parse(bytes)) {
      case HeadStatus::need_more: return true;
      case HeadStatus::failed: FAIL("the server's head is none: " << wire.head.reason()); return false;
      case HeadStatus::done: break;
    }
    wire.has_head = true;
    const auto head = wire.head.take();
    wire.raw = head.status == 101;
    wire.body = fanfare::wire::HttpResponseBody(head);
    wire.events->on_head(head);
    return !wire.gone;
  }
  bool take_body(Wire& wire, std::string_view bytes) {
    using fanfare::wire::BodyStatus;
    while (!wire.gone) {
      std::string_view data;
      const BodyStatus status = wire.body.next(bytes, data);
      if (status == BodyStatus::failed) return fail(wire, wire.body.error()), false;
      if (!data.empty()) wire.events->on_bytes(data);
      if (wire.gone) return false;
      if (status == BodyStatus::done) return fail(wire, {}), false;
      if (data.empty()) return true;
    }
    return false;
  }

  Weather& weather_;
  std::shared_ptr<Wire> link_;
  std::deque<std::function<void()>> posted_;
};

}  // namespace clients
