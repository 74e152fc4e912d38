# fanfare_embed_files(target NAMESPACE name DIR folder | FILES path...)
# Puts the files of a folder into a program, or single ones without their folders, which the build may make. For the
# target, "embedded/<name>.hpp" declares
#
#     namespace <name> {
#     struct EmbeddedFile {
#       std::string_view path, content_type, bytes;  // path: "/index.html", "/images/dot.svg"
#     };
#     std::span<const EmbeddedFile> files() noexcept;  // sorted by path
#     }
#
# and its source is compiled into it. This file is also the script that writes the two.

function(fanfare_embed_files target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "NAMESPACE;DIR" "FILES")
  if(arg_DIR)
    cmake_path(ABSOLUTE_PATH arg_DIR BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    file(GLOB_RECURSE arg_FILES CONFIGURE_DEPENDS "${arg_DIR}/*")
  endif()
  set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.embedded")
  set(output "${folder}/embedded/${arg_NAMESPACE}")
  # Without the list as a dependency, a file that was removed would stay in the program.
  file(GENERATE OUTPUT "${output}.list" CONTENT "${arg_FILES}")
  add_custom_command(
    OUTPUT "${output}.cpp" "${output}.hpp"
    COMMAND "${CMAKE_COMMAND}" -D "name=${arg_NAMESPACE}" -D "folder=${arg_DIR}" -D "output=${output}"
            -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    DEPENDS ${arg_FILES} "${output}.list" "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
    COMMENT "Embedding the files of ${arg_NAMESPACE}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}.cpp" "${output}.hpp")
  target_include_directories(${target} PRIVATE "${folder}")
endfunction()

function(fanfare_content_type path result)
  cmake_path(GET path EXTENSION LAST_ONLY extension)
  string(TOLOWER "${extension}" extension)
  set(type_.html "text/html; charset=utf-8")
  set(type_.css "text/css; charset=utf-8")
  set(type_.js "text/javascript; charset=utf-8")
  set(type_.mjs "text/javascript; charset=utf-8")
  set(type_.txt "text/plain; charset=utf-8")
  set(type_.json "application/json")
  set(type_.svg "image/svg+xml")
  set(type_.png "image/png")
  set(type_.ico "image/x-icon")
  set(type_.woff2 "font/woff2")
  if(NOT extension OR NOT DEFINED type_${extension})
    set(extension .bin)
    set(type_.bin "application/octet-stream")
  endif()
  set(${result} "${type_${extension}}" PARENT_SCOPE)
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()

file(READ "${output}.list" files)
list(SORT files)
set(arrays "")
set(table "")
set(count 0)
foreach(file IN LISTS files)
  if(folder)
    cmake_path(RELATIVE_PATH file BASE_DIRECTORY "${folder}" OUTPUT_VARIABLE path)
  else()
    cmake_path(GET file FILENAME path)
  endif()
  file(READ "${file}" bytes HEX)
  string(LENGTH "${bytes}" size)
  math(EXPR size "${size} / 2")
  # The zero at the end is not counted; it lets an empty file be an array too.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  fanfare_content_type("${path}" type)
  string(APPEND arrays "constexpr char bytes_${count}[] = {${bytes}0};\n")
  string(APPEND table "    {\"/${path}\", \"${type}\", {bytes_${count}, ${size}}},\n")
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "There is no file to embed in ${folder}")
endif()

file(WRITE "${output}.hpp" "#pragma once

#include <span>
#include <string_view>

namespace ${name} {
struct EmbeddedFile {
  std::string_view path, content_type, bytes;
};
std::span<const EmbeddedFile> files() noexcept;
}  // namespace ${name}
")
file(WRITE "${output}.cpp" "#include \"${name}.hpp\"

namespace {
${arrays}
constexpr ${name}::EmbeddedFile table[] = {
${table}};
}  // namespace

std::span<const ${name}::EmbeddedFile> ${name}::files() noexcept { return table; }
")
