#include "file_names.hpp"

#include <fanfare/wire/uri.hpp>
#include <fanfare/wire/utf8.hpp>

#include <cstddef>

// Most file systems take 255 bytes; this leaves some for " (1000)" and part_ending.
static constexpr std::size_t max_name_bytes = 200;
static constexpr std::size_t max_ending_bytes = 20;

static std::size_t ending_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const bool found = dot != std::string_view::npos && dot > 0 && name.size() - dot <= max_ending_bytes;
  return found ? dot : name.size();
}

static bool is_unsafe(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ||
         std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
}

std::string file_name_of(std::string_view url_path) {
  const std::string_view last = url_path.substr(url_path.rfind('/') + 1);
  std::string name;
  fanfare::wire::append_valid_utf8(name, fanfare::wire::percent_decode(last).value_or(std::string(last)));

  for (char& c : name) {
    if (is_unsafe(c)) c = '_';
  }
  name.erase(0, name.find_first_not_of(". "));
  name.erase(name.find_last_not_of(". ") + 1);
  if (name.size() > max_name_bytes) {
    const std::string ending = name.substr(ending_of(name));
    name.resize(max_name_bytes - ending.size());
    name.resize(fanfare::wire::valid_utf8_prefix(name));
    name += ending;
  }
  if (name.ends_with(part_ending)) name += '_';
  return name.empty() ? "download" : name;
}

std::string numbered(const std::string& name, unsigned number) {
  const std::size_t ending = ending_of(name);
  return name.substr(0, ending) + " (" + std::to_string(number) + ")" + name.substr(ending);
}
