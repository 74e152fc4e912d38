/// Image: one event's bytes in one wire format. Made at most once per event and format, by whichever
/// shard needs it first, and shared by all subscribers; a stalled one pins it by reference.
#pragma once

#include <fanfare/core/log/ref.hpp>
#include <fanfare/wire/checksum.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

namespace fanfare::detail {

class Image final : public RefCounted {
 public:
  /// A copy of the bytes, in one allocation with what is known of them.
  static Ref<const Image> make(std::uint64_t style, std::string_view bytes, const wire::Checksum& checksum) {
    void* const room = ::operator new(sizeof(Image) + bytes.size());
    std::memcpy(static_cast<char*>(room) + sizeof(Image), bytes.data(), bytes.size());
    return Ref<const Image>(new (room) Image(style, bytes.size(), checksum));
  }
  static void operator delete(void* room) { ::operator delete(room); }

  std::string_view bytes() const noexcept { return {reinterpret_cast<const char*>(this) + sizeof(Image), size_}; }
  /// Of what the bytes hold, if the format's streams end with one.
  const wire::Checksum& checksum() const noexcept { return checksum_; }
  /// The format's id and whether it shows the position: under what the event caches it.
  std::uint64_t style() const noexcept { return style_; }

  /// The next image of the same event; written before the image is published, then constant.
  mutable const Image* next = nullptr;

 private:
  Image(std::uint64_t style, std::size_t size, const wire::Checksum& checksum) noexcept
      : style_(style), size_(size), checksum_(checksum) {}
  ~Image() override = default;
  static void* operator new(std::size_t, void* room) noexcept { return room; }

  const std::uint64_t style_;
  const std::size_t size_;  // of the bytes, which follow it
  const wire::Checksum checksum_;
};

using ImageRef = Ref<const Image>;

}  // namespace fanfare::detail
