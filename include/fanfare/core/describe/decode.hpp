/// Reads values of supported types from parsed JSON. Internal: see from_json in describe.hpp.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe/shape.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/error.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace fanfare::detail {

/// Reads scalars, and holds the first failure: what was expected, and the path to it, which is put together
/// from the inside out while the readers return. All readers return whether they succeeded.
class Decoder {
 public:
  bool read(JsonValue from, bool& out);
  bool read(JsonValue from, double& out);
  bool read(JsonValue from, float& out);
  bool read(JsonValue from, std::string& out);
  bool read(JsonValue from, Json& out);
  bool read_integer(JsonValue from, std::int64_t least, std::int64_t most, std::int64_t& out);
  bool read_integer(JsonValue from, std::uint64_t most, std::uint64_t& out);
  bool read_enum(JsonValue from, EnumNames names, std::int64_t& out);
  bool read_ticks(JsonValue from, double per_second, std::int64_t least, std::int64_t most,
                  std::int64_t& out);
  bool read_key(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out);
  bool read_key(std::string_view key, std::uint64_t most, std::uint64_t& out);
  bool read_key(std::string_view key, EnumNames names, std::int64_t& out);

  bool expect(std::string_view what) { return fail(Error::wrong_type, what); }
  bool expect_array_of(std::string_view what, std::size_t count = 0);

  /// Each returns false, so that a reader can return it.
  bool in_member(std::string_view name);
  bool in_element(std::size_t index);
  bool in_entry(std::string_view key);

  std::error_code error() const noexcept { return error_; }
  std::string detail() const { return path_.empty() ? message_ : path_ + ": " + message_; }

 private:
  bool fail(Error error, std::string_view expected);
  bool fail_enum(Error error, EnumNames names);
  void prepend(std::string segment);

  std::error_code error_;
  std::string path_, message_;
};

template <class T>
bool decode(Decoder& in, JsonValue from, T& out);

struct MemberReader {
  Decoder& in;
  JsonValue object;
  bool ok = true;

  template <class M>
  void operator()(std::string_view name, M& member) {
    if (!ok) return;
    const JsonValue value = object.member(name);
    if (value && !decode(in, value, member)) ok = in.in_member(name);
  }
};

template <class T>
bool decode_integer(Decoder& in, JsonValue from, T& out) {
  using Limits = std::numeric_limits<T>;
  std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t> wide = 0;
  if constexpr (std::is_signed_v<T>) {
    if (!in.read_integer(from, Limits::min(), Limits::max(), wide)) return false;
  } else {
    if (!in.read_integer(from, Limits::max(), wide)) return false;
  }
  out = static_cast<T>(wide);
  return true;
}

template <class K>
bool decode_key(Decoder& in, std::string_view text, K& out) {
  using Limits = std::numeric_limits<K>;
  if constexpr (shape_of<K> == Shape::string) {
    out = text;
  } else if constexpr (shape_of<K> == Shape::enumeration) {
    std::int64_t value = 0;
    if (!in.read_key(text, fanfare_enum(Tag<K>{}), value)) return false;
    out = static_cast<K>(value);
  } else if constexpr (std::is_signed_v<K>) {
    std::int64_t wide = 0;
    if (!in.read_key(text, Limits::min(), Limits::max(), wide)) return false;
    out = static_cast<K>(wide);
  } else {
    std::uint64_t wide = 0;
    if (!in.read_key(text, Limits::max(), wide)) return false;
    out = static_cast<K>(wide);
  }
  return true;
}

template <class T>
bool decode_wall_time(Decoder& in, JsonValue from, T& out) {
  using Duration = typename T::duration;
  using Limits = std::numeric_limits<typename Duration::rep>;
  constexpr std::int64_t ticks = Duration::period::den / 1000;
  std::int64_t milliseconds = 0;
  if (!in.read_integer(from, Limits::min() / ticks, Limits::max() / ticks, milliseconds)) return false;
  out = T(Duration(milliseconds * ticks));
  return true;
}

template <class T>
bool decode_duration(Decoder& in, JsonValue from, T& out) {
  using Rep = typename T::rep;
  using Limits = std::numeric_limits<Rep>;
  constexpr double per_second = static_cast<double>(T::period::den) / static_cast<double>(T::period::num);
  if constexpr (std::is_floating_point_v<Rep>) {
    double seconds = 0;
    if (!in.read(from, seconds)) return false;
    out = T(static_cast<Rep>(seconds * per_second));
  } else {
    constexpr bool huge = std::is_unsigned_v<Rep> && sizeof(Rep) >= 8;
    constexpr std::int64_t most =
        huge ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(Limits::max());
    std::int64_t ticks = 0;
    if (!in.read_ticks(from, per_second, static_cast<std::int64_t>(Limits::min()), most, ticks)) return false;
    out = T(static_cast<Rep>(ticks));
  }
  return true;
}

template <class T>
bool decode_map(Decoder& in, JsonValue from, T& out) {
  if (from.type() != JsonType::object) return in.expect("an object");
  out.clear();
  return from.for_each_member([&](std::string_view name, JsonValue value) {
    typename T::key_type key{};
    typename T::mapped_type item{};
    if (!decode_key(in, name, key) || !decode(in, value, item)) return in.in_entry(name);
    // Of two members with one name the first counts, as in structs.
    out.emplace(std::move(key), std::move(item));
    return true;
  });
}

template <class T>
bool decode_elements(Decoder& in, JsonValue from, T& out) {
  using Element = typename T::value_type;
  if (from.type() != JsonType::array) return in.expect_array_of(plural<Element>());
  out.clear();
  std::size_t index = 0;
  return from.for_each_element([&](JsonValue value) {
    Element element{};
    if (!decode(in, value, element)) return in.in_element(index);
    if constexpr (shape_of<T> == Shape::set)
      out.insert(std::move(element));
    else
      out.push_back(std::move(element));
    ++index;
    return true;
  });
}

template <class T>
bool decode_array(Decoder& in, JsonValue from, T& out) {
  constexpr std::size_t size = fixed_size<T>;
  std::size_t count = 0;
  const bool all = from.for_each_element([&](JsonValue value) {
    if (count < size && !decode(in, value, out[count])) return in.in_element(count);
    ++count;
    return count <= size;
  });
  if (all && count == size) return true;
  return in.error() ? false : in.expect_array_of(plural<typename T::value_type>(), size);
}

template <class T>
bool decode(Decoder& in, JsonValue from, T& out) {
  constexpr Shape shape = shape_of<T>;
  if constexpr (shape == Shape::boolean || shape == Shape::floating || shape == Shape::string ||
                shape == Shape::raw) {
    return in.read(from, out);
  } else if constexpr (shape == Shape::integer) {
    return decode_integer(in, from, out);
  } else if constexpr (shape == Shape::enumeration) {
    std::int64_t value = 0;
    if (!in.read_enum(from, fanfare_enum(Tag<T>{}), value)) return false;
    out = static_cast<T>(value);
    return true;
  } else if constexpr (shape == Shape::structure) {
    if (from.type() != JsonType::object) return in.expect("an object");
    MemberReader reader{in, from};
    fanfare_visit(Tag<T>{}, out, reader);
    return reader.ok;
  } else if constexpr (shape == Shape::wall_time) {
    return decode_wall_time(in, from, out);
  } else if constexpr (shape == Shape::duration) {
    return decode_duration(in, from, out);
  } else if constexpr (shape == Shape::optional) {
    out.reset();
    if (from.type() == JsonType::null) return true;
    typename T::value_type value{};
    if (!decode(in, from, value)) return false;
    out = std::move(value);
    return true;
  } else if constexpr (shape == Shape::map) {
    return decode_map(in, from, out);
  } else if constexpr (shape == Shape::array) {
    return decode_array(in, from, out);
  } else {
    return decode_elements(in, from, out);
  }
}

}  // namespace fanfare::detail

#if FANFARE_HEADER_ONLY
#include <fanfare/core/describe/impl/decode.ipp>
#endif
