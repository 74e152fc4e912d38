/// Events: a list of event types, and how to find one of them by the name that came over the wire.
/// Part of describe.hpp, which is what to include.
#pragma once

#include <fanfare/core/describe.hpp>

#include <string_view>
#include <type_traits>

namespace fanfare {
namespace detail {

template <class... E>
consteval bool have_distinct_names() noexcept {
  const std::string_view names[] = {event_name<E>()..., {}};
  for (std::size_t i = 0; i < sizeof...(E); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) return false;
    }
  }
  return true;
}

template <class List, class E>
inline constexpr bool is_listed = false;

}  // namespace detail

/// What a state applies, or a client handles: `using events = fanfare::Events<Created, Updated>;`
template <class... E>
struct Events {
  static_assert((DescribedEvent<E> && ...), "fanfare: Events<> lists a type without FANFARE_EVENT");
  static_assert(detail::have_distinct_names<E...>(), "fanfare: Events<> lists two types with one event name");
};

namespace detail {
template <class... Listed, class E>
inline constexpr bool is_listed<Events<Listed...>, E> = (std::is_same_v<Listed, E> || ...);
}

/// Whether the list has E.
template <class List, class E>
inline constexpr bool contains_event = detail::is_listed<List, E>;

/// Decodes the payload as the event of that name in the list, and calls visit(const E&) with it.
/// @param payload  JSON text, or a JsonValue
/// @return         true if it was called, false if no event of the list has the name; or why the payload
/// could
///                 not be decoded, as from_json says it
/// Complexity: one comparison of names for each event of the list.
template <class... E, class P, class F>
Result<bool> visit_event(Events<E...>, std::string_view name, const P& payload, F&& visit) {
  Result<bool> result(false);
  const auto try_one = [&]<class T>(detail::Tag<T>) {
    if (name != event_name<T>()) return false;
    if (const Result<T> event = from_json<T>(payload)) {
      visit(*event);
      result = Result<bool>(true);
    } else {
      result = Result<bool>(event.error(), event.detail());
    }
    return true;
  };
  (void)(try_one(detail::Tag<E>{}) || ...);
  return result;
}

}  // namespace fanfare
