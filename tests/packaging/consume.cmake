# Configures, builds and runs a project that uses fanfare, from an empty folder. Its program returns 0.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${build}")
run("${CMAKE_COMMAND}" --no-warn-unused-cli -S "${source}" -B "${build}" -G "${generator}" -D CMAKE_BUILD_TYPE=Debug
    -D "CMAKE_CXX_COMPILER=${compiler}" -D "CMAKE_CXX_FLAGS=${flags}" -D "CMAKE_PREFIX_PATH=${prefix}"
    -D CMAKE_CXX_FLAGS_DEBUG= -D "FANFARE_SOURCE=${fanfare}" -D "FANFARE_EXPECTED_VERSION=${version}"
    -D "CMAKE_RUNTIME_OUTPUT_DIRECTORY=${build}/programs")
run("${CMAKE_COMMAND}" --build "${build}")
file(GLOB programs "${build}/programs/*")
if(NOT programs)
  message(FATAL_ERROR "${source} has built no program")
endif()
foreach(program IN LISTS programs)
  run("${program}")
endforeach()
