#pragma once

#include <fanfare/core/json.hpp>
#include <fanfare/error.hpp>
#include <fanfare/wire/impl/scan.hpp>
#include <fanfare/wire/json_writer.hpp>

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace fanfare {
namespace detail {

namespace dom = simdjson::dom;

/// The only way between our handle and the parser's.
struct JsonAccess {
  static_assert(std::is_trivially_copyable_v<dom::element> && std::is_trivially_destructible_v<dom::element>);
  static_assert(sizeof(dom::element) <= sizeof(JsonValue::element_));
  static_assert(alignof(dom::element) <= alignof(std::uint64_t));

  static JsonValue wrap(const dom::element& element) noexcept {
    JsonValue value;
    std::memcpy(value.element_, static_cast<const void*>(&element), sizeof element);
    value.present_ = true;
    return value;
  }
  static dom::element unwrap(const JsonValue& value) noexcept {
    dom::element element;
    std::memcpy(static_cast<void*>(&element), value.element_, sizeof element);
    return element;
  }
  /// Takes T out if the value is there and is one.
  template <class T>
  static bool get(const JsonValue& value, T& out) noexcept {
    return value.present_ && unwrap(value).get(out) == simdjson::SUCCESS;
  }
};

// One parser per thread is kept for the next document: its buffers are what parsing a small text costs most.
// A document takes it out, so that documents may be nested, outlive each other and change threads.
struct SpareJsonParser {
  // Buffers that one large document has made are given back.
  static constexpr std::size_t max_kept_bytes = 64 * 1024;

  std::unique_ptr<dom::parser> parser;

  ~SpareJsonParser() { closed() = true; }

  // Trivial, so it can still be asked when the thread has destroyed the spare one: by a document that is
  // static.
  static bool& closed() noexcept {
    static thread_local bool value = false;
    return value;
  }
  static SpareJsonParser& of_thread() noexcept {
    static thread_local SpareJsonParser spare;
    return spare;
  }

  static dom::parser* take() noexcept {
    if (!closed()) {
      if (dom::parser* kept = of_thread().parser.release()) return kept;
    }
    std::unique_ptr<dom::parser> made(new (std::nothrow) dom::parser);
    if (!made || made->allocate(4096, max_json_depth + 1) != simdjson::SUCCESS) return nullptr;
    return made.release();
  }
  static void give_back(void* parser) noexcept {
    std::unique_ptr<dom::parser> owned(static_cast<dom::parser*>(parser));
    if (!owned || closed() || owned->capacity() > max_kept_bytes) return;
    of_thread().parser = std::move(owned);
  }
};

inline std::string_view json_error_text(simdjson::error_code error) noexcept {
  switch (error) {
    case simdjson::EMPTY: return "not valid JSON: the text is empty";
    case simdjson::UTF8_ERROR: return "not valid JSON: not UTF-8";
    case simdjson::DEPTH_ERROR: return "JSON nested too deep";
    case simdjson::CAPACITY: return "JSON text too long";
    case simdjson::MEMALLOC: return "not enough memory to parse JSON";
    default: return "not valid JSON";
  }
}

// Recursion is as deep as the parser let the text be: max_json_depth.
inline void write_json_value(wire::JsonWriter& json, const JsonValue& value) {
  switch (value.type()) {
    case JsonType::boolean: {
      bool truth = false;
      (void)value.get(truth);
      json.value(truth);
      break;
    }
    case JsonType::integer: {
      std::int64_t number = 0;
      std::uint64_t large = 0;
      if (value.get(number))
        json.value(number);
      else if (value.get(large))
        json.value(large);
      break;
    }
    case JsonType::number: {
      double number = 0;
      (void)value.get(number);
      json.value(number);
      break;
    }
    case JsonType::string: {
      std::string_view text;
      (void)value.get(text);
      json.value(text);
      break;
    }
    case JsonType::array:
      json.begin_array();
      value.for_each_element([&json](JsonValue element) {
        write_json_value(json, element);
        return true;
      });
      json.end_array();
      break;
    case JsonType::object:
      json.begin_object();
      value.for_each_member([&json](std::string_view name, JsonValue item) {
        json.key(name);
        write_json_value(json, item);
        return true;
      });
      json.end_object();
      break;
    default: json.value(nullptr); break;
  }
}

}  // namespace detail

FANFARE_DECL JsonType JsonValue::type() const noexcept {
  if (!present_) return JsonType::absent;
  switch (detail::JsonAccess::unwrap(*this).type()) {
    case detail::dom::element_type::BOOL: return JsonType::boolean;
    case detail::dom::element_type::INT64:
    case detail::dom::element_type::UINT64: return JsonType::integer;
    case detail::dom::element_type::DOUBLE: return JsonType::number;
    case detail::dom::element_type::STRING: return JsonType::string;
    case detail::dom::element_type::ARRAY: return JsonType::array;
    case detail::dom::element_type::OBJECT: return JsonType::object;
    default: return JsonType::null;
  }
}

FANFARE_DECL bool JsonValue::get(bool& out) const noexcept {
  return detail::JsonAccess::get(*this, out);
}
FANFARE_DECL bool JsonValue::get(std::int64_t& out) const noexcept {
  return detail::JsonAccess::get(*this, out);
}
FANFARE_DECL bool JsonValue::get(std::uint64_t& out) const noexcept {
  return detail::JsonAccess::get(*this, out);
}
FANFARE_DECL bool JsonValue::get(double& out) const noexcept {
  return detail::JsonAccess::get(*this, out);
}
FANFARE_DECL bool JsonValue::get(std::string_view& out) const noexcept {
  return detail::JsonAccess::get(*this, out);
}

FANFARE_DECL JsonValue JsonValue::member(std::string_view name) const noexcept {
  detail::dom::object object;
  detail::dom::element found;
  if (!detail::JsonAccess::get(*this, object) || object.at_key(name).get(found) != simdjson::SUCCESS)
    return {};
  return detail::JsonAccess::wrap(found);
}

FANFARE_DECL bool JsonValue::visit_elements(void* context, bool (*visit)(void*, JsonValue)) const {
  detail::dom::array array;
  if (!detail::JsonAccess::get(*this, array)) return false;
  for (const detail::dom::element element : array) {
    if (!visit(context, detail::JsonAccess::wrap(element))) return false;
  }
  return true;
}

FANFARE_DECL bool JsonValue::visit_members(void* context,
                                           bool (*visit)(void*, std::string_view, JsonValue)) const {
  detail::dom::object object;
  if (!detail::JsonAccess::get(*this, object)) return false;
  for (const detail::dom::key_value_pair member : object) {
    if (!visit(context, member.key, detail::JsonAccess::wrap(member.value))) return false;
  }
  return true;
}

FANFARE_DECL void JsonValue::append_to(std::string& out) const {
  wire::JsonWriter json(out);
  detail::write_json_value(json, *this);
}

FANFARE_DECL JsonDocument::~JsonDocument() {
  detail::SpareJsonParser::give_back(parser_);
}

FANFARE_DECL JsonDocument::JsonDocument(JsonDocument&& other) noexcept
    : parser_(std::exchange(other.parser_, nullptr)),
      root_(std::exchange(other.root_, {})),
      detail_(std::exchange(other.detail_, {})) {}

FANFARE_DECL JsonDocument& JsonDocument::operator=(JsonDocument&& other) noexcept {
  std::swap(parser_, other.parser_);
  std::swap(root_, other.root_);
  std::swap(detail_, other.detail_);
  return *this;
}

FANFARE_DECL std::error_code JsonDocument::parse(std::string_view text) noexcept {
  root_ = {};
  detail_ = {};
  if (parser_ == nullptr) parser_ = detail::SpareJsonParser::take();

  simdjson::error_code error = simdjson::SUCCESS;
  detail::dom::element root;
  if (parser_ == nullptr) {
    error = simdjson::MEMALLOC;
  } else if (text.empty()) {
    error = simdjson::EMPTY;
  } else if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    // RFC 8259 sec. 8.1: a sender must not add a byte order mark. Newer parsers skip it, browsers do not.
    error = simdjson::TAPE_ERROR;
  } else {
    error = static_cast<detail::dom::parser*>(parser_)->parse(text.data(), text.size()).get(root);
  }

  if (error == simdjson::SUCCESS) {
    root_ = detail::JsonAccess::wrap(root);
    return {};
  }
  detail_ = detail::json_error_text(error);
  if (error == simdjson::MEMALLOC) return std::make_error_code(std::errc::not_enough_memory);
  return make_error_code(Error::invalid_json);
}

FANFARE_DECL std::error_code validate_json(std::string_view text) noexcept {
  JsonDocument document;
  return document.parse(text);
}

FANFARE_DECL std::error_code normalize_json(std::string& text) noexcept {
  if (text.empty()) {
    text.assign("null", 4);  // fits into any string object, so nothing is allocated
    return {};
  }
  if (const std::error_code error = validate_json(text)) return error;
  if (!detail::has_line_end(text)) return {};
  // RFC 8259 sec. 7: in a string they are escaped, so the ones that are left are blanks.
  const char* const end = text.data() + text.size();
  for (const char* at = detail::find_line_end(text.data(), end); at != end; at = detail::find_line_end(at, end)) {
    text[static_cast<std::size_t>(at - text.data())] = ' ';
  }
  return {};
}

}  // namespace fanfare
