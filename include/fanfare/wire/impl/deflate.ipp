#pragma once

#include <fanfare/wire/deflate.hpp>

#if FANFARE_WITH_ZLIB

#include <fanfare/error.hpp>
#include <fanfare/wire/impl/bounded_append.hpp>

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace fanfare {
namespace detail {

/// What a sync flush ends with, an empty stored block less its three header bits (RFC 7692 sec. 7.2.1).
inline constexpr std::string_view deflate_tail("\x00\x00\xFF\xFF", 4);

/// What is compressed or inflated at once, on the stack.
inline constexpr std::size_t deflate_step_bytes = 8 * 1024;

/// zlib cannot compress raw data with a window of 256 bytes. With one of 512 it stays within 256 all the
/// same: it never reaches farther back than the window less 262 bytes, its MIN_LOOKAHEAD, which here is 250.
inline constexpr int min_zlib_window_bits = 9;

FANFARE_DECL std::error_code zlib_error(int zlib_result) noexcept {
  switch (zlib_result) {
    case Z_OK: return {};
    case Z_MEM_ERROR: return std::make_error_code(std::errc::not_enough_memory);
    case Z_STREAM_ERROR: return std::make_error_code(std::errc::invalid_argument);
    default: return Error::malformed;
  }
}

/// Gives zlib as much of the text as its 32-bit counter takes.
FANFARE_DECL void give_input(z_stream& zlib, std::string_view& text) noexcept {
  const std::size_t size = std::min<std::size_t>(text.size(), std::numeric_limits<uInt>::max());
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  zlib.avail_in = static_cast<uInt>(size);
  text.remove_prefix(size);
}

FANFARE_DECL void give_room(z_stream& zlib, char* room, std::size_t size) noexcept {
  zlib.next_out = reinterpret_cast<Bytef*>(room);
  zlib.avail_out = static_cast<uInt>(size);
}

}  // namespace detail

namespace wire {

struct Deflater::State {
  z_stream zlib = {};
  bool ready = false;
  ~State() {
    if (ready) deflateEnd(&zlib);
  }
};

FANFARE_DECL Deflater::Deflater(DeflaterOptions options) noexcept : options_(options) {}
FANFARE_DECL Deflater::~Deflater() = default;
FANFARE_DECL Deflater::Deflater(Deflater&&) noexcept = default;
FANFARE_DECL Deflater& Deflater::operator=(Deflater&&) noexcept = default;

FANFARE_DECL void Deflater::reset() noexcept {
  state_.reset();
}

FANFARE_DECL std::error_code Deflater::prepare() {
  if (state_) {
    return options_.context_takeover ? std::error_code() : detail::zlib_error(deflateReset(&state_->zlib));
  }
  if (options_.window_bits < 8 || options_.window_bits > 15) {
    return std::make_error_code(std::errc::invalid_argument);
  }
  auto state = std::make_unique<State>();
  const int window_bits = std::max(options_.window_bits, detail::min_zlib_window_bits);
  const int result = deflateInit2(&state->zlib, options_.level, Z_DEFLATED, -window_bits,
                                  options_.memory_level, Z_DEFAULT_STRATEGY);
  if (result != Z_OK) return detail::zlib_error(result);
  state->ready = true;
  state_ = std::move(state);
  return {};
}

FANFARE_DECL std::error_code Deflater::compress(std::string_view message, std::string& out) noexcept {
  const std::size_t before = out.size();
  std::error_code error;
  try {
    if (message.empty()) {
      out.push_back('\0');  // sec. 7.2.3.6; a flush of nothing gives nothing
      return {};
    }
    error = prepare();
    if (!error) error = run(message, out);
  } catch (...) {  // only the strings throw, and only for want of memory
    error = std::make_error_code(std::errc::not_enough_memory);
  }
  if (error) {
    out.resize(before);
    reset();
  }
  return error;
}

FANFARE_DECL std::error_code Deflater::run(std::string_view message, std::string& out) {
  z_stream& zlib = state_->zlib;
  char step[detail::deflate_step_bytes];
  while (!message.empty()) {
    detail::give_input(zlib, message);
    const int flush = message.empty() ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    do {
      detail::give_room(zlib, step, sizeof step);
      const int result = deflate(&zlib, flush);
      if (result != Z_OK && result != Z_BUF_ERROR) return detail::zlib_error(result);
      out.append(step, sizeof step - zlib.avail_out);
    } while (zlib.avail_out == 0);
  }
  out.resize(out.size() - detail::deflate_tail.size());
  return {};
}

struct Inflater::State {
  z_stream zlib = {};
  bool ready = false;
  ~State() {
    if (ready) inflateEnd(&zlib);
  }
};

FANFARE_DECL Inflater::Inflater(InflaterOptions options) noexcept : options_(options) {}
FANFARE_DECL Inflater::~Inflater() = default;
FANFARE_DECL Inflater::Inflater(Inflater&&) noexcept = default;
FANFARE_DECL Inflater& Inflater::operator=(Inflater&&) noexcept = default;

FANFARE_DECL void Inflater::reset() noexcept {
  *this = Inflater(options_);
}

FANFARE_DECL std::error_code Inflater::prepare() {
  if (state_) return {};
  if (options_.window_bits < 8 || options_.window_bits > 15) {
    return std::make_error_code(std::errc::invalid_argument);
  }
  auto state = std::make_unique<State>();
  const int result = inflateInit2(&state->zlib, -options_.window_bits);
  if (result != Z_OK) return detail::zlib_error(result);
  state->ready = true;
  state_ = std::move(state);
  return {};
}

FANFARE_DECL std::error_code Inflater::add(std::string_view piece, std::string& out,
                                           std::size_t max_bytes) noexcept {
  if (error_ || piece.empty()) return error_;
  try {
    error_ = prepare();
    if (!error_) error_ = run(piece, out, max_bytes);
  } catch (...) {  // only the strings throw, and only for want of memory
    error_ = std::make_error_code(std::errc::not_enough_memory);
  }
  has_input_ = true;
  return error_;
}

FANFARE_DECL std::error_code Inflater::run(std::string_view piece, std::string& out, std::size_t max_bytes) {
  z_stream& zlib = state_->zlib;
  char step[detail::deflate_step_bytes];
  while (!piece.empty()) {
    detail::give_input(zlib, piece);
    for (;;) {
      // Sec. 7.2.1: what follows a final block is the next block, from the next whole octet on.
      if (after_final_block_ && zlib.avail_in != 0) {
        if (const std::error_code error = start_after_final_block()) return error;
      }
      detail::give_room(zlib, step, sizeof step);
      const int result = inflate(&zlib, Z_SYNC_FLUSH);
      const std::size_t produced = sizeof step - zlib.avail_out;
      const std::size_t left = max_bytes - std::min(out.size(), max_bytes);
      if (left != 0) detail::append_bounded(out, {step, std::min(produced, left)}, max_bytes);
      if (produced > left) return Error::too_long;
      if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) {
        return result == Z_MEM_ERROR ? detail::zlib_error(result) : make_error_code(Error::malformed);
      }
      after_final_block_ = result == Z_STREAM_END;
      // Without room left zlib may hold back output that needs no more input.
      if (zlib.avail_in == 0 && (after_final_block_ || zlib.avail_out != 0)) break;
    }
  }
  return {};
}

// zlib takes a final block for the end of its stream. inflateReset would drop the window, and to carry it
// over as a dictionary would let a peer have 32 KiB copied for each two bytes that it sends.
FANFARE_DECL std::error_code Inflater::start_after_final_block() noexcept {
  after_final_block_ = false;
  return detail::zlib_error(inflateResetKeep(&state_->zlib));
}

// Between two blocks, with no bit of an octet left over. Here data_type counts the bits not used yet, and has
// 128 after the end of a block.
FANFARE_DECL bool Inflater::at_message_end() const noexcept {
  const int state = state_->zlib.data_type;
  return (state & 128) != 0 && (state & 63) == 0;
}

FANFARE_DECL std::error_code Inflater::finish(std::string& out, std::size_t max_bytes) noexcept {
  if (has_input_ && !after_final_block_) {
    add(detail::deflate_tail, out, max_bytes);
    if (!error_ && !after_final_block_ && !at_message_end()) error_ = Error::malformed;
  }
  if (error_) return error_;
  has_input_ = false;
  if (!options_.context_takeover && state_) {
    after_final_block_ = false;
    error_ = detail::zlib_error(inflateReset(&state_->zlib));
  }
  return error_;
}

}  // namespace wire
}  // namespace fanfare

#endif
