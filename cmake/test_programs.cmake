# Test programs: all *_test.cpp of some folders, in one program per mode of the library.
include_guard()

# Finds Catch2 of either version and makes fanfare_catch: Catch2 with its main, compiled at most once.
macro(fanfare_find_catch)
  find_package(Catch2 QUIET)
  if(TARGET Catch2::Catch2WithMain)
    add_library(fanfare_catch INTERFACE)
    target_link_libraries(fanfare_catch INTERFACE Catch2::Catch2WithMain)
  elseif(TARGET Catch2::Catch2)
    # Version 2 has its main in a header, which takes longer to compile than most of our tests together.
    add_library(fanfare_catch OBJECT "${PROJECT_SOURCE_DIR}/tests/support/main.cpp")
    target_compile_options(fanfare_catch PRIVATE -O0 -g0)
    target_link_libraries(fanfare_catch PUBLIC Catch2::Catch2)
  else()
    message(FATAL_ERROR "fanfare's tests need Catch2. Install it (on Debian: catch2), or switch them off: "
                        "-DFANFARE_BUILD_TESTS=OFF")
  endif()
  list(APPEND CMAKE_MODULE_PATH "${Catch2_DIR}")
  include(Catch)
endmacro()

# Whether a test can only be compiled alone: it sets macros, includes conditionally or opens a namespace of somebody else.
function(fanfare_is_alone test result)
  file(STRINGS "${test}" lines REGEX "^ *# *(define|if|include)|^namespace (std|fanfare|Catch)|^template <>")
  set(conditions OFF)
  set(${result} OFF PARENT_SCOPE)
  foreach(line IN LISTS lines)
    if(line MATCHES "^ *# *if")
      set(conditions ON)
    elseif(conditions OR NOT line MATCHES "^ *# *include")
      set(${result} ON PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

# fanfare_batch_tests(result test...): replaces the tests by sources that hold several of them each.
function(fanfare_batch_tests result)
  set(sources)
  set(batch)
  set(number 0)
  list(LENGTH ARGN left)
  foreach(test IN LISTS ARGN)
    math(EXPR left "${left} - 1")
    fanfare_is_alone("${test}" alone)
    if(alone)
      list(APPEND sources "${test}")
    else()
      list(APPEND batch "${test}")
    endif()
    list(LENGTH batch size)
    if(size EQUAL 8 OR (left EQUAL 0 AND size GREATER 0))
      math(EXPR number "${number} + 1")
      set(source "${CMAKE_CURRENT_BINARY_DIR}/batches/${number}.cpp")
      add_custom_command(OUTPUT "${source}" VERBATIM
        COMMAND "${CMAKE_COMMAND}" -D "output=${source}" -D "tests=${batch}"
                -P "${PROJECT_SOURCE_DIR}/cmake/test_batch.cmake"
        DEPENDS ${batch} "${PROJECT_SOURCE_DIR}/cmake/test_batch.cmake"
        COMMENT "Batch ${number} of tests")
      list(APPEND sources "${source}")
      set(batch)
    endif()
  endforeach()
  set(${result} "${sources}" PARENT_SCOPE)
endfunction()

# fanfare_add_tests(PROGRAM name LIBRARY target [PREFIX text] [BATCHES] FOLDERS folder... [WITHOUT regex])
# A test that is added to a folder is found by itself, at the next build.
function(fanfare_add_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "BATCHES" "PROGRAM;LIBRARY;PREFIX;WITHOUT" "FOLDERS")
  set(sources)
  foreach(folder IN LISTS arg_FOLDERS)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp")
    list(APPEND sources ${found})
  endforeach()
  if(arg_WITHOUT)
    list(FILTER sources EXCLUDE REGEX "${arg_WITHOUT}")
  endif()
  if(arg_BATCHES)
    fanfare_batch_tests(sources ${sources})
  endif()
  add_executable(${arg_PROGRAM} ${sources})
  target_include_directories(${arg_PROGRAM} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
  # fmt and simdjson by name: the tests use them as oracles, and fanfare::compiled keeps them to itself. OpenSSL is
  # the server's side of TLS.
  target_link_libraries(${arg_PROGRAM} PRIVATE ${arg_LIBRARY} fanfare_catch fmt::fmt simdjson::simdjson ${FANFARE_OPENSSL})
  target_precompile_headers(${arg_PROGRAM} PRIVATE support/precompiled.hpp)
  # The same header gives the same precompiled one, as ccache needs it.
  target_compile_options(${arg_PROGRAM} PRIVATE
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
    "$<$<CXX_COMPILER_ID:Clang,AppleClang>:SHELL:-Xclang -fno-pch-timestamp>")
  fanfare_warn(${arg_PROGRAM})
  catch_discover_tests(${arg_PROGRAM}
    TEST_PREFIX "${arg_PREFIX}"
    PROPERTIES TIMEOUT 300 ENVIRONMENT "FANFARE_BIN=${PROJECT_BINARY_DIR}/bin")
endfunction()
