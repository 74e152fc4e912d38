# Warnings for fanfare's own targets; nothing that a host's targets inherit.
include_guard()

function(fanfare_warn target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /utf-8 $<$<BOOL:${FANFARE_WARNINGS_AS_ERRORS}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
                           $<$<BOOL:${FANFARE_WARNINGS_AS_ERRORS}>:-Werror>)
  endif()
endfunction()
