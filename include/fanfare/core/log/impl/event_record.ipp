#pragma once

#include <fanfare/core/log/event_record.hpp>

namespace fanfare::detail {

/// Formats whose images one event caches. A broker's mounts share a handful; whoever comes later is
/// encoded for each reader instead, so that no client can grow an event by asking for odd formats.
inline constexpr std::size_t max_cached_images = 16;

FANFARE_DECL EventRecord::EventRecord(std::shared_ptr<TopicAccount> account, Payload&& payload,
                                      std::vector<std::string> sorted_audience)
    : topic(std::move(account)),
      type(payload.take_type()),
      key(payload.take_key()),
      json(payload.take_json()),
      audience(std::move(sorted_audience)),
      delivery(payload.delivery()) {}

FANFARE_DECL EventRecord::EventRecord(std::shared_ptr<TopicAccount> account, std::string control_type,
                                      std::string control_json, Position at, std::uint64_t number)
    : topic(std::move(account)),
      position(at),
      seq(number),
      type(std::move(control_type)),
      json(std::move(control_json)),
      control(true) {}

FANFARE_DECL EventRecord::~EventRecord() {
  leave_history();
  const Image* image = images_.load(std::memory_order_acquire);
  while (image) {
    const Image* next = image->next;
    image->release();
    image = next;
  }
}

FANFARE_DECL ImageRef EventRecord::cached(std::uint64_t style) const noexcept {
  for (const Image* image = images_.load(std::memory_order_acquire); image; image = image->next) {
    if (image->style() == style) return ImageRef(image);
  }
  return {};
}

FANFARE_DECL ImageRef EventRecord::encoded(const Format& format, bool bare, std::uint64_t style) const {
  thread_local std::string kept;  // its room
  std::string bytes = std::move(kept);  // away from a format that encodes another event on the way
  bytes.clear();
  const wire::Checksum checksum = format.encode_summed(Event(EventRef(this), bare), bytes);
  Counters::add(topic->broker->counters.images_encoded);
  ImageRef image = Image::make(style, bytes, checksum);
  constexpr std::size_t worth_keeping = 64 << 10;
  if (bytes.capacity() <= worth_keeping) kept = std::move(bytes);
  return image;
}

FANFARE_DECL ImageRef EventRecord::image(const Format& format, bool bare) const {
  const std::uint64_t style = format.id() * 2 + (bare ? 1 : 0);
  if (ImageRef found = cached(style)) return found;

  const ImageRef ours = encoded(format, bare, style);
  const Image* const made = ours.get();
  const Image* head = images_.load(std::memory_order_acquire);
  do {
    std::size_t others = 0;
    for (const Image* image = head; image; image = image->next, ++others) {
      if (image->style() == style) return ImageRef(image);  // another shard was first
    }
    if (others >= max_cached_images) return ours;
    made->next = head;
  } while (!images_.compare_exchange_weak(head, made, std::memory_order_acq_rel, std::memory_order_acquire));
  made->add_ref();  // the event's own reference
  charge_image(made->bytes().size() + sizeof(Image));
  return ours;
}

FANFARE_DECL void EventRecord::charge_image(std::size_t size) const noexcept {
  const auto bytes = static_cast<std::int64_t>(size);
  std::int64_t charged = charged_.load(std::memory_order_relaxed);
  do {
    if (charged == outside) return;
  } while (!charged_.compare_exchange_weak(charged, charged + bytes, std::memory_order_relaxed));
  topic->charge(bytes);
}

FANFARE_DECL void EventRecord::enter_history() const noexcept {
  auto bytes = static_cast<std::int64_t>(sizeof(EventRecord) + type.size() + key.size() + json.size());
  for (const auto& tag : audience) bytes += static_cast<std::int64_t>(sizeof tag + tag.size());
  charged_.store(bytes, std::memory_order_relaxed);
  topic->charge(bytes);
}

FANFARE_DECL void EventRecord::leave_history() const noexcept {
  const std::int64_t charged = charged_.exchange(outside, std::memory_order_relaxed);
  if (charged != outside) topic->charge(-charged);
}

}  // namespace fanfare::detail
