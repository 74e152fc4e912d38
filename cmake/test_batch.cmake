# Writes one source file that holds several tests: cmake -D output=... -D tests=... -P test_batch.cmake
# In header-only mode the library's bodies are compiled again for every file, which takes longer than the test
# in it. In a batch they are compiled once. All includes come first, so that each test can then be in a
# namespace of its own, and its helpers meet nobody else's.
set(includes "#include <fanfare/fanfare.hpp>")
set(bodies "")
set(number 0)
foreach(test IN LISTS tests)
  file(STRINGS "${test}" found REGEX "^#include ")
  list(APPEND includes ${found})
  math(EXPR number "${number} + 1")
  string(APPEND bodies "namespace test_${number} {\n#include \"${test}\"\n}\n")
endforeach()
list(REMOVE_DUPLICATES includes)
list(JOIN includes "\n" includes)
file(WRITE "${output}" "${includes}\n\n${bodies}")
