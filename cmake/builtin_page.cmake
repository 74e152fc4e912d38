# Writes include/fanfare/server/impl/page_text.ipp, the page that the server gives to a browser, from src/page and what
# that takes of src/web: one document that loads nothing. It is in the tree, so that header-only mode needs no build; a test
# compares it with what this would write.
#
#     cmake -P cmake/builtin_page.cmake
#     cmake -D check=ON -P cmake/builtin_page.cmake      only compares

cmake_minimum_required(VERSION 3.24)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
set(result "${root}/include/fanfare/server/impl/page_text.ipp")
set(literal_bytes 60000)  # compilers take at least 65,536 (ISO C++ annex B)

if(NOT DEFINED scratch)
  set(scratch "${root}/build")
endif()
execute_process(
  COMMAND "${CMAKE_COMMAND}" -D "entry=${root}/src/page/page.js" -D "output=${scratch}/page.js" -D version=
          -P "${CMAKE_CURRENT_LIST_DIR}/bundle_module.cmake"
  COMMAND_ERROR_IS_FATAL ANY)
file(READ "${scratch}/page.js" script)
file(REMOVE "${scratch}/page.js")
file(READ "${root}/src/page/page.html" page)

# What only readers of the source need: comments that have their lines for themselves, indentation, empty lines.
string(REGEX REPLACE "\n */[*][*]([^*]|[*]+[^*/])*[*]+/" "" script "\n${script}")
string(REGEX REPLACE "\n *//[^\n]*" "" script "${script}")
string(REGEX REPLACE "\n[ \n]*" "\n" script "${script}")
string(REGEX REPLACE "\n[ \n]*" "\n" page "${page}")

set(place "<script type=\"module\" src=\"page.js\"></script>")
string(FIND "${page}" "${place}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "src/page/page.html has no ${place}")
endif()
if(script MATCHES "</[sS][cC][rR][iI][pP][tT]")
  message(FATAL_ERROR "the script has the end tag of a script in it")
endif()
string(REPLACE "${place}" "<script type=\"module\">${script}</script>" page "${page}")
if(page MATCHES "[^\n -~]" OR page MATCHES "[)]page\"")
  message(FATAL_ERROR "the page may have printable ASCII only, and no )page\": ${CMAKE_MATCH_0}")
endif()

string(SHA1 tag "${page}")
string(SUBSTRING "${tag}" 0 16 tag)
set(parts "")
while(NOT page STREQUAL "")
  string(LENGTH "${page}" size)
  if(size GREATER literal_bytes)
    string(SUBSTRING "${page}" 0 ${literal_bytes} part)
    string(FIND "${part}" "\n" size REVERSE)
    math(EXPR size "${size} + 1")
  endif()
  string(SUBSTRING "${page}" 0 ${size} part)
  string(SUBSTRING "${page}" ${size} -1 page)
  string(APPEND parts "R\"page(${part})page\",\n")
endwhile()

set(text "// Made by cmake/builtin_page.cmake from src/page and src/web: change those, and run it.
#pragma once

#include <fanfare/config.hpp>

#include <string_view>

// clang-format off
namespace fanfare::detail {

inline constexpr std::string_view page_etag = R\"(\"${tag}\")\";

// In pieces, for a compiler need not take longer literals.
inline constexpr std::string_view page_parts[] = {
${parts}};

}  // namespace fanfare::detail
")
if(NOT check)
  file(WRITE "${result}" "${text}")
  return()
endif()
set(old "")
if(EXISTS "${result}")
  file(READ "${result}" old)
endif()
if(NOT old STREQUAL text)
  message(FATAL_ERROR "${result} is not what src/page and src/web make: run cmake -P cmake/builtin_page.cmake")
endif()
