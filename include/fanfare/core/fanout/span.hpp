/// Span: images laid end to end, so that one send carries them all, and where in it each of them ends.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/log/image.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Thread: its shard's. Memory: the images' bytes once more, unless there is just one.
class Span {
 public:
  /// Where an image ends, and the position of a reader that has it.
  struct Mark {
    std::size_t end;
    ImageRef image;
    std::uint64_t at;
  };

  void add(ImageRef image, std::uint64_t at) {
    const std::size_t end = size() + image->bytes().size();
    marks_.push_back({end, std::move(image), at});
  }
  /// After the last image was added.
  void lay_out();

  /// REQUIRES: laid out. Lifetime: until it is cleared.
  std::string_view bytes() const noexcept {
    return marks_.size() == 1 ? marks_.front().image->bytes() : std::string_view(bytes_);
  }
  std::size_t size() const noexcept { return marks_.empty() ? 0 : marks_.back().end; }
  bool empty() const noexcept { return marks_.empty(); }
  const std::vector<Mark>& marks() const noexcept { return marks_; }

  /// The index of the first image of which the span's first `taken` bytes do not hold all.
  std::size_t cut_by(std::size_t taken) const noexcept;
  std::size_t begin_of(std::size_t mark) const noexcept { return mark == 0 ? 0 : marks_[mark - 1].end; }

  void clear() noexcept;

 private:
  std::vector<Mark> marks_;
  std::string bytes_;
};

}  // namespace fanfare::detail
