/// Admission: what the host decides about a request for a stream; and the hooks that decide.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/payload.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>
#include <fanfare/core/wall_time.hpp>

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fanfare {

struct Admission {
  std::vector<std::string> topics = {};    ///< none: 403
  std::vector<std::string> types = {};     ///< only these; empty: all
  std::vector<std::string> audience = {};  ///< the tags that the client carries; each can be revoked
  WallTime expires = WallTime::max();      ///< the stream ends then
  double max_rate = 0;                     ///< updates per second; the client may ask for fewer, not for more
  bool may_command = false;                ///< watching is not steering
  std::optional<Payload> greeting = {};    ///< the first event, to this client alone
  std::optional<Response> refusal = {};

  static Admission refuse(int status, std::string reason) {
    Admission admission;
    admission.refusal = Response::error(status, std::move(reason));
    return admission;
  }
};

/// Answers a hook, now or later, from any thread. Copies share; the first answer counts; when the last
/// copy goes without one, the client gets 503.
template <class T>
class Reply {
 public:
  explicit Reply(std::function<void(std::optional<T>)> deliver) : shared_(std::make_shared<Shared>(std::move(deliver))) {}

  void operator()(T answer) const { shared_->give(std::move(answer)); }

 private:
  struct Shared {
    explicit Shared(std::function<void(std::optional<T>)> to) : deliver(std::move(to)) {}
    ~Shared() { give(std::nullopt); }
    void give(std::optional<T> answer) {
      if (!given.exchange(true)) deliver(std::move(answer));
    }
    std::function<void(std::optional<T>)> deliver;
    std::atomic<bool> given{false};
  };
  std::shared_ptr<Shared> shared_;
};

/// A host's decision: `T(const Request&)`, or `void(Request, Reply<T>)` when it may answer later.
/// Runs on the server's loop and must not block it.
template <class T>
class Hook {
 public:
  Hook() = default;
  template <class F>
    requires std::invocable<F&, const Request&> && std::convertible_to<std::invoke_result_t<F&, const Request&>, T>
  Hook(F decide)  // NOLINT(google-explicit-constructor)
      : call_([decide = std::move(decide)](Request request, Reply<T> reply) mutable { reply(decide(request)); }) {}
  template <class F>
    requires std::invocable<F&, Request, Reply<T>>
  Hook(F decide) : call_(std::move(decide)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const noexcept { return static_cast<bool>(call_); }
  void operator()(Request request, Reply<T> reply) const { call_(std::move(request), std::move(reply)); }

 private:
  std::function<void(Request, Reply<T>)> call_;
};

}  // namespace fanfare
