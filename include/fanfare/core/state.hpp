/// A topic's state: a reducer that the publisher owns. Events are applied to it as they commit, and a
/// snapshot of it is what a newcomer gets instead of the past.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/payload.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace fanfare {

/// A state lists its events, `using events = Events<A, B>;`, and has `void apply(const A&)` for each; it
/// is described (FANFARE_DESCRIBE), or has `void write_json(std::string& out) const`. `apply` runs under
/// the topic's lock: quick, without a call to fanfare; when it throws, the event is refused
/// (state_refused) and nothing is committed.
template <class S>
concept State = std::copyable<S> && requires { typename S::events; } &&
                (Described<S> || requires(const S& state, std::string& out) { state.write_json(out); });

/// E is one of the events that S lists.
template <class E, class S>
concept ListedIn = contains_event<typename S::events, E>;

/// The state that is just the last event of one type.
template <DescribedEvent T>
struct Latest {
  using events = Events<T>;
  static constexpr std::string_view snapshot_type = event_name<T>();

  T value;
  void apply(const T& event) { value = event; }
  void write_json(std::string& out) const { out += to_json(value); }
};
template <class T>
Latest(T) -> Latest<T>;  // clang 14 deduces no aggregates by itself

namespace detail {

/// An event on its way into a state: its text, and the struct behind it when it was published as one.
struct Applied {
  std::string_view type, json;
  const void* described = nullptr;
  const void* tag = nullptr;

  template <class T>
  const T* described_as() const noexcept {
    return tag == &type_tag<T> ? static_cast<const T*>(described) : nullptr;
  }
};

/// What a topic holds of its state. Thread: under the topic's lock.
class StateHolder {
 public:
  virtual ~StateHolder() = default;
  /// Applies the event if the state lists its type. May throw what the state's `apply` throws.
  virtual std::error_code apply(const Applied& event) = 0;
  virtual void write_json(std::string& out) const = 0;
  virtual std::string_view snapshot_type() const noexcept { return "snapshot"; }
  /// Says which type `state()` points to, as detail::type_tag.
  virtual const void* tag() const noexcept = 0;
  virtual const void* state() const noexcept = 0;
};

template <State S>
class StateOf final : public StateHolder {
 public:
  explicit StateOf(S initial) : state_(std::move(initial)) {}

  std::error_code apply(const Applied& event) override { return apply_listed(event, typename S::events{}); }
  void write_json(std::string& out) const override {
    if constexpr (requires { state_.write_json(out); }) state_.write_json(out);
    else out += to_json(state_);
  }
  std::string_view snapshot_type() const noexcept override {
    if constexpr (requires { S::snapshot_type; }) return S::snapshot_type;
    else return "snapshot";
  }
  const void* tag() const noexcept override { return &type_tag<S>; }
  const void* state() const noexcept override { return &state_; }

 private:
  template <class... E>
  std::error_code apply_listed(const Applied& event, Events<E...>) {
    std::error_code error;
    (void)(apply_one<E>(event, error) || ...);
    return error;
  }
  template <class E>
  bool apply_one(const Applied& event, std::error_code& error) {
    if (event.type != event_name<E>()) return false;
    if (const E* described = event.template described_as<E>()) {
      state_.apply(*described);
    } else if (auto decoded = from_json<E>(event.json)) {
      state_.apply(*decoded);
    } else {
      error = make_error_code(Error::invalid_payload);
    }
    return true;
  }

  S state_;
};

}  // namespace detail
}  // namespace fanfare
