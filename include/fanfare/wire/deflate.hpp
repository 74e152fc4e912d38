/// Compresses messages and inflates them as permessage-deflate does (RFC 7692 sec. 7.2), with zlib. Knows no
/// frames. There only with FANFARE_WITH_ZLIB.
#pragma once

#include <fanfare/config.hpp>

#if FANFARE_WITH_ZLIB

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

namespace fanfare::wire {

struct DeflaterOptions {
  int window_bits = 15;           ///< 8 to 15, as negotiated for this side
  bool context_takeover = false;  ///< later messages refer to earlier ones: the receiver must inflate all
  int level = 6;                  ///< 1 (fast) to 9 (small)
  int memory_level = 8;           ///< 1 to 9: 2^(level + 9) bytes
};

/// One direction of one connection; without context takeover, of any number of connections with the same
/// window. Memory: from the first message on 2^(window_bits + 2) + 2^(memory_level + 9) bytes, 256 KiB as the
/// options are. Distinct objects on any threads.
class Deflater {
 public:
  explicit Deflater(DeflaterOptions options = {}) noexcept;
  ~Deflater();
  Deflater(Deflater&&) noexcept;
  Deflater& operator=(Deflater&&) noexcept;

  /// Appends the message compressed, its last four octets 00 00 FF FF left away (sec. 7.2.1). An empty
  /// message becomes one octet.
  /// @return  not_enough_memory, or invalid_argument for options out of range. Nothing is appended then, and
  ///          the next message refers to none before it: the failed one may be sent as it is.
  std::error_code compress(std::string_view message, std::string& out) noexcept;

  /// Forgets the context, and frees what it took: the next message refers to none before it.
  void reset() noexcept;

 private:
  struct State;
  std::error_code prepare();
  std::error_code run(std::string_view message, std::string& out);

  DeflaterOptions options_;
  std::unique_ptr<State> state_;
};

struct InflaterOptions {
  int window_bits = 15;           ///< 8 to 15, as negotiated for the peer
  bool context_takeover = false;  ///< messages may refer to earlier ones
};

/// One direction of one connection. Memory: 7 KiB from the first message on, and a window of 2^window_bits
/// bytes. Distinct objects on any threads.
class Inflater {
 public:
  explicit Inflater(InflaterOptions options = {}) noexcept;
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// Takes the next piece of a message, cut anywhere, and appends what it inflates to.
  /// @param max_bytes  the size that `out` may grow to; it never grows beyond
  /// @return  too_long, malformed, not_enough_memory, and what was inflated before. It stays so until reset.
  ///          A peer that reaches farther back than its window is noticed where zlib no longer has the bytes.
  std::error_code add(std::string_view piece, std::string& out, std::size_t max_bytes) noexcept;

  /// Ends a message: puts back the four octets that its sender left away, and appends what still comes.
  /// Malformed if the message breaks off. Two things pass that are not in the standard, since they can mean
  /// only one thing: a message of no octets at all, and one that ends with a final block.
  std::error_code finish(std::string& out, std::size_t max_bytes) noexcept;

  /// Forgets an unfinished message, an error, and the context.
  void reset() noexcept;

 private:
  struct State;
  std::error_code prepare();
  std::error_code run(std::string_view piece, std::string& out, std::size_t max_bytes);
  std::error_code start_after_final_block() noexcept;
  bool at_message_end() const noexcept;

  InflaterOptions options_;
  std::unique_ptr<State> state_;
  std::error_code error_;
  bool has_input_ = false;          // of the message at hand
  bool after_final_block_ = false;  // and nothing came since
};

}  // namespace fanfare::wire

#if FANFARE_HEADER_ONLY
#include <fanfare/wire/impl/deflate.ipp>
#endif

#endif
