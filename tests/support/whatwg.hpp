/// What the WHATWG standards say, written down word by word, to hold our parsers against. Slow and unbounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace whatwg {

/// Encoding sec. 8.1.1 "UTF-8 decoder", and back to bytes, so that the result can be compared.
inline std::string utf8_decode_without_bom(std::string_view bytes) {
  std::string out;
  std::uint32_t code_point = 0;
  int seen = 0, needed = 0;
  unsigned char lower = 0x80, upper = 0xBF;
  const auto emit = [&out](std::uint32_t c) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
              static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      out += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
              static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    }
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (needed == 0) {
      if (byte <= 0x7F) {
        emit(byte);
      } else if (byte >= 0xC2 && byte <= 0xDF) {
        needed = 1;
        code_point = byte & 0x1F;
      } else if (byte >= 0xE0 && byte <= 0xEF) {
        if (byte == 0xE0) lower = 0xA0;
        if (byte == 0xED) upper = 0x9F;
        needed = 2;
        code_point = byte & 0xF;
      } else if (byte >= 0xF0 && byte <= 0xF4) {
        if (byte == 0xF0) lower = 0x90;
        if (byte == 0xF4) upper = 0x8F;
        needed = 3;
        code_point = byte & 0x7;
      } else {
        emit(0xFFFD);
      }
      continue;
    }
    const bool in_range = lower <= byte && byte <= upper;
    lower = 0x80;
    upper = 0xBF;
    if (!in_range) {
      code_point = 0;
      seen = needed = 0;
      --i;  // "restore byte to ioQueue"
      emit(0xFFFD);
      continue;
    }
    code_point = code_point << 6 | (byte & 0x3F);
    if (++seen != needed) continue;
    emit(code_point);
    code_point = 0;
    seen = needed = 0;
  }
  if (needed != 0) emit(0xFFFD);
  return out;
}

/// HTML sec. 9.2.5 "end-of-line": CRLF, LF and CR. The last one is the text after the last end.
inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += text[i];
    }
  }
  return lines;
}

struct StreamEvent {
  std::string type, data, last_event_id;
  bool operator==(const StreamEvent&) const = default;
};

struct Interpretation {
  std::vector<StreamEvent> events = {};
  std::string last_event_id = {};
  bool operator==(const Interpretation&) const = default;
};

/// HTML sec. 9.2.6 "Interpreting an event stream", but for the retry field.
inline Interpretation interpret_event_stream(std::string_view stream) {
  if (stream.starts_with("\xEF\xBB\xBF")) stream.remove_prefix(3);
  std::vector<std::string> lines = split_lines(utf8_decode_without_bom(stream));
  lines.pop_back();  // without an end it is no line

  Interpretation result;
  std::string data, type, id;
  for (const std::string& line : lines) {
    if (line.empty()) {
      result.last_event_id = id;
      if (!data.empty()) {
        data.pop_back();
        result.events.push_back({type.empty() ? "message" : type, data, id});
      }
      data.clear();
      type.clear();
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == 0) continue;
    const std::string name = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    if (name == "event") type = value;
    if (name == "data") data += value + '\n';
    if (name == "id" && value.find('\0') == std::string::npos) id = value;
  }
  return result;
}

}  // namespace whatwg
