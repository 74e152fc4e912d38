#!/bin/sh
# Runs a compiler three times, and fails if even the quickest took more CPU time (user and system) than allowed.
#     sh compile_time.sh SECONDS COMPILER ARGUMENT...
# FANFARE_MAX_COMPILE_SECONDS replaces SECONDS, for slow machines.
set -eu
export LC_ALL=C
limit=${FANFARE_MAX_COMPILE_SECONDS:-$1}
shift

# The second line of `times` is what the children took: "0m0.61s 0m0.07s".
for run in 1 2 3; do
  ("$@" && times)
done | awk -v limit="$limit" '
  function seconds(text, parts) { split(text, parts, /[ms]/); return 60 * parts[1] + parts[2] }
  NR % 2 == 0 { took = seconds($1) + seconds($2); if (NR == 2 || took < best) best = took }
  END {
    if (NR != 6) { print "the compiler failed"; exit 1 }
    printf "%.2f s of CPU time, %.2f s allowed\n", best, limit
    exit best > limit
  }'
