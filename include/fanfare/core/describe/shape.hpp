/// Which JSON form a C++ type takes: one classification that writing, reading and the concepts share.
/// Internal. Library types are recognised by what they can do, so that their headers need not be included
/// here.
#pragma once

#include <fanfare/core/json.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace fanfare::detail {

/// Carries a type into overload resolution; lookup goes to the namespaces of T.
template <class T>
struct Tag {};

struct EnumName {
  std::string_view name;
  std::int64_t value;
};
struct EnumNames {
  const EnumName* first;
  std::size_t count;
  const EnumName* begin() const noexcept { return first; }
  const EnumName* end() const noexcept { return first + count; }
};

struct NoVisitor {
  template <class M>
  constexpr void operator()(std::string_view, M&) const noexcept {}
};

template <class T>
concept HasMembers = requires(T& value, NoVisitor& visitor) {
  fanfare_visit(Tag<T>{}, value, visitor);
};
template <class T>
concept HasEnumNames = std::is_enum_v<T> && requires {
  fanfare_enum(Tag<T>{});
};
template <class T>
concept HasEventSpec = requires {
  fanfare_event(Tag<T>{});
};

// The only clock of the standard's with to_time_t is the system's.
template <class T>
concept WallTimeLike = requires(const T& value) {
  T::clock::to_time_t(value);
  value.time_since_epoch().count();
};
template <class T>
concept DurationLike = requires(const T& value) {
  typename T::rep;
  T::period::num;
  value.count();
};
template <class T>
concept OptionalLike = requires(T& value) {
  typename T::value_type;
  value.has_value();
  value.reset();
  *value;
};
template <class T>
concept RangeLike = requires(const T& value) {
  typename T::value_type;
  value.begin() != value.end();
};
template <class T>
concept MapLike = RangeLike<T> && requires {
  typename T::key_type;
  typename T::mapped_type;
};
// Without operator[], which a map of several values per key lacks, members could not be looked up by name.
template <class T>
concept UniqueMapLike = MapLike<T> && requires(T& value, const typename T::key_type& key) {
  value[key];
};
template <class T>
concept SetLike = RangeLike<T> && !MapLike<T> && requires(T & value) {
  typename T::key_type;
  value.insert(typename T::value_type());
};
template <class T>
concept SequenceLike = RangeLike<T> && requires(T& value) {
  value.push_back(typename T::value_type());
};

template <class T>
inline constexpr std::size_t fixed_size = 0;
template <template <class, std::size_t> class A, class E, std::size_t N>
inline constexpr std::size_t fixed_size<A<E, N>> = N;
template <class T>
concept ArrayLike = RangeLike<T> &&(fixed_size<T> > 0) && requires(T& value) {
  value.fill(value[0]);
};

enum class Shape : std::uint8_t {
  none,
  boolean,
  integer,
  floating,
  string,
  borrowed,  // text that is elsewhere: written, never read
  raw,
  enumeration,
  structure,
  wall_time,
  duration,
  optional,
  map,
  set,
  array,
  sequence,
  range,  // written, never read
};

template <class T>
consteval Shape classify() noexcept {
  if constexpr (!std::same_as<T, std::remove_cv_t<T>>)
    return Shape::none;
  else if constexpr (std::same_as<T, bool>)
    return Shape::boolean;
  else if constexpr (wire::JsonInteger<T>)
    return Shape::integer;
  else if constexpr (std::same_as<T, double> || std::same_as<T, float>)
    return Shape::floating;
  else if constexpr (std::same_as<T, std::string>)
    return Shape::string;
  else if constexpr (std::same_as<T, std::string_view> || std::same_as<T, const char*>)
    return Shape::borrowed;
  else if constexpr (std::same_as<T, Json>)
    return Shape::raw;
  else if constexpr (HasEnumNames<T>)
    return Shape::enumeration;
  else if constexpr (!std::is_class_v<T>)
    return Shape::none;
  else if constexpr (HasMembers<T>)
    return Shape::structure;
  else if constexpr (WallTimeLike<T>)
    return Shape::wall_time;
  else if constexpr (DurationLike<T>)
    return Shape::duration;
  else if constexpr (OptionalLike<T>)
    return Shape::optional;
  else if constexpr (MapLike<T>)
    return UniqueMapLike<T> ? Shape::map : Shape::none;
  else if constexpr (SetLike<T>)
    return Shape::set;
  else if constexpr (ArrayLike<T>)
    return Shape::array;
  else if constexpr (SequenceLike<T>)
    return Shape::sequence;
  else if constexpr (RangeLike<T>)
    return Shape::range;
  else
    return Shape::none;
}

template <class T>
inline constexpr Shape shape_of = classify<T>();

/// What can name a member of a JSON object.
template <class T>
inline constexpr bool can_name =
    shape_of<T> == Shape::string || shape_of<T> == Shape::integer || shape_of<T> == Shape::enumeration;
/// What can be an event's conflation key.
template <class T>
inline constexpr bool can_be_key = can_name<T> || shape_of<T> == Shape::boolean;

/// What can be written; with `reading`, what can be read as well. A described struct is not looked into: its
/// members were checked where it was described, and it may contain itself in a vector.
template <class T, bool reading>
consteval bool is_supported() noexcept {
  constexpr Shape shape = shape_of<T>;
  if constexpr (shape == Shape::none) {
    return false;
  } else if constexpr (shape == Shape::borrowed) {
    return !reading;
  } else if constexpr (shape == Shape::map) {
    return can_name<typename T::key_type> && is_supported<typename T::mapped_type, reading>();
  } else if constexpr (shape == Shape::range) {
    return !reading && is_supported<typename T::value_type, reading>();
  } else if constexpr (shape >= Shape::optional) {
    return is_supported<typename T::value_type, reading>();
  } else {
    return true;
  }
}

template <class T>
inline constexpr bool encodable = is_supported<T, false>();
template <class T>
inline constexpr bool describable = is_supported<T, true>();

/// What many values of the type are called in an error text.
template <class T>
consteval std::string_view plural() noexcept {
  switch (shape_of<T>) {
    case Shape::boolean: return "truth values";
    case Shape::integer:
    case Shape::wall_time: return "integers";
    case Shape::floating:
    case Shape::duration: return "numbers";
    case Shape::string:
    case Shape::enumeration: return "strings";
    case Shape::structure:
    case Shape::map: return "objects";
    case Shape::set:
    case Shape::array:
    case Shape::sequence: return "arrays";
    default: return "values";
  }
}

}  // namespace fanfare::detail
