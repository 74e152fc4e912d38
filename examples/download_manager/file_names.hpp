/// Names for downloaded files. What a URL says is a stranger's text, and must not lead out of the folder.
#pragma once

#include <string>
#include <string_view>

/// The name that the path of a URL suggests: its last part, decoded, with '_' for what file systems do not
/// take, and neither hidden, nor too long, nor like an unfinished file. "download" if nothing is left.
std::string file_name_of(std::string_view url_path);

/// "a.iso" and 2 make "a (2).iso".
std::string numbered(const std::string& name, unsigned number);

/// What an unfinished file is called behind its name.
inline constexpr std::string_view part_ending = ".part";
