/// What FANFARE_DESCRIBE, FANFARE_EVENT and FANFARE_ENUM expand to. Internal: they are documented in
/// describe.hpp. Each macro declares free functions beside the type. They are found by argument-dependent
/// lookup through detail::Tag<Type>: exactly for Type, so a struct that derives from a described one is not
/// described by that.
#pragma once

#include <fanfare/core/delivery.hpp>
#include <fanfare/core/describe/for_each.hpp>
#include <fanfare/core/describe/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

namespace fanfare::detail {

struct DeliverySpec {
  Delivery delivery = Delivery::critical;
  bool by_field = false;
  std::string_view field = {};
};

struct EventSpec {
  std::string_view name;
  DeliverySpec delivery;
};

/// What can stand as the third argument of FANFARE_EVENT. There is no bare "conflated": it would have to mean
/// conflated_by_type, and so the update of one card would replace that of another.
namespace delivery_words {
inline constexpr DeliverySpec critical{Delivery::critical, false, {}};
inline constexpr DeliverySpec lossy{Delivery::lossy, false, {}};
inline constexpr DeliverySpec conflated_by_type{Delivery::conflated, false, {}};
constexpr DeliverySpec conflated_by(std::string_view field) noexcept {
  return {Delivery::conflated, true, field};
}
}  // namespace delivery_words

struct FieldInfo {
  std::string_view name;
  bool can_be_key;
};

constexpr bool key_is_listed(const DeliverySpec& spec, std::initializer_list<FieldInfo> fields) noexcept {
  if (!spec.by_field) return true;
  for (const FieldInfo& field : fields) {
    if (field.name == spec.field) return true;
  }
  return false;
}

constexpr bool key_has_text(const DeliverySpec& spec, std::initializer_list<FieldInfo> fields) noexcept {
  if (!spec.by_field) return true;
  for (const FieldInfo& field : fields) {
    if (field.name == spec.field) return field.can_be_key;
  }
  return true;  // that it is not listed is said by key_is_listed
}

/// 128: as for names of events that are made at run time (see Payload).
constexpr bool is_event_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 128) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

}  // namespace fanfare::detail

// clang-format off

#define FANFARE_DETAIL_VISIT(Type, field) \
  fanfare_visitor_(::std::string_view{#field, sizeof(#field) - 1}, fanfare_self_.field);

#define FANFARE_DETAIL_CHECK(Type, field)                    \
  static_assert(                                             \
      ::fanfare::detail::describable<decltype(Type::field)>, \
      "fanfare: " #Type "::" #field                          \
      " has a type that cannot be both written to and read from JSON, see fanfare/core/describe.hpp");

#define FANFARE_DETAIL_FIELD_INFO(Type, field)                                 \
  ::fanfare::detail::FieldInfo{::std::string_view{#field, sizeof(#field) - 1}, \
                               ::fanfare::detail::can_be_key<decltype(Type::field)>},

#define FANFARE_DETAIL_ENUMERATOR(Type, enumerator) \
  {::std::string_view{#enumerator, sizeof(#enumerator) - 1}, static_cast<::std::int64_t>(Type::enumerator)},

#define FANFARE_DETAIL_DESCRIBE(Type, ...)                                                                  \
  template <class FanfareSelf, class FanfareVisitor>                                                        \
  constexpr void fanfare_visit(::fanfare::detail::Tag<Type>, [[maybe_unused]] FanfareSelf& fanfare_self_,   \
                               [[maybe_unused]] FanfareVisitor& fanfare_visitor_) {                         \
    FANFARE_DETAIL_EACH(FANFARE_DETAIL_VISIT, Type, __VA_ARGS__)                                            \
  }                                                                                                         \
  static_assert(::fanfare::detail::HasMembers<Type>,                                                        \
                "fanfare: " #Type " must be described in the namespace that it is declared in");            \
  static_assert(::std::is_default_constructible_v<Type>, "fanfare: " #Type " needs a default constructor"); \
  FANFARE_DETAIL_EACH(FANFARE_DETAIL_CHECK, Type, __VA_ARGS__)                                              \
  static_assert(true)

#define FANFARE_DETAIL_EVENT(Type, event_name, delivery_word, ...)                                           \
  FANFARE_DETAIL_DESCRIBE(Type, __VA_ARGS__);                                                                \
  [[maybe_unused]] constexpr ::fanfare::detail::EventSpec fanfare_event(                                     \
      ::fanfare::detail::Tag<Type>) noexcept {                                                               \
    return {event_name, ::fanfare::detail::delivery_words::delivery_word};                                   \
  }                                                                                                          \
  static_assert(::fanfare::detail::is_event_name(event_name),                                                \
                "fanfare: the event name of " #Type                                                          \
                " is empty, longer than 128 bytes or has control characters");                               \
  static_assert(                                                                                             \
      ::fanfare::detail::key_is_listed(::fanfare::detail::delivery_words::delivery_word,                     \
                                       {FANFARE_DETAIL_EACH(FANFARE_DETAIL_FIELD_INFO, Type, __VA_ARGS__)}), \
      "fanfare: " #Type " is " #delivery_word ", which is none of the members listed after it");             \
  static_assert(                                                                                             \
      ::fanfare::detail::key_has_text(::fanfare::detail::delivery_words::delivery_word,                      \
                                      {FANFARE_DETAIL_EACH(FANFARE_DETAIL_FIELD_INFO, Type, __VA_ARGS__)}),  \
      "fanfare: " #Type " is " #delivery_word ", which is no string, integer, bool or described enum")

#define FANFARE_DETAIL_ENUM(Type, ...)                                                                       \
  [[maybe_unused]] inline ::fanfare::detail::EnumNames fanfare_enum(::fanfare::detail::Tag<Type>) noexcept { \
    static constexpr ::fanfare::detail::EnumName names[] = {                                                 \
        FANFARE_DETAIL_EACH(FANFARE_DETAIL_ENUMERATOR, Type, __VA_ARGS__)};                                  \
    return {names, sizeof names / sizeof names[0]};                                                          \
  }                                                                                                          \
  static_assert(::fanfare::detail::HasEnumNames<Type>,                                                       \
                "fanfare: " #Type " must be an enum, and described in the namespace that it is declared in")

// clang-format on
