/// Image: one event's bytes in one wire format. Made at most once per event and format, by whichever
/// shard needs it first, and shared by all subscribers; a stalled one pins it by reference.
#pragma once

#include <fanfare/core/log/ref.hpp>
#include <fanfare/wire/checksum.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace fanfare::detail {

class Image final : public RefCounted {
 public:
  Image(std::uint64_t style, std::string bytes, wire::Checksum checksum)
      : style_(style), bytes_(std::move(bytes)), checksum_(checksum) {}

  std::string_view bytes() const noexcept { return bytes_; }
  /// Of what the bytes hold, if the format's streams end with one.
  const wire::Checksum& checksum() const noexcept { return checksum_; }
  /// The format's id and whether it shows the position: under what the event caches it.
  std::uint64_t style() const noexcept { return style_; }

  /// The next image of the same event; written before the image is published, then constant.
  const Image* next = nullptr;

 private:
  ~Image() override = default;

  std::uint64_t style_;
  std::string bytes_;
  wire::Checksum checksum_;
};

using ImageRef = Ref<const Image>;

}  // namespace fanfare::detail
