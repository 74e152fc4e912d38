# What the library stands on. A target that the host made already is taken as it is.
include_guard()
list(PREPEND CMAKE_MODULE_PATH "${PROJECT_SOURCE_DIR}/cmake")

function(fanfare_require target package)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "fanfare needs ${package}. Install it (on Debian: ${ARGN}), or say where it is with CMAKE_PREFIX_PATH.")
  endif()
endfunction()

find_package(Threads REQUIRED)

if(NOT TARGET fmt::fmt)
  find_package(fmt 9.1 QUIET)
endif()
fanfare_require(fmt::fmt "fmt 9.1 or newer" libfmt-dev)

# simdjson's package refuses version ranges, so the version is compared here.
if(NOT TARGET simdjson::simdjson)
  find_package(simdjson QUIET)
  if(simdjson_FOUND AND simdjson_VERSION VERSION_LESS 3.0)
    message(FATAL_ERROR "fanfare needs simdjson 3.0 or newer; ${simdjson_DIR} has ${simdjson_VERSION}.")
  endif()
endif()
fanfare_require(simdjson::simdjson "simdjson 3.0 or newer" libsimdjson-dev)

if(NOT DEFINED FANFARE_WITH_SERVER OR FANFARE_WITH_SERVER)
  if(NOT TARGET asio::asio)
    find_package(asio QUIET)
  endif()
  if(TARGET asio::asio)
    set(FANFARE_SERVER_REASON "Asio ${asio_VERSION}")
  else()
    set(FANFARE_SERVER_REASON "Asio not found")
  endif()
else()
  set(FANFARE_SERVER_REASON "not wanted")
endif()
if(TARGET asio::asio)
  set(fanfare_has_asio ON)
else()
  set(fanfare_has_asio OFF)
endif()
option(FANFARE_WITH_SERVER "Build server/, which needs Asio" ${fanfare_has_asio})
if(FANFARE_WITH_SERVER)
  fanfare_require(asio::asio "Asio 1.22 or newer for its server" "libasio-dev; or switch the server off: -DFANFARE_WITH_SERVER=OFF")
endif()

# Whatever decides how headers read is the same for the library and for every file that uses it.
if(FANFARE_WITH_SERVER)
  set(FANFARE_ASIO asio::asio)
  set(FANFARE_DEFINITIONS FANFARE_WITH_SERVER=1 ASIO_STANDALONE ASIO_NO_DEPRECATED)
  # Older Asio does not see that Clang with libstdc++ has coroutines, and leaves out awaitable.
  if(asio_VERSION VERSION_LESS 1.26)
    list(APPEND FANFARE_DEFINITIONS
         "$<$<CXX_COMPILER_ID:Clang,AppleClang>:ASIO_HAS_CO_AWAIT=1>"
         "$<$<CXX_COMPILER_ID:Clang,AppleClang>:ASIO_HAS_STD_COROUTINE=1>")
  endif()
else()
  set(FANFARE_ASIO)
  set(FANFARE_DEFINITIONS FANFARE_WITH_SERVER=0)
endif()
