/// JSON as text (Json) and as parsed values (JsonDocument, JsonValue). Does not write: that is
/// wire/json_writer.hpp; does not map to structs: that is core/describe.hpp. The parser behind it stays out
/// of the headers. What is accepted is RFC 8259 without a byte order mark; moreover numbers must fit: an
/// integer into 64 bits, any other into a finite double; strings must be valid UTF-8 without lone surrogates;
/// and nesting is bounded.
#pragma once

#include <fanfare/config.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare {

/// JSON text, not parsed, not yet checked. As a member of a described struct it takes and gives any value.
struct Json {
  std::string text = "null";  ///< empty: null, too

  /// Compares the texts: blanks and the order of members count.
  friend bool operator==(const Json&, const Json&) = default;
};

/// How deep arrays and objects may nest in what is parsed: more than data needs, less than a stack holds.
inline constexpr std::size_t max_json_depth = 128;

/// Whether the text is exactly one JSON value: zero, invalid_json, or not_enough_memory. Thread: any.
/// Complexity: linear, about a nanosecond per byte.
std::error_code validate_json(std::string_view text) noexcept;
inline bool is_valid_json(std::string_view text) noexcept {
  return !validate_json(text);
}

/// Validates, and makes it one line: line breaks, which can only stand between tokens, become blanks; an
/// empty text becomes null. On an error the text is unchanged.
std::error_code normalize_json(std::string& text) noexcept;

enum class JsonType : std::uint8_t { absent, null, boolean, integer, number, string, array, object };

namespace detail {
struct JsonAccess;
}

/// A value of a JsonDocument: a handle to copy. A default one is absent.
/// Lifetime: until its document is destroyed or parses again; string views as well.
/// Thread: any number may read one document at once. Functions that read never fail but by their result.
class JsonValue {
 public:
  JsonValue() noexcept = default;

  JsonType type() const noexcept;
  explicit operator bool() const noexcept { return present_; }

  /// Sets `out` and returns true if the value is of that type, and an integer within the range; else leaves
  /// it. A double also takes integers; nothing else is converted.
  [[nodiscard]] bool get(bool& out) const noexcept;
  [[nodiscard]] bool get(std::int64_t& out) const noexcept;
  [[nodiscard]] bool get(std::uint64_t& out) const noexcept;
  [[nodiscard]] bool get(double& out) const noexcept;
  [[nodiscard]] bool get(std::string_view& out) const noexcept;

  /// The first member of that name; absent if there is none, or this is no object. Complexity: linear.
  JsonValue member(std::string_view name) const noexcept;

  /// Calls visit(JsonValue) for each element of an array, until it returns false. Returns false then; and at
  /// once if this is no array.
  template <class F>
  bool for_each_element(F&& visit) const {
    return visit_elements(&visit, [](void* context, JsonValue element) -> bool {
      return (*static_cast<decltype(&visit)>(context))(element);
    });
  }
  /// The same with visit(std::string_view name, JsonValue) for each member of an object, in the text's order.
  template <class F>
  bool for_each_member(F&& visit) const {
    return visit_members(&visit, [](void* context, std::string_view name, JsonValue item) -> bool {
      return (*static_cast<decltype(&visit)>(context))(name, item);
    });
  }

  /// Appends the value as JSON text without blanks; escapes and numbers may be spelled otherwise than in the
  /// original. Null if absent.
  void append_to(std::string& out) const;

 private:
  friend struct detail::JsonAccess;
  bool visit_elements(void* context, bool (*visit)(void*, JsonValue)) const;
  bool visit_members(void* context, bool (*visit)(void*, std::string_view, JsonValue)) const;

  alignas(std::uint64_t) unsigned char element_[16] = {};  // the parser's handle, see impl/json.ipp
  bool present_ = false;
};

/// A parsed text. Owns all that its values point to; the text itself need not stay. Move-only.
/// Memory: about 14 bytes for each byte of the text, so the caller bounds the text.
class JsonDocument {
 public:
  JsonDocument() noexcept = default;
  ~JsonDocument();
  JsonDocument(JsonDocument&& other) noexcept;
  JsonDocument& operator=(JsonDocument&& other) noexcept;

  /// Replaces what was parsed before. Errors: invalid_json, with the reason in detail(); not_enough_memory.
  [[nodiscard]] std::error_code parse(std::string_view text) noexcept;

  /// Absent before the first parse and after one that failed.
  JsonValue root() const noexcept { return root_; }
  /// Why the last parse failed, for people: "not valid JSON". Empty if it did not.
  std::string_view detail() const noexcept { return detail_; }

 private:
  void* parser_ = nullptr;
  JsonValue root_;
  std::string_view detail_;
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/json.ipp>
#endif
