/// Short text put together on the stack and appended at once: a string checks its room for every piece. Internal.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace fanfare::detail {

class ShortText {
 public:
  explicit ShortText(std::string& out) noexcept : out_(out) {}
  ShortText(const ShortText&) = delete;
  ShortText& operator=(const ShortText&) = delete;

  ShortText& add(char c) {
    if (size_ == sizeof text_) flush();
    text_[size_++] = c;
    return *this;
  }
  ShortText& add(std::string_view piece) {
    if (piece.size() > sizeof text_ - size_) {
      flush();
      if (piece.size() > sizeof text_) {
        out_.append(piece);
        return *this;
      }
    }
    std::memcpy(text_ + size_, piece.data(), piece.size());
    size_ += piece.size();
    return *this;
  }
  /// What was added is in the string only from here on.
  void flush() {
    out_.append(text_, size_);
    size_ = 0;
  }

 private:
  std::string& out_;
  std::size_t size_ = 0;
  char text_[128];
};

}  // namespace fanfare::detail
