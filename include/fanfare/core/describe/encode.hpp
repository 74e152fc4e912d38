/// Writes values of supported types as JSON. Internal: see write_json and to_json in describe.hpp.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe/shape.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace fanfare::detail {

/// Writes text that claims to be JSON: as it is, on one line; null if it is not valid.
void encode_raw(wire::JsonWriter& json, const Json& raw);

/// The name of an enumerator; empty if the value has none.
std::string_view enum_name(EnumNames names, std::int64_t value) noexcept;

/// A key as text: of a map's entry, or of an event.
template <class K>
std::string key_text(const K& key) {
  constexpr Shape shape = shape_of<K>;
  if constexpr (shape == Shape::boolean) {
    return key ? "true" : "false";
  } else if constexpr (shape == Shape::integer) {
    std::string text;
    wire::append_json_number(text, key);
    return text;
  } else if constexpr (shape == Shape::enumeration) {
    return std::string(enum_name(fanfare_enum(Tag<K>{}), static_cast<std::int64_t>(key)));
  } else {
    return key;
  }
}

template <class T>
void encode(wire::JsonWriter& json, const T& value);

struct MemberWriter {
  wire::JsonWriter& json;

  template <class M>
  void operator()(std::string_view name, const M& member) const {
    json.plain_key(name);
    encode(json, member);
  }
};

template <class T>
void encode(wire::JsonWriter& json, const T& value) {
  constexpr Shape shape = shape_of<T>;
  if constexpr (shape == Shape::boolean || shape == Shape::integer || shape == Shape::floating ||
                shape == Shape::borrowed) {
    json.value(value);
  } else if constexpr (shape == Shape::string) {
    json.value(std::string_view(value));
  } else if constexpr (shape == Shape::raw) {
    encode_raw(json, value);
  } else if constexpr (shape == Shape::enumeration) {
    const std::string_view name = enum_name(fanfare_enum(Tag<T>{}), static_cast<std::int64_t>(value));
    if (name.data() == nullptr)
      json.value(nullptr);
    else
      json.value(name);
  } else if constexpr (shape == Shape::structure) {
    const MemberWriter writer{json};
    json.begin_object();
    fanfare_visit(Tag<T>{}, value, writer);
    json.end_object();
  } else if constexpr (shape == Shape::wall_time) {
    using Period = typename T::duration::period;
    static_assert(Period::num == 1 && Period::den % 1000 == 0, "a system clock coarser than milliseconds");
    constexpr std::int64_t ticks = Period::den / 1000;
    const std::int64_t count = value.time_since_epoch().count();
    json.value(count / ticks - (count % ticks < 0 ? 1 : 0));  // toward the past, also before 1970
  } else if constexpr (shape == Shape::duration) {
    json.value(static_cast<double>(value.count()) * static_cast<double>(T::period::num) /
               static_cast<double>(T::period::den));
  } else if constexpr (shape == Shape::optional) {
    if (value.has_value())
      encode<typename T::value_type>(json, *value);
    else
      json.value(nullptr);
  } else if constexpr (shape == Shape::map) {
    json.begin_object();
    for (const auto& [key, item] : value) {
      if constexpr (shape_of<typename T::key_type> == Shape::string)
        json.key(key);
      else
        json.key(key_text(key));
      encode(json, item);
    }
    json.end_object();
  } else {
    json.begin_array();
    for (const auto& item : value) encode<typename T::value_type>(json, item);
    json.end_array();
  }
}

struct KeyReader {
  std::string_view wanted;
  std::string key = {};

  template <class M>
  void operator()(std::string_view name, const M& member) {
    if constexpr (can_be_key<M>) {
      if (name == wanted) key = key_text(member);
    }
  }
};

}  // namespace fanfare::detail

#if FANFARE_HEADER_ONLY
#include <fanfare/core/describe/impl/encode.ipp>
#endif
