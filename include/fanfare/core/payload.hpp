/// What is to be published: a type name, a delivery class, an optional conflation key and JSON text.
/// Serialised where it is made, in the publisher's thread and before any lock.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/delivery.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace fanfare {

/// The default last event of a topic.
struct Done {
  std::string status = "complete";
  std::string message = {};
};
FANFARE_EVENT(Done, "done", critical, status, message);

namespace detail {

/// An address per type: lets a state take the very struct that was published instead of decoding its JSON.
template <class T>
inline constexpr char type_tag = 0;

}  // namespace detail

class Payload {
 public:
  /// From a described event. `event` is also what a state of the topic applies, so it must live until
  /// the publish call has returned.
  template <DescribedEvent T>
  Payload(const T& event)  // NOLINT(google-explicit-constructor): publish(Progress{...}) is the use
      : type_(event_name<T>()),
        key_(event_key(event)),
        json_(to_json(event)),
        delivery_(event_delivery<T>()),
        described_(&event),
        tag_(&detail::type_tag<T>),
        trusted_(true) {}

  /// From JSON text. It is checked when published: anything but one valid JSON value is invalid_payload.
  /// @param type  the event's name: not empty, at most 128 bytes, no control characters
  /// @param key   for Delivery::conflated: a newer event of the same type and key replaces this one
  Payload(std::string type, Json data, Delivery delivery = Delivery::critical, std::string key = {})
      : type_(std::move(type)), key_(std::move(key)), json_(std::move(data.text)), delivery_(delivery) {}

  /// For the library: JSON that it wrote itself, with the struct behind it for the topic's state.
  template <class T>
  static Payload written(std::string type, std::string json, Delivery delivery, std::string key, const T& behind) {
    Payload payload(std::move(type), Json{std::move(json)}, delivery, std::move(key));
    payload.described_ = &behind;
    payload.tag_ = &detail::type_tag<T>;
    payload.trusted_ = true;
    return payload;
  }

  const std::string& type() const noexcept { return type_; }
  const std::string& key() const noexcept { return key_; }
  const std::string& json() const noexcept { return json_; }
  Delivery delivery() const noexcept { return delivery_; }

  /// The published struct and which type it is, for the topic's state.
  const void* described() const noexcept { return described_; }
  const void* tag() const noexcept { return tag_; }
  /// Checks JSON that the library did not write itself and makes it one line.
  std::error_code check() noexcept { return trusted_ ? std::error_code() : normalize_json(json_); }
  /// Whether the JSON was written by the library itself.
  bool trusted() const noexcept { return trusted_; }

  std::string&& take_type() noexcept { return std::move(type_); }
  std::string&& take_key() noexcept { return std::move(key_); }
  std::string&& take_json() noexcept { return std::move(json_); }

 private:
  std::string type_, key_, json_;
  Delivery delivery_ = Delivery::critical;
  const void* described_ = nullptr;
  const void* tag_ = nullptr;
  bool trusted_ = false;
};

}  // namespace fanfare
