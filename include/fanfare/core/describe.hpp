/// Describes structs once, so that both writing them as JSON and reading them follow, with the event's name
/// and delivery class. Plain structs stay plain: no base class, no code inside them.
///
///     struct Card { std::string title; double progress = 0; };
///     FANFARE_DESCRIBE(Card, title, progress);
///
///     struct CardMoved { int id = 0; std::string column; };
///     FANFARE_EVENT(CardMoved, "card_moved", conflated_by("id"), id, column);
///
///     enum class Level { debug, info };
///     FANFARE_ENUM(Level, debug, info);
///
/// What a member may be, and its JSON:
///
///     bool                                        true, false
///     integers up to 64 bits, float, double       a number; infinite or not a number: null
///     std::string                                 a string
///     a described enum                            a string, the enumerator's name; a value without one: null
///     a described struct                          an object
///     std::optional                               the value, or null
///     vector, deque, list, set, ... , std::array  an array
///     map, unordered_map                          an object; keys are strings, integers or described enums
///     WallTime                                    an integer, milliseconds since 1970
///     std::chrono::duration                       a number, seconds
///     Json                                        any JSON value; text that is not valid JSON: null
///
/// Moreover std::string_view, const char* and spans can be written, but not be members, as they own nothing.
/// Member names are not case folded and 64 of them fit into one macro.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/delivery.hpp>
#include <fanfare/core/describe/decode.hpp>
#include <fanfare/core/describe/encode.hpp>
#include <fanfare/core/describe/macros.hpp>
#include <fanfare/core/describe/shape.hpp>
#include <fanfare/core/json.hpp>
#include <fanfare/core/result.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// FANFARE_DESCRIBE(Type, members...): at namespace scope, in Type's namespace, after Type and what its
/// members are made of. Members may be inherited; they must be public, and neither const nor references.
/// REQUIRES: Type has a default constructor; it sets what members have that are absent from what is read.
#define FANFARE_DESCRIBE(...) FANFARE_DETAIL_DESCRIBE(__VA_ARGS__)

/// FANFARE_EVENT(Type, "name", delivery, members...): describes Type, and makes it an event. Its delivery:
///     critical               never skipped silently
///     lossy                  may be skipped for a reader that lags
///     conflated_by("member") a newer event of the same name and the same value of that member replaces it
///     conflated_by_type      a newer event of the same name replaces it
#define FANFARE_EVENT(...) FANFARE_DETAIL_EVENT(__VA_ARGS__)

/// FANFARE_ENUM(Type, enumerators...): reads and writes the enum as its enumerators' names.
#define FANFARE_ENUM(...) FANFARE_DETAIL_ENUM(__VA_ARGS__)

namespace fanfare {

/// Can be written as JSON.
template <class T>
concept Encodable = detail::encodable<T>;

/// Can be written as JSON, and read.
template <class T>
concept Described = detail::encodable<T> && detail::describable<T>;

/// Described by FANFARE_EVENT.
template <class T>
concept DescribedEvent = Described<T> && detail::HasEventSpec<T>;

template <DescribedEvent T>
constexpr std::string_view event_name() noexcept {
  return fanfare_event(detail::Tag<T>{}).name;
}

template <DescribedEvent T>
constexpr Delivery event_delivery() noexcept {
  return fanfare_event(detail::Tag<T>{}).delivery.delivery;
}

/// What an event of this name must share with a newer one to be replaced by it: with conflated_by("member")
/// the member as text, else empty.
template <DescribedEvent T>
std::string event_key(const T& event) {
  constexpr detail::DeliverySpec spec = fanfare_event(detail::Tag<T>{}).delivery;
  if constexpr (spec.by_field) {
    detail::KeyReader reader{spec.field};
    fanfare_visit(detail::Tag<T>{}, event, reader);
    return std::move(reader.key);
  } else {
    return {};
  }
}

/// Writes one JSON value, always valid and on one line. Members in the order of their description.
template <Encodable T>
void write_json(wire::JsonWriter& json, const T& value) {
  detail::encode(json, value);
}
template <Encodable T>
void write_json(std::string& out, const T& value) {
  wire::JsonWriter json(out);
  detail::encode(json, value);
}
template <Encodable T>
[[nodiscard]] std::string to_json(const T& value) {
  std::string out;
  out.reserve(256);  // most events fit, and none is kept with more room than text
  write_json(out, value);
  if (out.capacity() > 2 * out.size()) out.shrink_to_fit();
  return out;
}

/// Reads a T. Strict: no conversions but from integers to floating point. Unknown members are ignored, absent
/// ones keep T's defaults, of several with one name the first counts; null is only for optional and Json.
/// Errors: invalid_json; wrong_type, or out_of_range (also for a name that an enum does not have), with the
/// path and what was expected in detail(): `cards["7"].progress: expected a number`.
/// Memory: at most the text's length times the size of the largest element of T's containers; so bound the
/// text.
template <Described T>
Result<T> from_json(JsonValue value) {
  T read{};
  detail::Decoder in;
  if (detail::decode(in, value, read)) return Result<T>(std::move(read));
  return Result<T>(in.error(), in.detail());
}
template <Described T>
Result<T> from_json(std::string_view text) {
  JsonDocument document;
  if (const std::error_code error = document.parse(text))
    return Result<T>(error, std::string(document.detail()));
  return from_json<T>(document.root());
}

}  // namespace fanfare

#include <fanfare/core/describe/events.hpp>
