#include "plain_text.hpp"

#include <fanfare/wire/utf8.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace examples {
namespace {

struct Range {
  std::uint32_t first, last;
};

// Unicode 15: East_Asian_Width W and F, in blocks; what is not assigned within them counts as wide too.
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},   {0x23F0, 0x23F0},
    {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x267F, 0x267F},
    {0x2693, 0x2693},   {0x26A1, 0x26A1},   {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},
    {0x26CE, 0x26CE},   {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},   {0x2728, 0x2728},
    {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},   {0x2757, 0x2757},   {0x2795, 0x2797},
    {0x27B0, 0x27B0},   {0x27BF, 0x27BF},   {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},
    {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x18D08}, {0x1AFF0, 0x1B2FB}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C},
    {0x1F37E, 0x1F393}, {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D}, {0x1F54B, 0x1F54E},
    {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596}, {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F},
    {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC}, {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF},
    {0x1F6EB, 0x1F6EC}, {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F7F0, 0x1F7F0}, {0x1F90C, 0x1F93A},
    {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD}};

// Marks of the scripts that are met most often, joiners and selectors.
constexpr Range zero[] = {
    {0x00AD, 0x00AD}, {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0670, 0x0670}, {0x06D6, 0x06DC}, {0x06DF, 0x06E4}, {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948},
    {0x094D, 0x094D}, {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1160, 0x11FF}, {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF}, {0x200B, 0x200D}, {0x2060, 0x2064}, {0x20D0, 0x20F0}, {0x302A, 0x302D}, {0x3099, 0x309A},
    {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0001, 0xE01EF}};

template <std::size_t n>
bool within(const Range (&ranges)[n], std::uint32_t point) noexcept {
  const auto* found = std::upper_bound(std::begin(ranges), std::end(ranges), point,
                                       [](std::uint32_t value, const Range& range) { return value < range.first; });
  return found != std::begin(ranges) && point <= std::prev(found)->last;
}

// Of a valid sequence.
std::uint32_t code_point(std::string_view sequence) noexcept {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first;
  std::uint32_t point = first & (0xFFu >> (sequence.size() + 1));
  for (const char byte : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
  return point;
}

std::size_t width(std::uint32_t point) noexcept {
  if (point < 0xAD) return 1;
  return within(zero, point) ? 0 : within(wide, point) ? 2 : 1;
}

// Those that turn around the direction of what follows (Trojan source), and the separators of lines.
bool turns(std::uint32_t point) noexcept {
  return point == 0x061C || point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069);
}

// The length of the escape sequence at the front: CSI, a string that BEL or ST ends, or two bytes.
std::size_t escape_length(std::string_view text) noexcept {
  if (text.size() < 2) return text.size();
  const char kind = text[1];
  if (kind == '[') {
    for (std::size_t i = 2; i < text.size(); ++i) {
      if (text[i] >= 0x40 && text[i] <= 0x7E) return i + 1;
      if (text[i] < 0x20 || text[i] == 0x7F) return i;  // broken off
    }
    return text.size();
  }
  if (kind == ']' || kind == 'P' || kind == 'X' || kind == '^' || kind == '_') {
    for (std::size_t i = 2; i < text.size(); ++i) {
      if (text[i] == '\a') return i + 1;
      if (text[i] == '\x1b') return text.substr(i + 1, 1) == "\\" ? i + 2 : i;
      if (text[i] == '\n' || text[i] == '\r') return i;
    }
    return text.size();
  }
  std::size_t i = 1;
  while (i < text.size() && text[i] >= 0x20 && text[i] <= 0x2F) ++i;  // "ESC ( B" chooses a character set
  return i < text.size() && text[i] >= 0x30 && text[i] <= 0x7E ? i + 1 : i;
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const char front = text.front();
    if (front == '\x1b') {
      text.remove_prefix(escape_length(text));
      continue;
    }
    const auto next = fanfare::wire::next_utf8(text);
    const std::string_view sequence = text.substr(0, next.size);
    text.remove_prefix(next.size);
    if (!next.valid) {
      out += fanfare::wire::utf8_replacement;
      continue;
    }
    const std::uint32_t point = code_point(sequence);
    if (point == '\t' || point == '\n' || point == '\r') out += ' ';
    else if (point >= 0x20 && !(point >= 0x7F && point < 0xA0) && !turns(point)) out += sequence;
  }
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const auto next = fanfare::wire::next_utf8(text);
    columns += next.valid ? width(code_point(text.substr(0, next.size))) : 1;
    text.remove_prefix(next.size);
  }
  return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (text.size() <= columns || columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::size_t used = 0, bytes = 0;
  while (bytes < text.size()) {
    const std::string_view rest = text.substr(bytes);
    const auto next = fanfare::wire::next_utf8(rest);
    const std::size_t more = next.valid ? width(code_point(rest.substr(0, next.size))) : 1;
    if (used + more > columns - 1) break;
    used += more;
    bytes += next.size;
  }
  return std::string(text.substr(0, bytes)) + '~';
}

}  // namespace examples
