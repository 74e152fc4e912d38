/// One committed event. Immutable and shared: a copy costs a reference count, whatever its size.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/delivery.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/log/ref.hpp>
#include <fanfare/core/position.hpp>
#include <fanfare/core/result.hpp>
#include <fanfare/core/wall_time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare {
namespace detail {
class EventRecord;
}

/// Thread: any; distinct and shared objects are safe to read at once.
/// The views live as long as any copy of the event.
class Event {
 public:
  Event() noexcept = default;

  std::string_view topic() const noexcept;
  std::string_view type() const noexcept;
  /// The payload: one JSON value, valid UTF-8, no line breaks outside of what JSON allows.
  std::string_view json() const noexcept;
  std::string_view key() const noexcept;
  /// Tags that a subscriber must all carry to receive it; sorted; empty: everybody.
  std::span<const std::string> audience() const noexcept;
  Delivery delivery() const noexcept;
  /// Where it was committed. n is 0 for what is not resumable by itself: `reset`, `skipped`, `gone`, and
  /// all that a subscription to several topics gets before `synced`.
  Position position() const noexcept;
  /// The number within the topic, from 1, without holes. For a snapshot: of the last event that it holds.
  std::uint64_t seq() const noexcept;
  WallTime time() const noexcept;
  /// Whether it is the topic's last event.
  bool last() const noexcept;
  /// Whether the library made it for this reader: snapshot, reset, synced, gone, skipped, a greeting.
  bool control() const noexcept;

  /// Decodes the payload. Unknown members are ignored, absent ones keep T's defaults.
  /// Errors: invalid_json, wrong_type, out_of_range, with the member's path in `detail()`.
  template <Described T>
  Result<T> as() const {
    return from_json<T>(json());
  }

  explicit operator bool() const noexcept { return static_cast<bool>(record_); }

  /// For the library: the shared part, and whether the position is held back.
  explicit Event(detail::Ref<const detail::RefCounted> record, bool bare = false) noexcept
      : record_(std::move(record)), bare_(bare) {}
  const detail::EventRecord& record() const noexcept;
  bool bare() const noexcept { return bare_; }

 private:
  detail::Ref<const detail::RefCounted> record_;  // an EventRecord
  bool bare_ = false;
};

}  // namespace fanfare
