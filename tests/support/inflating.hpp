/// The receiving end of a compressed stream: zlib itself, which checks the trailer.
#pragma once

#include <fanfare/config.hpp>

#if FANFARE_WITH_ZLIB
#include <zlib.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

/// Thread: one at a time.
class Inflating {
 public:
  static constexpr int gzip = 15 + 16, deflate = 15, raw = -15;  // zlib's window bits

  explicit Inflating(int kind = gzip) {
    if (inflateInit2(&zlib_, kind) != Z_OK) throw std::runtime_error("inflateInit2");
  }
  ~Inflating() { inflateEnd(&zlib_); }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  /// All that the bytes, whatever they end with, inflate to at once.
  std::string add(std::string_view bytes) {
    std::string text;
    std::array<char, 4096> room;
    zlib_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    zlib_.avail_in = static_cast<uInt>(bytes.size());
    do {
      zlib_.next_out = reinterpret_cast<Bytef*>(room.data());
      zlib_.avail_out = static_cast<uInt>(room.size());
      if (result_ == Z_OK) result_ = inflate(&zlib_, Z_SYNC_FLUSH);
      if (result_ == Z_BUF_ERROR) result_ = Z_OK;  // nothing to do is no error
      text.append(room.data(), room.size() - zlib_.avail_out);
    } while (result_ == Z_OK && zlib_.avail_out == 0);
    rest_ += zlib_.avail_in;
    return text;
  }

  bool broken() const noexcept { return result_ != Z_OK && result_ != Z_STREAM_END; }
  /// The trailer came and was right, and nothing came after it.
  bool complete() const noexcept { return result_ == Z_STREAM_END && rest_ == 0; }

 private:
  z_stream zlib_ = {};
  int result_ = Z_OK;
  std::size_t rest_ = 0;  // bytes after the end, or after the error
};
#endif
