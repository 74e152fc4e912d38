/// EventRecord: the shared part of an Event, with its wire images and its place in a history.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/event.hpp>
#include <fanfare/core/format.hpp>
#include <fanfare/core/log/account.hpp>
#include <fanfare/core/log/image.hpp>
#include <fanfare/core/payload.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fanfare::detail {

class EventRecord final : public RefCounted {
 public:
  /// A publisher's event; number and position are set at the commit.
  EventRecord(std::shared_ptr<TopicAccount> topic, Payload&& payload, std::vector<std::string> sorted_audience);
  /// A block of the library's own for readers: snapshot, reset, synced, gone, skipped, greeting.
  EventRecord(std::shared_ptr<TopicAccount> topic, std::string type, std::string json, Position position,
              std::uint64_t seq);

  /// The event's bytes in `format`: cached, or encoded now and offered to everybody by compare and swap.
  /// `bare` asks for the variant without a position. Thread: any.
  ImageRef image(const Format& format, bool bare) const;

  /// The history takes the event: from now on its bytes, later images included, are charged to it.
  void enter_history() const noexcept;
  void leave_history() const noexcept;

  // Constant once committed.
  const std::shared_ptr<TopicAccount> topic;
  Position position;
  std::uint64_t seq = 0;
  WallTime time{};
  const std::string type, key, json;
  const std::vector<std::string> audience;
  const Delivery delivery = Delivery::critical;
  const bool control = false;
  bool last = false;

  /// A newer event of the same type, key and audience exists; a late reader skips this one.
  mutable std::atomic<bool> superseded{false};

 private:
  FANFARE_DECL ~EventRecord() override;

  ImageRef cached(std::uint64_t style) const noexcept;
  ImageRef encoded(const Format& format, bool bare, std::uint64_t style) const;
  void charge_image(std::size_t bytes) const noexcept;

  mutable std::atomic<const Image*> images_{nullptr};
  /// Bytes charged to the history; `outside` before it was appended and after it was evicted. One word,
  /// so that an image finished while the event is evicted is charged either before or not at all.
  static constexpr std::int64_t outside = -1;
  mutable std::atomic<std::int64_t> charged_{outside};
};

using EventRef = Ref<const EventRecord>;

}  // namespace fanfare::detail
