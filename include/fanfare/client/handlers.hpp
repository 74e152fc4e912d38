/// Handlers: which of the host's functions is called for an event. Internal: see Client::on.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/error.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace fanfare::detail {

/// What became of one handler's call.
struct Handled {
  std::error_code error = {};
  std::string detail = {};
};

using EventHandler = std::function<Handled(const Event&)>;

/// Decodes the payload, and calls f(const T&) or f(const T&, const Event&).
template <Described T, class F>
EventHandler typed_handler(F handle) {
  static_assert(std::invocable<F&, const T&, const Event&> || std::invocable<F&, const T&>,
                "a handler takes (const T&) or (const T&, const fanfare::Event&)");
  return [handle = std::move(handle)](const Event& event) mutable -> Handled {
    auto value = event.template as<T>();
    if (!value) return {value.error(), value.detail()};
    if constexpr (std::invocable<F&, const T&, const Event&>)
      handle(*std::as_const(value), event);
    else
      handle(*std::as_const(value));
    return {};
  };
}

/// Thread: one at a time.
class Handlers {
 public:
  void add(std::string type, EventHandler handler) {
    by_type_[std::move(type)].push_back(std::move(handler));
  }
  void set_other(std::function<void(const Event&)> handler) { other_ = std::move(handler); }
  /// None: events are queued for whoever asks for the next.
  bool none() const noexcept { return by_type_.empty() && !other_; }

  /// Calls them in the order in which they were added; `report(Handled)` for each that fails. What they throw
  /// ends here.
  template <class Report>
  void call(const Event& event, Report&& report) const {
    const auto found = by_type_.find(std::string(event.type()));
    if (found == by_type_.end()) {
      if (other_) guarded([&] { return other_(event), Handled{}; }, report);
      return;
    }
    for (const EventHandler& handler : found->second) guarded([&] { return handler(event); }, report);
  }

 private:
  template <class Call, class Report>
  static void guarded(Call&& call, Report& report) {
    Handled handled;
    try {
      handled = call();
    } catch (const std::exception& thrown) {
      handled = {make_error_code(Error::handler_failed), thrown.what()};
    } catch (...) {
      handled = {make_error_code(Error::handler_failed), "something that is no std::exception"};
    }
    if (handled.error) report(std::move(handled));
  }

  std::unordered_map<std::string, std::vector<EventHandler>> by_type_;
  std::function<void(const Event&)> other_;
};

}  // namespace fanfare::detail
