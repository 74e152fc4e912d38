# The options, and what holds only for a build of fanfare itself.
include_guard()

option(FANFARE_BUILD_TESTS "Build fanfare's tests" ${PROJECT_IS_TOP_LEVEL})
option(FANFARE_BUILD_EXAMPLES "Build fanfare's examples" ${PROJECT_IS_TOP_LEVEL})
option(FANFARE_BUILD_BENCHMARKS "Build fanfare's benchmarks" OFF)
option(FANFARE_BUILD_FUZZERS "Build fanfare's fuzz targets (Clang only)" OFF)
option(FANFARE_INSTALL "Add fanfare to the install target" ${PROJECT_IS_TOP_LEVEL})
option(FANFARE_WARNINGS_AS_ERRORS "Treat warnings in fanfare's own code as errors" OFF)
# FANFARE_WITH_SERVER, _CLIENT, _TLS and _ZLIB are in dependencies.cmake: their defaults depend on what is found.

# Whoever includes fanfare decides on these for the whole build.
if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "The kind of build" FORCE)
  endif()
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  find_program(FANFARE_CCACHE ccache)
  mark_as_advanced(FANFARE_CCACHE)
  if(FANFARE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Without this, ccache does not store what uses a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${FANFARE_CCACHE}")
  endif()
endif()

# One line on what is on and off, and why where it was not asked for.
function(fanfare_print_options)
  set(line "")
  foreach(part server:FANFARE_WITH_SERVER client:FANFARE_WITH_CLIENT TLS:FANFARE_WITH_TLS compression:FANFARE_WITH_ZLIB tests:FANFARE_BUILD_TESTS examples:FANFARE_BUILD_EXAMPLES
          benchmarks:FANFARE_BUILD_BENCHMARKS fuzzers:FANFARE_BUILD_FUZZERS install:FANFARE_INSTALL)
    string(REPLACE ":" ";" part "${part}")
    list(GET part 0 name)
    list(GET part 1 option)
    if(${option})
      string(APPEND line ", ${name} ON")
    else()
      string(APPEND line ", ${name} OFF")
    endif()
    if(name STREQUAL "server")
      string(APPEND line " (${FANFARE_SERVER_REASON})")
    elseif(name STREQUAL "client")
      string(APPEND line " (${FANFARE_CLIENT_REASON})")
    elseif(name STREQUAL "TLS")
      string(APPEND line " (${FANFARE_TLS_REASON})")
    elseif(name STREQUAL "compression")
      string(APPEND line " (${FANFARE_ZLIB_REASON})")
    endif()
  endforeach()
  get_target_property(kind fanfare_compiled TYPE)
  string(REPLACE "_LIBRARY" "" kind "${kind}")
  string(TOLOWER "${kind}" kind)
  message(STATUS "fanfare ${PROJECT_VERSION}: compiled library ${kind}${line}")
endfunction()
