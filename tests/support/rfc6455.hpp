/// What RFC 6455 says of frames and messages, written down step by step, to hold our reader and writer
/// against. Reads what is there as one text; slow and unbounded. Knows no extension.
#pragma once

#include "support/whatwg.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rfc6455 {

using Key = std::array<unsigned char, 4>;

/// "81 05 48" as bytes.
inline std::string hex(std::string_view digits) {
  std::string out;
  const auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += digits[i] == ' ' ? 1 : 2) {
    if (digits[i] != ' ') out += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
  }
  return out;
}

/// Sec. 5.3: octet i of the result is octet i of the original XOR octet i modulo 4 of the key.
inline std::string mask(std::string_view payload, const Key& key) {
  std::string out(payload);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ key[i % 4]);
  return out;
}

/// Sec. 5.2. @param first_byte  FIN, RSV1 to RSV3, opcode
inline std::string header(unsigned first_byte, std::uint64_t length, bool masked, const Key& key = {}) {
  std::string out = {static_cast<char>(first_byte)};
  const unsigned mask_bit = masked ? 0x80 : 0;
  const auto append = [&out](std::uint64_t value, int bytes) {
    while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes));
  };
  if (length < 126) {
    append(mask_bit | length, 1);
  } else if (length < 65536) {
    append(mask_bit | 126, 1);
    append(length, 2);
  } else {
    append(mask_bit | 127, 1);
    append(length, 8);
  }
  if (masked) out.append(reinterpret_cast<const char*>(key.data()), key.size());
  return out;
}

inline std::string frame(unsigned first_byte, std::string_view payload, bool masked,
                         const Key& key = {0x37, 0xfa, 0x21, 0x3d}) {
  return header(first_byte, payload.size(), masked, key) +
         (masked ? mask(payload, key) : std::string(payload));
}

struct Reading {
  std::vector<std::string> events = {};  ///< "text ...", "binary ...", "ping ...", "close 1000 ..."
  unsigned failure = 0;                  ///< the close code to fail with
};

/// Whether some text that begins so is valid.
inline bool begins_valid_utf8(std::string_view text) {
  for (const char* next : {"", "\x80", "\x90", "\xA0"}) {
    for (const char* rest : {"", "\x80", "\x80\x80"}) {
      const std::string whole = std::string(text) + next + rest;
      if (whatwg::utf8_decode_without_bom(whole) == whole) return true;
    }
  }
  return false;
}

struct Rules {
  bool server = true;
  std::size_t max_message = 1 << 20, max_fragments = 1 << 17;
  bool binary = true;
};

inline Reading read(std::string_view bytes, const Rules& rules) {
  Reading out;
  const auto fail = [&out](unsigned code) {
    out.failure = code;
    return out;
  };
  std::string message;
  bool fragmented = false, is_text = false;
  std::size_t at = 0, fragments = 0;
  const auto octet = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (at < bytes.size()) {
    const unsigned first = octet(at), opcode = first & 15;
    const bool fin = first >= 128, control = opcode >= 8;
    if ((first & 0x70) != 0) return fail(1002);
    if (opcode != 0 && opcode != 1 && opcode != 2 && opcode != 8 && opcode != 9 && opcode != 10)
      return fail(1002);
    if (control && !fin) return fail(1002);
    if (opcode == 0 && !fragmented) return fail(1002);
    if (!control && opcode != 0 && fragmented) return fail(1002);
    if (++at == bytes.size()) break;

    std::uint64_t length = octet(at) & 127;
    if ((octet(at) >= 128) != rules.server || (control && length > 125)) return fail(1002);
    ++at;
    if (length >= 126) {
      const std::size_t count = length == 126 ? 2 : 8;
      if (bytes.size() - at < count) break;
      length = 0;
      for (std::size_t i = 0; i < count; ++i) length = length * 256 + octet(at + i);
      if (length >> 63 != 0 || length < (count == 2 ? 126u : 65536u)) return fail(1002);
      at += count;
    }
    Key key = {};
    if (rules.server) {
      if (bytes.size() - at < 4) break;
      for (std::size_t i = 0; i < 4; ++i) key[i] = octet(at + i);
      at += 4;
    }

    if (!control) {
      if (opcode != 0) {
        message.clear();
        fragments = 0;
        is_text = opcode == 1;
        if (!is_text && !rules.binary) return fail(1003);
      }
      fragmented = !fin;
      if (++fragments > rules.max_fragments) return fail(1008);
      if (length > rules.max_message - message.size()) return fail(1009);
    }
    const bool whole = length <= bytes.size() - at;
    const std::string payload = mask(bytes.substr(at, whole ? length : bytes.npos), key);
    at += payload.size();
    if (!control) {
      message += payload;
      if (is_text && !begins_valid_utf8(message)) return fail(1007);
    }
    if (!whole) break;

    if (opcode == 9) out.events.push_back("ping " + payload);
    if (opcode == 10) out.events.push_back("pong " + payload);
    if (opcode == 8) {
      if (payload.size() == 1) return fail(1002);
      unsigned code = 1005;
      if (!payload.empty()) {
        code = static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
        const bool valid = code >= 1000 && code <= 4999 && code != 1004 && code != 1005 && code != 1006 &&
                           (code <= 1014 || code >= 3000);
        if (!valid) return fail(1002);
        const std::string reason = payload.substr(2);
        if (whatwg::utf8_decode_without_bom(reason) != reason) return fail(1007);
      }
      out.events.push_back("close " + std::to_string(code) + " " +
                           (payload.empty() ? "" : payload.substr(2)));
      return out;
    }
    if (!control && fin) {
      if (is_text && whatwg::utf8_decode_without_bom(message) != message) return fail(1007);
      out.events.push_back((is_text ? "text " : "binary ") + message);
    }
  }
  return out;
}

}  // namespace rfc6455
