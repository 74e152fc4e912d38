/// A network whose answers a test says itself, and a clock that stands still until it is told otherwise.
#pragma once

#include <fanfare/client/client.hpp>
#include <fanfare/client/network.hpp>
#include <fanfare/core/clock.hpp>

#include "support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace clients {

/// One exchange at a time, as a client makes them: the newest is what the test speaks for.
class ScriptedNetwork final : public fanfare::detail::Network {
 public:
  explicit ScriptedNetwork(fanfare::ManualClock& clock) : clock_(clock) {}

  // What a client calls.
  std::unique_ptr<fanfare::detail::Exchange> open(fanfare::detail::NetworkRequest request,
                                                  fanfare::detail::NetworkEvents& events) override {
    if (events_) FAIL("a second exchange while one is open");
    asked.push_back(std::move(request));
    asked_at.push_back(clock_.now());
    events_ = &events;
    paused = false;
    sent.clear();
    return std::make_unique<One>(*this);
  }
  void post(std::function<void()> what) override { posted_.push_back(std::move(what)); }
  void wake_at(fanfare::SteadyTime when) override { wake_ = when; }
  void on_timer(std::function<void()> callback) override { timer_ = std::move(callback); }
  void run() override { turn(); }
  void stop() override {}

  // What a test says.
  void head(int status, std::vector<fanfare::HttpField> fields = {}) {
    fanfare::wire::HttpResponseHead head;
    head.status = status;
    head.fields = std::move(fields);
    if (const auto length = head.field("Content-Length"); !length.empty()) head.content_length = std::stoull(std::string(length));
    events().on_head(head);
  }
  void sse_head() { head(200, {{"Content-Type", "text/event-stream; charset=utf-8"}}); }
  void bytes(std::string_view bytes) { events().on_bytes(bytes); }
  void end(std::error_code why = {}) { events().on_end(why); }
  void cut() { end(std::make_error_code(std::errc::connection_reset)); }
  bool is_open() const noexcept { return events_ != nullptr; }

  void turn() {
    while (!posted_.empty()) {
      auto what = std::move(posted_.front());
      posted_.pop_front();
      what();
    }
  }
  /// Lets time pass; the timer is served when it is due.
  void pass(std::chrono::nanoseconds time) {
    const auto until = clock_.now() + time;
    while (wake_ <= until) {
      if (wake_ > clock_.now()) clock_.advance(wake_ - clock_.now());
      wake_ = fanfare::SteadyTime::max();
      timer_();
      turn();
    }
    clock_.advance(until - clock_.now());
  }
  /// Lets time pass until the client asks again, and tells how much; no more than an hour.
  std::chrono::milliseconds pass_until_asked() {
    const auto begin = clock_.now();
    const auto before = asked.size();
    while (asked.size() == before && wake_ < begin + std::chrono::hours(1))
      pass(std::max(wake_ - clock_.now(), {}));
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - begin);
  }

  std::vector<fanfare::detail::NetworkRequest> asked;
  std::vector<fanfare::SteadyTime> asked_at;
  std::string sent;
  bool paused = false;

  std::string_view asked_field(std::string_view name) const {
    const std::string* value = fanfare::wire::find_field(asked.back().fields, name);
    return value ? std::string_view(*value) : std::string_view();
  }

 private:
  class One final : public fanfare::detail::Exchange {
   public:
    explicit One(ScriptedNetwork& network) : network_(network) {}
    ~One() override { network_.events_ = nullptr; }
    void send(std::string_view bytes) override { network_.sent += bytes; }
    void pause(bool now) override { network_.paused = now; }

   private:
    ScriptedNetwork& network_;
  };
  fanfare::detail::NetworkEvents& events() {
    if (!events_) FAIL("no exchange is open");
    return *events_;
  }

  fanfare::ManualClock& clock_;
  fanfare::detail::NetworkEvents* events_ = nullptr;
  fanfare::SteadyTime wake_ = fanfare::SteadyTime::max();
  std::function<void()> timer_ = [] {};
  std::deque<std::function<void()>> posted_;
};

}  // namespace clients
