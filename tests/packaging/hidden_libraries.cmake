# Compiles files of a host, in compiled mode, where every header of Asio, fmt and simdjson is an #error: one that
# only publishes, and one that includes everything.
include("${CMAKE_CURRENT_LIST_DIR}/stand_ins.cmake")
file(REMOVE_RECURSE "${build}")
write_stand_ins("${build}" "${fanfare}" asio fmt simdjson)

function(compile source result)
  execute_process(COMMAND "${compiler}" -std=c++20 -fsyntax-only -DFANFARE_COMPILED -DFANFARE_WITH_SERVER=1 -DFANFARE_WITH_CLIENT=1
                          -DEXPECT_COMPILED -I "${build}" -I "${fanfare}/include" "${source}"
                  RESULT_VARIABLE code ERROR_VARIABLE said)
  set(${result} ${code} PARENT_SCOPE)
  set(said "${said}" PARENT_SCOPE)
endfunction()

# First, that the stand-ins stand in.
foreach(header asio.hpp fmt/format.h simdjson.h)
  file(WRITE "${build}/probe.cpp" "#include <${header}>\n")
  compile("${build}/probe.cpp" code)
  if(code EQUAL 0)
    message(FATAL_ERROR "the stand-in of ${header} is not seen, so this test sees nothing")
  endif()
endforeach()

foreach(host publish_only.cpp consumer.cpp)
  compile("${CMAKE_CURRENT_LIST_DIR}/${host}" code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${said}")
  endif()
endforeach()
